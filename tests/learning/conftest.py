"""Training in tests: one thread, so that it is repeatable and leaves the machine to others."""

from __future__ import annotations

import pytest
import torch


@pytest.fixture(autouse=True, scope="package")
def single_thread() -> None:
    torch.set_num_threads(1)
