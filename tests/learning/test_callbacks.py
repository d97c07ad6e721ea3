from __future__ import annotations

from pathlib import Path

import pytest
import torch

from hilum.learning.callbacks import WholeCheckpoints
from tests.golden.disks import small_disk


def test_a_checkpoint_is_read_as_it_was_saved(tmp_path: Path) -> None:
    path = tmp_path / "new/one.ckpt"
    checkpoints = WholeCheckpoints()
    checkpoints.save_checkpoint({"weights": torch.arange(5), "epoch": 3}, path)
    read = checkpoints.load_checkpoint(path)
    assert read["epoch"] == 3 and torch.equal(read["weights"], torch.arange(5))
    assert [one.name for one in path.parent.iterdir()] == ["one.ckpt"]


def test_a_full_disk_leaves_the_earlier_checkpoint(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", size="2m") as disk:
        path = disk.folder / "one.ckpt"
        WholeCheckpoints().save_checkpoint({"epoch": 1}, path)
        with pytest.raises(OSError, match="No space left") as caught:
            WholeCheckpoints().save_checkpoint({"weights": torch.zeros(1_000_000)}, path)
        assert caught.value.filename == str(path)
        assert [one.name for one in disk.folder.iterdir()] == ["one.ckpt"]
        assert WholeCheckpoints().load_checkpoint(path) == {"epoch": 1}
