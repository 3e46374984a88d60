"""The models of the benchmark in PyTorch, the convolutional ones with channels last; see peer.py."""

import time

import torch
from torch import nn
from torch.nn import functional as F

from peer import BATCHES_AT_HAND, STEP_SIZE, batch_size, max_rate, min_rate, model_name, precision, serve, task


def conv(inputs, filters, size, stride=1, padding=None, bias=True, relu=True):
    """Convolution, batch normalization, ReLU. By default padded by half its size, which a stride takes as well."""
    padding = size // 2 if padding is None else padding
    parts = [nn.Conv2d(inputs, filters, size, stride, padding, bias=bias), nn.BatchNorm2d(filters)]
    return nn.Sequential(*parts, nn.ReLU(inplace=True)) if relu else nn.Sequential(*parts)


class Join(nn.Module):
    """Runs branches side by side and joins their channels."""

    def __init__(self, *branches):
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.branches], 1)


def mini_googlenet():
    def inception(inputs, ones, threes):
        return Join(conv(inputs, ones, 1), conv(inputs, threes, 3))

    def downsample(inputs, filters):
        return Join(conv(inputs, filters, 3, 2, 0), nn.MaxPool2d(3, 2))

    return nn.Sequential(
        conv(3, 96, 3), inception(96, 32, 32), inception(64, 32, 48), downsample(80, 80),
        inception(160, 112, 48), inception(160, 96, 64), inception(160, 80, 80), inception(160, 48, 96),
        downsample(144, 96), inception(240, 176, 160), inception(336, 176, 160),
        nn.AvgPool2d(7), nn.Dropout(0.5), nn.Flatten(), nn.Linear(336, 10),
    )


class LocalResponseNormalization(nn.Module):
    """The same computation as in lib/models/local_response_normalization.ts: the mean square of 3 x 3 neighbours in
    the same channel, zeros outside of the image, and a power by way of a logarithm."""

    def forward(self, x):
        mean_square = F.avg_pool2d(x.square(), 3, 1, padding=1, count_include_pad=True)
        return x * torch.exp(-0.75 * torch.log(1 + 5e-5 * mean_square))


def cifar10_full():
    def pool(kind):
        return kind(3, 2, ceil_mode=True)  # sizes rounded up, the last window clipped, as Caffe does

    model = nn.Sequential(
        nn.Conv2d(3, 32, 5, padding=2), pool(nn.MaxPool2d), nn.ReLU(inplace=True), LocalResponseNormalization(),
        nn.Conv2d(32, 32, 5, padding=2), nn.ReLU(inplace=True), pool(nn.AvgPool2d), LocalResponseNormalization(),
        nn.Conv2d(32, 64, 5, padding=2), nn.ReLU(inplace=True), pool(nn.AvgPool2d),
        nn.Flatten(), nn.Linear(1024, 10),
    )
    layers = [layer for layer in model if isinstance(layer, (nn.Conv2d, nn.Linear))]
    for layer, deviation in zip(layers, [1e-4, 0.01, 0.01, 0.01]):
        nn.init.normal_(layer.weight, 0, deviation)
        nn.init.zeros_(layer.bias)
    return model


def penalty(model):
    """The L2 penalty of cifar10_full, which is a part of its training loss: see lib/models/cifar10_full.ts."""
    convolutions = [layer for layer in model if isinstance(layer, nn.Conv2d)]
    small = sum(weight.square().sum() for layer in convolutions for weight in (layer.weight, layer.bias))
    return 0.002 * small + 0.5 * model[-1].weight.square().sum()


class Residual(nn.Module):
    """relu(x + f(x)), f two convolutions; x goes through a convolution where its shape changes."""

    def __init__(self, inputs, filters, stride):
        super().__init__()
        self.residual = nn.Sequential(
            conv(inputs, filters, 3, stride, bias=False), conv(filters, filters, 3, bias=False, relu=False)
        )
        projection = stride > 1
        self.shortcut = conv(inputs, filters, 1, stride, bias=False, relu=False) if projection else nn.Identity()

    def forward(self, x):
        return F.relu(self.shortcut(x) + self.residual(x), inplace=True)


def resnet20():
    blocks = [
        Residual(16, 16, 1), Residual(16, 16, 1), Residual(16, 16, 1),
        Residual(16, 32, 2), Residual(32, 32, 1), Residual(32, 32, 1),
        Residual(32, 64, 2), Residual(64, 64, 1), Residual(64, 64, 1),
    ]
    return nn.Sequential(
        conv(3, 16, 3, bias=False), *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10)
    )


def small_cnn():
    return nn.Sequential(
        conv(3, 32, 3, bias=False), nn.MaxPool2d(2), conv(32, 64, 3, bias=False), nn.MaxPool2d(2),
        conv(64, 128, 3, bias=False), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, 10),
    )


def perceptron():
    return nn.Sequential(
        nn.Flatten(), nn.Linear(3072, 512), nn.ReLU(inplace=True), nn.Linear(512, 256), nn.ReLU(inplace=True),
        nn.Linear(256, 10),
    )


torch.manual_seed(1)
build = {
    "mini-googlenet": mini_googlenet,
    "cifar10-full": cifar10_full,
    "resnet20": resnet20,
    "small-cnn": small_cnn,
    "perceptron": perceptron,
}[model_name]
memory_format = torch.contiguous_format if model_name == "perceptron" else torch.channels_last
model = build().to(memory_format=memory_format)
if model_name == "perceptron":
    optimizer = torch.optim.Adam(model.parameters(), max_rate)
else:
    optimizer = torch.optim.SGD(model.parameters(), max_rate, 0.9)
schedule = torch.optim.lr_scheduler.CyclicLR(optimizer, min_rate, max_rate, STEP_SIZE, cycle_momentum=False)
loss_of = nn.CrossEntropyLoss()

# bytes of 0 to 3 less their mean, as on our side
images = torch.randint(0, 4, (BATCHES_AT_HAND * batch_size, 3, 32, 32), dtype=torch.uint8)
images = images.to(torch.float32, memory_format=memory_format)
images -= images.mean(0)
labels = torch.arange(len(images)) % 10
batches = list(zip(images.split(batch_size), labels.split(batch_size)))


def train(steps):
    start = time.perf_counter()
    for step in range(steps):
        xs, ys = batches[step % len(batches)]
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
            scores = model(xs)
            loss = loss_of(scores, ys)
        if model_name == "cifar10-full":
            loss = loss + penalty(model)
        loss.backward()
        optimizer.step()
        schedule.step()
        # loss and accuracy are read after every batch, as Keras and our callbacks read them
        loss.item(), (scores.argmax(1) == ys).float().mean().item()
    return 1000 * (time.perf_counter() - start) / steps


def evaluate(steps):
    model.eval()
    start = time.perf_counter()
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
        for step in range(steps):
            xs, ys = batches[step % len(batches)]
            scores = model(xs)
            loss_of(scores, ys).item(), (scores.argmax(1) == ys).sum().item()
    return 1000 * (time.perf_counter() - start) / steps


parameters = sum(parameter.numel() for parameter in model.parameters())
running = sum(buffer.numel() for name, buffer in model.named_buffers() if "running" in name)
serve(parameters + running, train if task == "train" else evaluate)
