from __future__ import annotations

from pathlib import Path

import numpy as np

from hilum.audit.pairs import find_pairs
from hilum.dataset.compile import CompileOptions, compile_dataset
from hilum.dataset.exposures import Twins
from hilum.dataset.read import open_dataset
from hilum.radiograph import Split
from tests.fakes.chest import Chest, draw_chest
from tests.fakes.compiled import write_radiograph


def test_twins_of_two_splits_are_found(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    chests = [draw_chest(rng, size=(160, 160)) for _ in range(8)]
    for number, chest in enumerate(chests):
        split = "Train" if number < 6 else "Val"
        write_radiograph(tmp_path / "films", f"{split}/Normal/{number}.png", chest)
    one = chests[2]
    brighter = np.clip(one.pixels * 1.1 + 9, 0, 255).astype(np.uint8)
    copy = Chest(brighter, one.right_lung, one.left_lung, one.infection)
    write_radiograph(tmp_path / "films", "Val/Normal/copy.png", copy)
    compile_dataset(
        [tmp_path / "films"], tmp_path / "dataset", options=CompileOptions(twins=Twins.IGNORE)
    )
    dataset = open_dataset(tmp_path / "dataset")
    labels = [{**one, "split": split} for split in Split for one in dataset.labels(split)]
    [pair] = find_pairs(dataset, labels)
    paths = [labels[number]["source_path"] for number in (pair.a, pair.b)]
    assert [Path(path).name for path in paths] == ["2.png", "copy.png"]
    assert labels[pair.a]["split"] != labels[pair.b]["split"]
