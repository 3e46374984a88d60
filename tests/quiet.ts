/**
 * Loaded before every test (`--preload`): many train on tfjs's plain backend, which is what it takes by itself, and each
 * file of them would print its banner.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { hushBanner } from "../lib/backend/banner.ts";

await tf.setBackend("cpu"); // taking it by itself, tfjs would make another one, which has not been hushed
hushBanner();
