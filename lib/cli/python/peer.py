"""What the peers of the benchmark share: what they are to do, and how they are told to.

A peer is run as SCRIPT MODEL BATCH_SIZE PRECISION MAX_RATE TASK, and trains or evaluates, as the task says. It answers with
lines of JSON: first {"parameters"} of its model, then, for each line of its standard input, a number of steps,
{"ms", "peak"}: the mean milliseconds of a step, from the beginning of the first to the end of the last, and the most memory
that it ever held. A step is a batch that is trained on or scored.
"""

import json
import sys

try:
    import resource
except ImportError:  # Windows has none
    resource = None

task = sys.argv[5]  # "train" or "evaluate"
# as many as on our side: those to train on are gone through again and again, those to score are one evaluation's
BATCHES_AT_HAND = 4 if task == "train" else 100
STEP_SIZE = 2000  # half a cycle of the learning rate, in iterations, as on our side
model_name, batch_size, precision, max_rate = sys.argv[1], int(sys.argv[2]), sys.argv[3], float(sys.argv[4])
min_rate = max_rate / 10


def peak():
    """The most memory that the process ever held, in bytes; 0 if it is unknown."""
    if resource is None:
        return 0
    unit = 1 if sys.platform == "darwin" else 1024
    return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def serve(parameters, run):
    """Trains or evaluates as it is told; run(steps) gives the milliseconds of a step."""
    print(json.dumps({"parameters": parameters}), flush=True)
    for line in sys.stdin:
        ms = run(int(line))
        print(json.dumps({"ms": ms, "peak": peak()}), flush=True)
