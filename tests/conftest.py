"""What holds for every test: one thread, for small products gain nothing from more, and tests run side by side."""

from __future__ import annotations

import os

# before NumPy or torch is imported, and for the processes that tests start
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"
