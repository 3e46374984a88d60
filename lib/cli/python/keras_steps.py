"""MiniGoogLeNet in Keras with TensorFlow, timed step by step.

Reads the number of steps to time from each line of its standard input; answers with one line of JSON.
"""

import json
import os
import resource
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
from keras import layers

batch_size, precision = int(sys.argv[1]), sys.argv[2]
if precision == "bfloat16":
    keras.config.set_dtype_policy("mixed_bfloat16")


def conv(x, filters, size, stride=1, padding="same"):
    x = layers.Conv2D(filters, size, stride, padding)(x)
    return layers.Activation("relu")(layers.BatchNormalization()(x))


def inception(x, ones, threes):
    return layers.Concatenate()([conv(x, ones, 1), conv(x, threes, 3)])


def downsample(x, filters):
    return layers.Concatenate()([conv(x, filters, 3, 2, "valid"), layers.MaxPooling2D(3, 2)(x)])


inputs = keras.Input((32, 32, 3))
x = conv(inputs, 96, 3)
x = downsample(inception(inception(x, 32, 32), 32, 48), 80)
for ones, threes in [(112, 48), (96, 64), (80, 80), (48, 96)]:
    x = inception(x, ones, threes)
x = downsample(x, 96)
x = inception(inception(x, 176, 160), 176, 160)
x = layers.Flatten()(layers.Dropout(0.5)(layers.AveragePooling2D(7)(x)))
model = keras.Model(inputs, layers.Dense(10, activation="softmax", dtype="float32")(x))
assert model.count_params() == 1_656_250
# with oneDNN on, XLA is the slower way on two cores, so the peer runs without it
model.compile(keras.optimizers.SGD(0.01, 0.9), "categorical_crossentropy", metrics=["accuracy"], jit_compile=False)

images = np.random.default_rng(1).standard_normal((batch_size, 32, 32, 3), "float32")
labels = np.eye(10, dtype="float32")[np.arange(batch_size) % 10]
for line in sys.stdin:
    times = []
    for _ in range(int(line)):
        start = time.perf_counter()
        model.train_on_batch(images, labels)
        times.append(1000 * (time.perf_counter() - start))
    print(json.dumps({"times": times, "peak": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}), flush=True)
