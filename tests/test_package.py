"""What is installed holds every file that is read at run time."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src/hilum"


@pytest.mark.skipif(
    importlib.util.find_spec("setuptools") is None, reason="setuptools, which builds, is not here"
)
def test_a_wheel_holds_model_and_reference_files(tmp_path: Path) -> None:
    copy, wheels = tmp_path / "hilum", tmp_path / "wheels"
    left_out = shutil.ignore_patterns("__pycache__", "*.egg-info")
    shutil.copytree(ROOT / "src", copy / "src", ignore=left_out)
    for name in ("pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        shutil.copy(ROOT / name, copy / name)
    program = "import sys; from setuptools.build_meta import build_wheel; build_wheel(sys.argv[1])"
    done = subprocess.run(
        [sys.executable, "-c", program, str(wheels)],
        cwd=copy,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = wheels.glob("*.whl")
    packed = set(zipfile.ZipFile(wheel).namelist())
    for folder in ("inference/reference", "inference/weights", "report/templates"):
        files = [path for path in (PACKAGE / folder).rglob("*") if path.is_file()]
        assert files
        assert {f"hilum/{path.relative_to(PACKAGE).as_posix()}" for path in files} <= packed


def test_no_message_names_a_folder_that_is_not_installed() -> None:
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "benchmarks/" not in text and "tests/" not in text, path
