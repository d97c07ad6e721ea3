"""What ``hilum inspect`` shows a person."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Hilum
from tests.fakes.compiled import write_collection


def test_every_problem_is_listed_by_kind(hilum: Hilum, tmp_path: Path) -> None:
    collection = write_collection(tmp_path / "in", {"Train": 6})
    lost = sorted(collection.glob("Train/*/infection masks/*.png"))[:5]
    for mask in lost:
        mask.unlink()
    (collection / "stray.png").touch()
    shown = hilum("inspect", collection, "--workers", "1").stdout.splitlines()
    start = shown.index("  missing mask: 5")
    paths = [f"{mask.parents[1].relative_to(collection)}/images/{mask.name}" for mask in lost]
    assert shown[start + 1 : start + 6] == [
        f"    {path}: no infection masks/{Path(path).name}" for path in paths
    ]
    assert "  unexpected image: 1" in shown[start + 6 :]
    assert "  missing part: 2" in shown[start + 6 :]

    (values,) = json.loads(hilum("inspect", collection, "--names-only", "--json").stdout)
    assert [one["source_path"] for one in values["problems"][0]["each"]] == paths
