"""What every test may use."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent

# Tests share fakes (tests.fakes.…), however pytest is started.
if str(REPOSITORY) not in sys.path:
    sys.path.insert(0, str(REPOSITORY))

# A shell that starts a command in the background has it and its children ignore Ctrl-C, which
# tests press.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder with the real collections; the test is skipped where it is absent."""
    for folder in (REPOSITORY / "downloads", REPOSITORY.parent / "shared" / "data"):
        if folder.is_dir():
            return folder
    pytest.skip("the real collections are not here")
