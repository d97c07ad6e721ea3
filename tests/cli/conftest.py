"""The command line, as its users start it: in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fakes.model import write_model

Hilum = Callable[..., subprocess.CompletedProcess[str]]

COMMAND = [sys.executable, "-W", "error", "-c", "from hilum.cli import main; main()"]


@pytest.fixture(scope="session")
def hilum() -> Hilum:
    def run(*arguments: str | Path, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            cwd=folder,
            env={**os.environ, "COLUMNS": "300", "NO_COLOR": "1"},
        )

    return run


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("model") / "fake.onnx")
