/**
 * What native TensorFlow needs of a machine, decided from facts.
 * @module
 */

import { processorInfo } from "./libc.ts";

/** The facts that the decision rests on. */
export interface PlatformFacts {
  /** The operating system. */
  readonly os: typeof Deno.build.os;
  /** The processor's architecture. */
  readonly arch: typeof Deno.build.arch;
  /** On Linux: whether the C library is glibc. */
  readonly glibc: boolean;
  /** Whether the processor has AVX, where that can be told. */
  readonly avx: boolean;
  /** The command of a Python with pip, or undefined. */
  readonly python?: string;
  /** The command of a C++ compiler, or undefined. */
  readonly compiler?: string;
}

/** How native TensorFlow can be had: the wheel's library, the official prebuilt files, or not at all. */
export interface NativePlan {
  /** The ways to try, in this order. */
  readonly ways: readonly ("wheel" | "prebuilt")[];
  /** Why not the wheel, or why nothing, in words. */
  readonly why?: string;
}

/**
 * Decides how to set up native TensorFlow.
 *
 * @param facts See {@linkcode PlatformFacts}.
 * @example
 * ```ts
 * import { planNative } from "./platform.ts";
 *
 * const plan = planNative({ os: "linux", arch: "x86_64", glibc: true, avx: true, python: "python3" });
 * if (plan.ways[0] !== "prebuilt") throw new Error("without a compiler, the official files");
 * ```
 */
export function planNative(facts: PlatformFacts): NativePlan {
  if (facts.os === "linux" && !facts.glibc) return { ways: [], why: "TensorFlow's library needs glibc" };
  if (facts.arch === "x86_64" && !facts.avx) {
    return { ways: [], why: "TensorFlow's library needs a processor with AVX" };
  }
  if (!["linux", "darwin", "windows"].includes(facts.os)) {
    return { ways: [], why: `TensorFlow has no library for ${facts.os}` };
  }
  if (facts.os !== "linux" || facts.arch !== "x86_64") {
    return {
      ways: ["prebuilt"],
      why: `the newer library is for Linux on x86-64, this is ${facts.os} on ${facts.arch}`,
    };
  }
  if (!facts.python) return { ways: ["prebuilt"], why: "there is no Python 3 with pip" };
  if (!facts.compiler) return { ways: ["prebuilt"], why: "there is no C++ compiler (g++, clang++ or c++)" };
  return { ways: ["wheel", "prebuilt"] };
}

/** Finds this machine's facts. It runs `python3 -m pip --version` and `g++ --version` and their kin. */
export async function platformFacts(): Promise<PlatformFacts> {
  const linux = Deno.build.os === "linux";
  return {
    os: Deno.build.os,
    arch: Deno.build.arch,
    glibc: linux && /gnu/.test(Deno.build.target),
    avx: !linux || /\bavx\b/.test(processorInfo() ?? "avx"),
    python: await firstThatRuns(["python3", "python"], ["-m", "pip", "--version"]),
    compiler: await firstThatRuns(["g++", "clang++", "c++"], ["--version"]),
  };
}

async function firstThatRuns(commands: string[], args: string[]): Promise<string | undefined> {
  for (const command of commands) {
    try {
      const { success } = await new Deno.Command(command, { args, stdout: "null", stderr: "null" }).output();
      if (success) return command;
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error; // any other failure to start it means that there is none
    }
  }
}
