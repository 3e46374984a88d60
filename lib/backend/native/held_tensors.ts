/**
 * Tensors that TensorFlow holds in another form than tfjs sees: rounded to bfloat16, or not worked out until they are
 * read. tfjs-node keeps a table of its tensors and reads an entry's `id` when an operation wants the tensor; here that
 * `id` is a getter. To tfjs each is a float32 tensor like any other.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import {
  DTYPES,
  type ElementType,
  type Handle,
  type NativeBackend,
  nativeOpOnHandles,
  type TensorEntry,
} from "./ops.ts";

/** Handles of the same numbers, by their type. */
type Forms = Partial<Record<ElementType, number>>;

/** Where a tensor's numbers come from when it is read. */
export interface Source {
  /** Finds them, in a form or several. */
  read(): Forms;
  /** The tensor is gone. */
  release(): void;
}

/** An entry of tfjs-node's table, in one form or several. */
export class HeldTensor implements TensorEntry {
  readonly dtype = DTYPES.float32;
  readonly values = null;
  refCount = 1;
  #forms: Forms;
  readonly #known = new Map<string, tf.TensorInfo>();
  readonly #backend: NativeBackend;
  readonly #source?: Source;

  constructor(backend: NativeBackend, readonly shape: number[], forms: Forms, source?: Source) {
    this.#backend = backend;
    this.#forms = forms;
    this.#source = source;
  }

  /** The float32 form, as tfjs-node asks for it. */
  get id(): number {
    return this.handle("float32");
  }

  /** Whether it is there in this form, once it is computed: a late tensor is. */
  has(type: ElementType): boolean {
    return this.#read()[type] !== undefined;
  }

  /** TensorFlow's handle of the tensor in a form, which is kept from then on. */
  handle(type: ElementType): number {
    const forms = this.#read();
    return forms[type] ??= type === "float32" ? this.#cast("bfloat16", "float32") : this.#cast("float32", "bfloat16");
  }

  /** Keeps what an operation makes of this tensor, as long as the tensor. */
  remember(operation: string, result: tf.TensorInfo): void {
    if (this.#known.has(operation)) return;
    this.#backend.incRef(result.dataId);
    this.#known.set(operation, result);
  }

  /** What an operation makes of this tensor, as a kernel hands it out; undefined where that is not known yet. */
  recall(operation: string): tf.TensorInfo | undefined {
    const result = this.#known.get(operation);
    if (!result) return;
    this.#backend.incRef(result.dataId);
    return { dataId: result.dataId, shape: result.shape, dtype: result.dtype };
  }

  /** Forgets the numbers, which the source has changed. */
  changed(): void {
    Object.values(this.#forms).forEach((id) => this.#backend.binding.deleteTensor(id));
    this.#forms = {};
    const known = [...this.#known.values()];
    this.#known.clear();
    known.forEach((result) => letGo(this.#backend, result));
  }

  /** Lets go of everything. */
  dispose(): void {
    this.changed();
    this.#source?.release();
  }

  /** Hands over the forms; this entry has none any more. */
  surrender(): Forms {
    const forms = this.#read();
    this.#forms = {};
    return forms;
  }

  #read(): Forms {
    if (this.#source && Object.keys(this.#forms).length === 0) this.#forms = this.#source.read();
    return this.#forms;
  }

  #cast(from: ElementType, to: ElementType): number {
    const attributes = { SrcT: { type: from }, DstT: { type: to }, Truncate: false };
    return nativeOpOnHandles(this.#backend, "Cast", [this.#forms[from]!], attributes)[0].id;
  }
}

/** Gives up a hold on a tensor, which may be the last. */
function letGo(backend: NativeBackend, { dataId }: tf.TensorInfo): void {
  if (backend.disposeData(dataId)) tf.engine().removeDataId(dataId, backend as unknown as tf.KernelBackend);
}

/** Lets a backend's table hold such tensors. */
export function holdTensors(backend: NativeBackend): void {
  const stock = backend.disposeData;
  backend.disposeData = (dataId, force = false) => {
    const entry = backend.tensorMap.has(dataId) ? backend.tensorMap.get(dataId) : undefined;
    if (!(entry instanceof HeldTensor)) return stock.call(backend, dataId, force);
    if (--entry.refCount > 0 && !force) return false;
    backend.tensorMap.delete(dataId);
    entry.dispose();
    return true;
  };
}

/** The entry of a tensor as one that can have several forms. */
export function held(backend: NativeBackend, tensor: tf.TensorInfo): HeldTensor {
  const known = heldEntry(backend, tensor);
  if (known) return known;
  const [id] = backend.getInputTensorIds([tensor]); // hands numbers that still lie in JavaScript to TensorFlow
  const entry = new HeldTensor(backend, tensor.shape, { float32: id });
  entry.refCount = backend.tensorMap.get(tensor.dataId)!.refCount;
  return put(backend, tensor, entry);
}

/** The entry of a tensor, where it is one of these. */
export function heldEntry(backend: NativeBackend, { dataId }: tf.TensorInfo): HeldTensor | undefined {
  const entry = backend.tensorMap.get(dataId);
  return entry instanceof HeldTensor ? entry : undefined;
}

/** A tensor out of a handle of bfloat16 numbers. */
export function heldAsBfloat16(backend: NativeBackend, { id, shape }: Handle): tf.Tensor {
  return place(backend, new HeldTensor(backend, shape, { bfloat16: id }));
}

/**
 * A tensor that is computed when it is first read, if ever.
 *
 * @param backend The native backend.
 * @param shape Its shape.
 * @param needs The tensors that it is computed from. They live on until then.
 * @param compute Computes it from those, as they are now; not recorded for gradients.
 */
export function computedLate(
  backend: NativeBackend,
  shape: number[],
  needs: readonly tf.TensorInfo[],
  compute: (needs: tf.TensorInfo[]) => tf.Tensor,
): tf.Tensor {
  // a variable would have other numbers by then
  const now = needs.map(({ dataId, shape, dtype }) => ({ dataId, shape, dtype }));
  now.forEach(({ dataId }) => backend.incRef(dataId));
  const release = () => now.splice(0).forEach((tensor) => letGo(backend, tensor));
  const read = () =>
    tf.tidy(() => {
      const result = held(backend, compute(now));
      release();
      return result.surrender();
    });
  return place(backend, new HeldTensor(backend, shape, {}, { read, release }));
}

/** A tensor of an entry. */
export function place(backend: NativeBackend, entry: HeldTensor): tf.Tensor {
  const tensor = backend.createOutputTensor({ id: -1, dtype: entry.dtype, shape: entry.shape });
  put(backend, tensor, entry);
  return tensor;
}

function put(backend: NativeBackend, { dataId }: tf.TensorInfo, entry: HeldTensor): HeldTensor {
  backend.tensorMap.delete(dataId); // it counts what is set
  backend.tensorMap.set(dataId, entry);
  return entry;
}
