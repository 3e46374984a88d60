/**
 * Local response normalization within a channel, as Caffe has it.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { checkOptions, numeric, type OptionChecks, readOptions, rules, shown } from "../support/check.ts";

/** Options of {@linkcode localResponseNormalization}. */
export interface LocalResponseNormalizationOptions {
  /** The side of the square neighbourhood, an odd number of pixels. Default 3. */
  size?: number;
  /** How strongly the neighbours count, 0 or more. Default 5e-5. */
  alpha?: number;
  /** The exponent, 0 or more. Default 0.75. */
  beta?: number;
  /** The layer's name. */
  name?: string;
}

const VERB = "create a local response normalization";
const OPTIONS = {
  size: numeric(["an odd number of 1 or more", (value) => value > 0 && value % 2 === 1], 3),
  alpha: numeric(rules.notNegative, 5e-5),
  beta: numeric(rules.notNegative, 0.75),
} satisfies OptionChecks<Omit<LocalResponseNormalizationOptions, "name">>;

/** What tfjs hands to every layer's constructor. */
type LayerConfig = ConstructorParameters<typeof tf.layers.Layer>[0];

class LocalResponseNormalization extends tf.layers.Layer {
  static readonly className = "LocalResponseNormalization";
  readonly size: number;
  readonly alpha: number;
  readonly beta: number;

  constructor(config: LocalResponseNormalizationOptions & LayerConfig = {}) {
    const { size, alpha, beta, ...base } = config;
    super(base);
    const options = readOptions(VERB, { size, alpha, beta }, OPTIONS);
    this.size = options.size;
    this.alpha = options.alpha;
    this.beta = options.beta;
  }

  override build(inputShape: tf.Shape): void {
    if (inputShape.length !== 4) {
      throw new TypeError(`Cannot ${VERB}: its input must be [n, height, width, channels], got ${shown(inputShape)}`);
    }
    super.build(inputShape);
  }

  override computeOutputShape(inputShape: tf.Shape): tf.Shape {
    return inputShape;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => normalize((Array.isArray(inputs) ? inputs[0] : inputs) as tf.Tensor4D, this));
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), size: this.size, alpha: this.alpha, beta: this.beta };
  }
}
// so that a model that has this layer loads wherever this module is imported
tf.serialization.registerClass(LocalResponseNormalization);

/**
 * A layer that divides each number by a power of the mean square of its neighbours in the same channel, so that the
 * strongest responses stand out. (`tf.localResponseNormalization` takes neighbours from other channels.)
 *
 * With `S` the sum of squares over a `size` x `size` square around `x`, zeros outside of the image:
 * `y = x (1 + alpha S / size^2)^-beta`.
 *
 * Sources: Krizhevsky et al., ImageNet Classification with Deep Convolutional Neural Networks (2012); Caffe's
 * `lrn_layer.cpp` with `norm_region: WITHIN_CHANNEL`; the defaults are those of its cifar10_full.
 *
 * @param options See {@linkcode LocalResponseNormalizationOptions}.
 * @returns A layer without weights; input and output [n, height, width, channels].
 * @throws {TypeError} If an option is unknown or not a number.
 * @throws {RangeError} If `size` is not odd, or another number is negative or not finite.
 * @example
 * ```ts
 * import { localResponseNormalization, tf } from "../mod.ts";
 *
 * const layer = localResponseNormalization({ alpha: 9, beta: 1 });
 * const y = layer.apply(tf.ones([1, 1, 1, 1])) as tf.Tensor;
 * if (y.dataSync()[0] !== 0.5) throw new Error("1 / (1 + 9 / 9)");
 * ```
 */
export function localResponseNormalization(options: LocalResponseNormalizationOptions = {}): tf.layers.Layer {
  checkOptions(VERB, options, [...Object.keys(OPTIONS), "name"]);
  const { name } = options;
  if (name !== undefined && typeof name !== "string") {
    throw new TypeError(`Cannot ${VERB}: name must be a string, got ${shown(name)}`);
  }
  return new LocalResponseNormalization(options);
}

/** The kernel that does it in one operation, where a backend has it; see lib/backend/native/lrn.ts. */
const KERNEL = "WithinChannelLRN";

function normalize(x: tf.Tensor4D, { size, alpha, beta }: LocalResponseNormalization): tf.Tensor {
  if (x.dtype === "float32" && tf.getKernel(KERNEL, tf.getBackend())) {
    return tf.engine().runKernel(KERNEL, { x }, { size, alpha, beta }) as tf.Tensor;
  }
  const margin = (size - 1) / 2;
  // padded by hand, because "same" would divide by fewer pixels at the borders
  const padded = tf.pad(tf.square(x), [[0, 0], [margin, margin], [margin, margin], [0, 0]]);
  const scale = tf.add(tf.mul(tf.avgPool(padded, size, 1, "valid"), alpha), 1);
  // exp(-beta log(scale)) in place of pow: measured on native, with the gradient a third of the time
  return tf.mul(x, tf.exp(tf.mul(tf.log(scale), -beta)));
}
