/**
 * 3x3 and 5x5 convolutions of stride 1 by Winograd's minimal filtering on the native backend (cpp/winograd.h), where
 * channels come in sixteens: less than half of oneDNN's time for all three directions together, equal to it to rounding.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { isMixed } from "./bfloat16.ts";
import { activate, type NativeCall, nativeOp, replaceKernel } from "./ops.ts";

/** What tfjs hands to a kernel of a convolution. */
interface ConvolutionAttributes {
  readonly strides: number | [number, number];
  readonly pad: "same" | "valid" | number | tf.backend_util.ExplicitPadding;
  readonly dataFormat?: string;
  readonly dilations?: number | [number, number];
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
}
type Shape4D = [number, number, number, number];

/** Channels come in multiples of so many: kPanel of cpp/product.h. */
const CHANNELS = 16;

/** Puts them to use. The operations must have been added. */
export function registerConvolutions(): void {
  replaceKernel("Conv2D", (call, stock) => {
    const { x, filter } = call.inputs as Record<string, tf.TensorInfo>;
    const info = winograd(call, x.shape, filter.shape);
    return info ? convolve(info, x, filter) : stock(call);
  });
  replaceKernel("FusedConv2D", (call, stock) => {
    const { x, filter, bias } = call.inputs as Record<string, tf.TensorInfo>;
    const info = winograd(call, x.shape, filter.shape);
    const plain = !bias || bias.shape.length === 1 && bias.shape[0] === filter.shape[3];
    return info && plain ? activate(call, convolve(info, x, filter, bias)) : stock(call);
  });
  replaceKernel("Conv2DBackpropInput", (call, stock) => {
    const { dy, filter } = call.inputs as Record<string, tf.TensorInfo>;
    const info = winograd(call, (call.attrs as unknown as { inputShape: number[] }).inputShape, filter.shape);
    return info ? run("BackpropInput", [dy, filter], info, [info.inHeight, info.inWidth]) : stock(call);
  });
  replaceKernel("Conv2DBackpropFilter", (call, stock) => {
    const { x, dy } = call.inputs as Record<string, tf.TensorInfo>;
    const { filterShape } = call.attrs as unknown as { filterShape: number[] };
    const info = winograd(call, x.shape, filterShape);
    return info ? run("BackpropFilter", [x, dy], info, filterShape.slice(0, 2)) : stock(call);
  });
}

/** The convolution, if it is one of these. */
function winograd(
  { backend, inputs, attrs }: NativeCall,
  images: number[],
  filter: number[],
): tf.backend_util.Conv2DInfo | undefined {
  const { strides, pad, dataFormat = "NHWC", dilations = 1, dimRoundingMode } =
    attrs as unknown as ConvolutionAttributes;
  const [rows, columns, ...channels] = filter;
  const plain = rows === columns && (rows === 3 || rows === 5) && channels.every((count) => count % CHANNELS === 0) &&
    [strides, dilations].flat().every((step) => step === 1) && dataFormat === "NHWC" && !isMixed(backend) &&
    Object.values(inputs).every((tensor) => !tensor || tensor.dtype === "float32");
  if (!plain) return;
  const shapes = [images as Shape4D, filter as Shape4D] as const;
  const info = tf.backend_util.computeConv2DInfo(...shapes, strides, dilations, pad, dimRoundingMode);
  return info.outHeight < 0 || info.outWidth < 0 ? undefined : info; // TensorFlow's own says what is wrong
}

function convolve(
  info: tf.backend_util.Conv2DInfo,
  x: tf.TensorInfo,
  filter: tf.TensorInfo,
  bias?: tf.TensorInfo,
): tf.Tensor {
  return tf.tidy(() => run("", [x, filter, bias ?? tf.tensor1d([])], info, [info.outHeight, info.outWidth]));
}

function run(direction: string, inputs: tf.TensorInfo[], { padInfo }: tf.backend_util.Conv2DInfo, size: number[]) {
  return nativeOp(`WinogradConv2D${direction}`, inputs, { padding: [padInfo.top, padInfo.left], size })[0];
}
