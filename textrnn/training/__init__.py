"""The only home of torch: the training loop, the planner, exact resume."""

import os

# Threads that wait for one another spin, which is fast while they have the cores to themselves; where anything else
# runs, a long spin holds up the very thread that is waited for. Read by GNU OpenMP when torch is imported.
os.environ.setdefault("GOMP_SPINCOUNT", "10000")
