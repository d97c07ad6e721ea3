"""``hilum diff`` and ``hilum compile --from-lock``: exit status and what is printed."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Hilum
from tests.fakes.compiled import write_collection


def test_diff_and_from_lock(hilum: Hilum, tmp_path: Path) -> None:
    collection = write_collection(tmp_path / "in", {"Train": 3, "Test": 3})
    a, b, c = (tmp_path / name for name in "abc")
    assert hilum("compile", collection, "-o", a).returncode == 0
    lock = a / "hilum.lock.json"
    done = hilum("compile", "--from-lock", lock, collection, "-o", b)
    assert done.returncode == 0 and "holds what the lock says" in done.stdout, done.stderr
    same = hilum("diff", a, b)
    assert (same.returncode, same.stderr) == (0, "") and "and the same issues." in same.stdout
    with (b / "issues.csv").open("a") as issues:
        issues.write("covid-qu-ex,Train/x.png,unexpected image,strange\n")
    other = hilum("diff", a, b)
    assert other.returncode == 1 and "and other issues." in other.stdout
    assert "unexpected image" in other.stdout

    done = hilum("compile", "--from-lock", lock, "--seed", "2", collection, "-o", c)
    assert done.returncode == 2 and "--seed" in done.stderr
    (collection / "Train/Normal/images/002.png").unlink()
    done = hilum("compile", "--from-lock", lock, collection, "-o", c)
    assert done.returncode == 2 and "1 missing (Train/Normal/images/002.png)" in done.stderr

    assert hilum("compile", collection, "-o", c).returncode == 0
    differ = hilum("diff", a, c)
    assert differ.returncode == 1 and "0 came, 1 went, 0 changed" in differ.stdout
    assert "Train/Normal/images/002.png" in differ.stdout
    told = json.loads(hilum("diff", a, c, "--json").stdout)
    assert not told["equal"] and len(told["went"]) == 1
    bad = hilum("diff", a, tmp_path / "nowhere")
    assert bad.returncode == 2 and "no such folder" in bad.stderr
