/**
 * Runs Keras or PyTorch in a separate process, which trains or evaluates on command.
 * @module
 */
import type { Precision } from "../../backend/precision.ts";
import { pythonScript, pythonTools } from "../python.ts";
import type { Task } from "./bench_model.ts";
import { type BenchmarkName, BENCHMARKS } from "./benchmarks.ts";

/** What a peer reports after some steps. */
export interface PeerSteps {
  /** The mean milliseconds per step, from the beginning of the first step to the end of the last. */
  readonly ms: number;
  /** The most memory that it has used so far, in bytes. */
  readonly peak: number;
}

/** A peer that waits for commands. */
export interface Peer {
  /** Its name, as shown to the user. */
  readonly name: string;
  /** How many parameters its model has. */
  readonly parameters: number;
  /** Trains a number of steps, or scores a number of batches. */
  steps(count: number): Promise<PeerSteps>;
  /** Ends the process. */
  end(): Promise<void>;
}

const PEERS = {
  keras: { name: "Keras 3.15 (TensorFlow 2.21)", script: "keras_steps.py" },
  pytorch: { name: "PyTorch 2.13 (channels last)", script: "pytorch_steps.py" },
} as const;

/** A peer's name on the command line. */
export type PeerName = keyof typeof PEERS;

/** The names of all peers. */
export const PEER_NAMES = Object.keys(PEERS) as PeerName[];

/** What a peer must do. */
export interface PeerRequest {
  /** The model. */
  readonly model: BenchmarkName;
  /** Images in a batch. */
  readonly batchSize: number;
  /** The precision of its convolutions. */
  readonly precision: Precision;
  /** What is timed. */
  readonly task: Task;
}

/**
 * Starts a peer in its private environment, which is set up the first time. It trains or evaluates the same model at the
 * same batch size, with oneDNN switched on as here, and with its own mixed precision if we use ours.
 *
 * @param peer Which peer to start.
 * @param request What it must do.
 * @param say Called with messages about the set-up.
 */
export async function startPeer(
  peer: PeerName,
  { model, batchSize, precision, task }: PeerRequest,
  say: (line: string) => void,
): Promise<Peer> {
  const { name, script } = PEERS[peer];
  const child = new Deno.Command(await pythonTools(peer, say), {
    // -B: write no compiled files next to the script
    args: ["-B", pythonScript(script), model, `${batchSize}`, precision, `${BENCHMARKS[model].learningRate}`, task],
    env: { TF_ENABLE_ONEDNN_OPTS: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const complaints = new Response(child.stderr).text();
  const input = child.stdin.getWriter();
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = "";
  const answer = async () => {
    while (!waiting.includes("\n")) {
      const { value, done } = await lines.read();
      if (done) {
        const last = (await complaints).trim().split("\n").at(-1) ||
          "It gave no reason: the machine may have run out of memory; try a smaller --batch-size";
        throw new Error(`Cannot bench against ${name}: its process ended without an answer. ${last}`);
      }
      waiting += value;
    }
    const [line, rest] = waiting.split(/\n([^]*)/);
    waiting = rest;
    return JSON.parse(line);
  };
  const { parameters } = await answer();
  return {
    name,
    parameters,
    async steps(count) {
      // if the process has ended, the answer says why
      await input.write(new TextEncoder().encode(`${count}\n`)).catch(() => {});
      return await answer();
    },
    async end() {
      await input.close().catch(() => {}); // it may have ended already
      await child.status;
    },
  };
}
