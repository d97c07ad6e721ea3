"""Which images show one exposure, and how the pixels of one lie in the other."""

from __future__ import annotations

import os

# Read once, when faiss is imported. Its threads would wait for each other at full speed and, where
# something else runs too, take ten times the processor's time that they need.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
