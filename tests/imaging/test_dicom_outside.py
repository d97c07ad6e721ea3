"""A damaged file may end the process that decodes it, and no other."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from hilum.errors import ImageError
from hilum.imaging import dicom_outside
from hilum.imaging.read import decode_picture
from tests.imaging.pictures import draw_grey, encode_dicom
from tests.imaging.recompress import recompress

TWELVE = draw_grey().astype(np.uint16) * 16
PLAIN = encode_dicom(TWELVE, bits=12)
LOSSLESS = recompress(PLAIN, "JPEGLosslessProcess14_1")


def show(data: bytes) -> np.ndarray:
    return decode_picture(data, path="x.dcm").pixels


def deadly() -> bytes:
    """Bytes before a JPEG's marker, which GDCM only warns of, and then ends the process."""
    dataset = LOSSLESS
    item = dataset.index(b"\xff\xd8\xff")
    marker = dataset.index(b"\xff\xc3", item)
    stray = b"\x12" * 64
    size = int.from_bytes(dataset[item - 4 : item], "little") + len(stray)
    head = dataset[: item - 4] + size.to_bytes(4, "little")
    return head + dataset[item:marker] + stray + dataset[marker:]


def test_a_file_that_ends_the_decoder_is_damaged_and_the_next_one_is_read() -> None:
    for _ in range(2):
        with pytest.raises(ImageError, match="pixels that cannot be decoded"):
            show(deadly())
        assert np.array_equal(show(LOSSLESS), show(PLAIN))


def test_several_threads_decode_at_once() -> None:
    wanted = show(PLAIN)
    failures: list[BaseException] = []

    def read(data: bytes) -> None:
        try:
            for _ in range(4):
                try:
                    assert np.array_equal(show(data), wanted)
                except ImageError:
                    assert data != LOSSLESS
        except BaseException as error:
            failures.append(error)

    threads = [
        threading.Thread(target=read, args=(deadly() if number == 2 else LOSSLESS,))
        for number in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_a_decoder_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dicom_outside, "SECONDS", 0.0)
    with pytest.raises(ImageError, match="pixels that cannot be decoded"):
        show(LOSSLESS)
    monkeypatch.undo()
    assert np.array_equal(show(LOSSLESS), show(PLAIN))


def test_without_another_process_there_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dicom_outside, "_idle", [])
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(ImageError, match="pixels that cannot be decoded"):
        show(LOSSLESS)


def test_nothing_is_left_behind_and_a_folder_of_modules_is_not_imported(tmp_path: Path) -> None:
    (tmp_path / "film.dcm").write_bytes(LOSSLESS)
    (tmp_path / "numpy.py").write_text("raise SystemExit('a file of the user was imported')")
    program = (
        "import sys; sys.path.remove('') if '' in sys.path else None\n"
        "from hilum.imaging import dicom_outside\n"
        "from hilum.imaging.read import read_picture\n"
        "read_picture('film.dcm')\n"
        "print(dicom_outside._idle[0].pid)"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0 and done.stderr == "", done.stderr
    assert not Path(f"/proc/{done.stdout.strip()}").exists()
