"""What the peers of the benchmark share: what they are to train, and how they are told to.

A peer is run as SCRIPT MODEL BATCH_SIZE PRECISION MAX_RATE. It answers with lines of JSON: first {"parameters"} of its model, then,
for each line of its standard input, a number of steps, {"ms", "peak"}: the mean milliseconds of a step, from the beginning
of the first to the end of the last, and the most memory that it ever held.
"""

import json
import resource
import sys

BATCHES_AT_HAND = 4  # as many as there are on our side, gone through again and again
STEP_SIZE = 2000  # half a cycle of the learning rate, in iterations, as on our side
model_name, batch_size, precision, max_rate = sys.argv[1], int(sys.argv[2]), sys.argv[3], float(sys.argv[4])
min_rate = max_rate / 10


def serve(parameters, train):
    """Trains as it is told; train(steps) gives the milliseconds of a step."""
    print(json.dumps({"parameters": parameters}), flush=True)
    for line in sys.stdin:
        ms = train(int(line))
        print(json.dumps({"ms": ms, "peak": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}), flush=True)
