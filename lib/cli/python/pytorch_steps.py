"""MiniGoogLeNet in PyTorch with channels last, timed step by step.

Reads the number of steps to time from each line of its standard input; answers with one line of JSON.
"""

import json
import resource
import sys
import time

import torch
from torch import nn

batch_size, precision = int(sys.argv[1]), sys.argv[2]


def conv(inputs, filters, size, stride=1, padding="same"):
    return nn.Sequential(
        nn.Conv2d(inputs, filters, size, stride, padding), nn.BatchNorm2d(filters), nn.ReLU(inplace=True)
    )


class Join(nn.Module):
    """Runs branches side by side and joins their channels."""

    def __init__(self, *branches):
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.branches], 1)


def inception(inputs, ones, threes):
    return Join(conv(inputs, ones, 1), conv(inputs, threes, 3))


def downsample(inputs, filters):
    return Join(conv(inputs, filters, 3, 2, "valid"), nn.MaxPool2d(3, 2))


model = nn.Sequential(
    conv(3, 96, 3), inception(96, 32, 32), inception(64, 32, 48), downsample(80, 80),
    inception(160, 112, 48), inception(160, 96, 64), inception(160, 80, 80), inception(160, 48, 96),
    downsample(144, 96), inception(240, 176, 160), inception(336, 176, 160),
    nn.AvgPool2d(7), nn.Dropout(0.5), nn.Flatten(), nn.Linear(336, 10),
).to(memory_format=torch.channels_last)
running = sum(buffer.numel() for name, buffer in model.named_buffers() if "running" in name)
assert sum(parameter.numel() for parameter in model.parameters()) + running == 1_656_250
optimizer = torch.optim.SGD(model.parameters(), 0.01, 0.9)
loss_of = nn.CrossEntropyLoss()

torch.manual_seed(1)
images = torch.randn(batch_size, 3, 32, 32).to(memory_format=torch.channels_last)
labels = torch.arange(batch_size) % 10
for line in sys.stdin:
    times = []
    for _ in range(int(line)):
        start = time.perf_counter()
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
            loss = loss_of(model(images), labels)
        loss.backward()
        optimizer.step()
        loss.item()
        times.append(1000 * (time.perf_counter() - start))
    print(json.dumps({"times": times, "peak": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}), flush=True)
