"""The models of the benchmark in Keras with TensorFlow, trained by model.fit and scored by model.evaluate as users do; see peer.py."""

import os
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from peer import BATCHES_AT_HAND, STEP_SIZE, batch_size, max_rate, min_rate, model_name, precision, serve, task

if precision == "bfloat16":
    keras.config.set_dtype_policy("mixed_bfloat16")


def conv(x, filters, size, stride=1, padding="same", bias=True, relu=True):
    x = layers.Conv2D(filters, size, stride, padding, use_bias=bias)(x)
    x = layers.BatchNormalization()(x)
    return layers.Activation("relu")(x) if relu else x


def classes(x, **options):
    return layers.Dense(10, activation="softmax", dtype="float32", **options)(x)


def mini_googlenet(x):
    def inception(x, ones, threes):
        return layers.Concatenate()([conv(x, ones, 1), conv(x, threes, 3)])

    def downsample(x, filters):
        return layers.Concatenate()([conv(x, filters, 3, 2, "valid"), layers.MaxPooling2D(3, 2)(x)])

    x = conv(x, 96, 3)
    x = downsample(inception(inception(x, 32, 32), 32, 48), 80)
    for ones, threes in [(112, 48), (96, 64), (80, 80), (48, 96)]:
        x = inception(x, ones, threes)
    x = downsample(x, 96)
    x = inception(inception(x, 176, 160), 176, 160)
    return classes(layers.Flatten()(layers.Dropout(0.5)(layers.AveragePooling2D(7)(x))))


class LocalResponseNormalization(layers.Layer):
    """The same computation as in lib/models/local_response_normalization.ts: the mean square of 3 x 3 neighbours in
    the same channel, zeros outside of the image, and a power by way of a logarithm."""

    def call(self, x):
        around = tf.pad(tf.square(x), [[0, 0], [1, 1], [1, 1], [0, 0]])
        mean_square = tf.nn.avg_pool2d(around, 3, 1, "VALID")
        return x * tf.exp(-0.75 * tf.math.log(1 + 5e-5 * mean_square))


def cifar10_full(x):
    l2 = keras.regularizers.L2

    def convolution(x, filters, deviation):
        start = keras.initializers.RandomNormal(0, deviation)
        penalty = {"kernel_regularizer": l2(0.002), "bias_regularizer": l2(0.002)}
        return layers.Conv2D(filters, 5, padding="same", kernel_initializer=start, **penalty)(x)

    x = layers.MaxPooling2D(3, 2, "same")(convolution(x, 32, 1e-4))
    x = LocalResponseNormalization()(layers.Activation("relu")(x))
    x = layers.Activation("relu")(convolution(x, 32, 0.01))
    x = LocalResponseNormalization()(layers.AveragePooling2D(3, 2, "same")(x))
    x = layers.Activation("relu")(convolution(x, 64, 0.01))
    x = layers.Flatten()(layers.AveragePooling2D(3, 2, "same")(x))
    return classes(x, kernel_regularizer=l2(0.5), kernel_initializer=keras.initializers.RandomNormal(0, 0.01))


def resnet20(x):
    x = conv(x, 16, 3, bias=False)
    for filters in (16, 32, 64):
        for block in range(3):
            stride = 2 if filters > 16 and block == 0 else 1
            y = conv(conv(x, filters, 3, stride, bias=False), filters, 3, bias=False, relu=False)
            if stride == 2:
                x = conv(x, filters, 1, 2, bias=False, relu=False)
            x = layers.Activation("relu")(layers.Add()([x, y]))
    return classes(layers.GlobalAveragePooling2D()(x))


def small_cnn(x):
    x = layers.MaxPooling2D(2)(conv(x, 32, 3, bias=False))
    x = layers.MaxPooling2D(2)(conv(x, 64, 3, bias=False))
    return classes(layers.GlobalAveragePooling2D()(conv(x, 128, 3, bias=False)))


def perceptron(x):
    x = layers.Dense(512, "relu")(layers.Flatten()(x))
    return classes(layers.Dense(256, "relu")(x))


class Stretch(keras.callbacks.Callback):
    """Sets each batch's rate, up and down as Smith's policy does, and takes the time from the first step to the last."""

    iteration = 0

    def on_train_batch_begin(self, batch, logs=None):
        if batch == 0:
            self.start = time.perf_counter()
        height = abs((self.iteration / STEP_SIZE + 1) % 2 - 1)
        self.model.optimizer.learning_rate = min_rate + (max_rate - min_rate) * height
        self.iteration += 1

    def on_train_batch_end(self, batch, logs=None):
        self.end = time.perf_counter()


build = {
    "mini-googlenet": mini_googlenet,
    "cifar10-full": cifar10_full,
    "resnet20": resnet20,
    "small-cnn": small_cnn,
    "perceptron": perceptron,
}[model_name]
inputs = keras.Input((32, 32, 3))
model = keras.Model(inputs, build(inputs))
optimizer = keras.optimizers.Adam(max_rate) if model_name == "perceptron" else keras.optimizers.SGD(max_rate, 0.9)
model.compile(optimizer, "categorical_crossentropy", metrics=["accuracy"])

# bytes of 0 to 3 less their mean, as on our side
images = np.random.default_rng(1).integers(0, 4, (BATCHES_AT_HAND * batch_size, 32, 32, 3), "uint8").astype("float32")
images -= images.mean(0)
labels = np.eye(10, dtype="float32")[np.arange(len(images)) % 10]

if task == "train":
    batches = tuple(all.reshape(BATCHES_AT_HAND, batch_size, *all.shape[1:]) for all in (images, labels))
    data = tf.data.Dataset.from_tensor_slices(batches).repeat().prefetch(2)
    stretch = Stretch()

    def run(steps):
        model.fit(data, epochs=1, steps_per_epoch=steps, callbacks=[stretch], shuffle=False, verbose=0)
        return 1000 * (stretch.end - stretch.start) / steps

else:

    def run(steps):
        start = time.perf_counter()
        for done in range(0, steps, BATCHES_AT_HAND):
            size = min(steps - done, BATCHES_AT_HAND) * batch_size
            model.evaluate(images[:size], labels[:size], batch_size=batch_size, verbose=0)
        return 1000 * (time.perf_counter() - start) / steps


serve(model.count_params(), run)
