"""``hilum predict``: exit status, what is told where, interruption."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from hilum.radiograph import Finding
from tests.cli.conftest import COMMAND, Hilum
from tests.collections.zips import add_link, zip_folder
from tests.fakes.model import FINDINGS, describe, draw_pixels, write_model
from tests.inference.outputs import files_below, read_rows, write_png

TABLES = {"predictions.csv", "hilum-predict.json"}


@pytest.fixture
def films(tmp_path: Path) -> Path:
    for finding in FINDINGS:
        write_png(tmp_path / f"films/{finding}.png", draw_pixels(finding, size=(128, 128)))
    return tmp_path / "films"


def test_all_ok(hilum: Hilum, model: Path, films: Path, tmp_path: Path) -> None:
    done = hilum("predict", films, "-o", tmp_path / "out", "--model", model)
    assert done.returncode == 0, done.stderr
    assert "3 images: 3 ok, 0 refused, 0 failed." in done.stderr
    assert "Research use only" in done.stderr
    for finding in FINDINGS:
        assert f"{finding}.png" in done.stdout
    assert list(read_rows(tmp_path / "out")) == [f"{f}.png" for f in sorted(FINDINGS)]


def test_what_an_audit_found_is_said_once_and_in_each_row_with_a_finding(
    hilum: Hilum, model: Path, films: Path, tmp_path: Path
) -> None:
    caution = "An audit condemned this finding."
    audited = write_model(tmp_path / "audited.onnx", described=describe(caution=caution))
    write_png(films / "blank.png", np.zeros((99, 99), np.uint8))
    done = hilum("predict", films, "-o", tmp_path / "out", "--model", audited)
    assert done.returncode == 0 and done.stderr.count(caution) == 1
    rows = read_rows(tmp_path / "out")
    assert rows.pop("blank.png")["finding_caution"] == ""
    assert {row["finding_caution"] for row in rows.values()} == {caution}
    done = hilum("predict", films, "-o", tmp_path / "other", "--model", model)
    assert done.returncode == 0 and "An audit" not in done.stderr
    assert {row["finding_caution"] for row in read_rows(tmp_path / "other").values()} == {""}


def test_refused_alone_is_no_failure(hilum: Hilum, model: Path, tmp_path: Path) -> None:
    write_png(tmp_path / "in/blank.png", np.zeros((99, 99), np.uint8))
    done = hilum("predict", tmp_path / "in", "-o", tmp_path / "out", "--model", model)
    assert done.returncode == 0
    assert "the image is blank" in done.stdout
    assert read_rows(tmp_path / "out")["blank.png"]["status"] == "refused"


def test_one_failed_is_exit_1(hilum: Hilum, model: Path, films: Path, tmp_path: Path) -> None:
    (films / "broken.png").write_text("text")
    done = hilum("predict", films, "-o", tmp_path / "out", "--model", model)
    assert done.returncode == 1
    assert "4 images: 3 ok, 0 refused, 1 failed." in done.stderr
    assert len(read_rows(tmp_path / "out")) == 4


def test_a_named_file_that_cannot_be_read_is_a_failed_row(
    hilum: Hilum, model: Path, films: Path, tmp_path: Path
) -> None:
    (tmp_path / "gone.png").symlink_to("nowhere")
    arguments = (films / "covid.png", tmp_path / "gone.png", films / "normal.png")
    done = hilum("predict", *arguments, "-o", tmp_path / "out", "--model", model)
    assert done.returncode == 1
    assert "3 images: 2 ok, 0 refused, 1 failed." in done.stderr
    row = read_rows(tmp_path / "out")["gone.png"]
    assert (row["status"], row["image_sha256"]) == ("failed", "")


def test_what_is_missing_is_told_before_an_archive_is_unpacked(
    hilum: Hilum, model: Path, films: Path, tmp_path: Path
) -> None:
    (tmp_path / "damaged.zip").write_bytes(b"PK\3\4")
    given = (tmp_path / "damaged.zip", tmp_path / "a.png", films, tmp_path / "b.png")
    done = hilum("predict", *given, "-o", tmp_path / "out", "--model", model)
    assert done.returncode == 2 and "there is no such file or folder" in done.stderr
    assert str(tmp_path / "a.png") in done.stderr and str(tmp_path / "b.png") in done.stderr


def test_names_stay_as_they_are_though_a_spreadsheet_would_compute_them(
    hilum: Hilum, model: Path, tmp_path: Path
) -> None:
    names = ["+1.png", "-1.png", "=1+1.png", "@SUM(A1).png"]
    for name in names:
        write_png(tmp_path / "in" / name, draw_pixels())
    done = hilum("predict", tmp_path / "in", "-o", tmp_path / "out", "--model", model)
    assert done.returncode == 0
    assert list(read_rows(tmp_path / "out")) == names


@pytest.mark.parametrize(
    "arguments",
    [
        ["missing.png", "-o", "out"],
        ["films"],
        ["-o", "out"],
        ["films", "-o", "full"],
        ["films", "-o", "full/file.txt"],
        ["films", "-o", "films"],
        ["films", "-o", "films", "--overwrite"],
        ["empty", "-o", "out"],
        ["films", "-o", "out", "--threads", "0"],
        ["films", "-o", "out", "--nonsense"],
        ["films", "-o", "out", "--runtime", "abacus"],
    ],
    ids=" ".join,
)
def test_bad_usage_is_exit_2_and_writes_nothing(
    arguments: list[str], hilum: Hilum, model: Path, films: Path, tmp_path: Path
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full/file.txt").write_text("mine")
    (tmp_path / "empty").mkdir()
    before = files_below(tmp_path)
    done = hilum("predict", *arguments, "--model", model, folder=tmp_path)
    assert done.returncode == 2
    assert done.stdout == "" and "Traceback" not in done.stderr
    assert done.stderr.strip()
    assert files_below(tmp_path) == before and not (tmp_path / "out").exists()


def test_the_folder_itself_as_output_is_refused(
    hilum: Hilum, model: Path, films: Path, tmp_path: Path
) -> None:
    assert hilum("predict", films, "-o", films / "out", "--model", model).returncode == 0
    write_png(films / "masks/film.lungs.png", draw_pixels())
    before = {name: (films / name).read_bytes() for name in files_below(films)}
    for arguments in ((".", "-o", "."), ("masks", "-o", "."), ("covid.png", "-o", ".")):
        done = hilum("predict", *arguments, "--overwrite", "--model", model, folder=films)
        assert done.returncode == 2
        assert "lies in the output folder" in done.stderr
    assert {name: (films / name).read_bytes() for name in files_below(films)} == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_an_output_that_cannot_be_written(
    hilum: Hilum, model: Path, films: Path, tmp_path: Path
) -> None:
    (tmp_path / "locked").mkdir(mode=0o500)
    done = hilum("predict", films, "-o", tmp_path / "locked/out", "--model", model)
    assert done.returncode == 2 and "Permission denied" in done.stderr


@pytest.mark.parametrize(
    ("room", "where"), [(10, "predictions.csv"), (600, "predictions.csv"), (3000, "overlays")]
)
def test_a_full_disk_is_said(
    room: int, where: str, model: Path, films: Path, tmp_path: Path
) -> None:
    limit = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({room}, {room})); "
    program = limit + COMMAND[-1]
    arguments = ["predict", str(films), "-o", str(tmp_path / "out"), "--model", str(model)]
    options = [] if where == "overlays" else ["--no-overlays"]
    done = subprocess.run(
        [*COMMAND[:-1], program, *arguments, *options],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert where in done.stderr and "cannot be written" in done.stderr
    for row in read_rows(tmp_path / "out").values():
        assert not row["model"] or row["status"] == "ok"


def test_json_is_one_line_per_image_and_nothing_else(
    hilum: Hilum, model: Path, films: Path, tmp_path: Path
) -> None:
    write_png(films / "Röntgen 肺.png", draw_pixels(Finding.NORMAL))
    (films / "broken.png").write_text("text")
    (films / "notes.txt").write_text("text")
    done = hilum("predict", films, "-o", tmp_path / "out", "--model", model, "--json")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    written = read_rows(tmp_path / "out")
    assert [row["path"] for row in rows] == list(written)
    for row in rows:
        as_text = {key: "" if value is None else str(value) for key, value in row.items()}
        assert as_text == written[row["path"]]
    assert "notes.txt" in done.stderr


def test_what_is_left_out_is_said(hilum: Hilum, model: Path, films: Path, tmp_path: Path) -> None:
    for name in ("a.txt", "b.csv", "c.html", ".hidden.png"):
        (films / name).write_text("text")
    done = hilum("predict", films, "-o", tmp_path / "out", "--model", model)
    assert done.returncode == 0
    assert "Left out, hidden or no readable images: 4 (" in done.stderr and ", …)" in done.stderr


def test_options_reach_the_folder(hilum: Hilum, model: Path, films: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = ["predict", films / "covid.png", "-o", out, "--model", model]
    assert hilum(*arguments, "--no-overlays", "--probabilities").returncode == 0
    names = {"covid.lungs.png", "covid.infection.png"}
    maps = {f"covid.{target}.png" for target in ("right_lung", "left_lung", "infection")}
    expected = {f"masks/{n}" for n in names} | {f"probabilities/{n}" for n in maps}
    assert files_below(out) == TABLES | expected
    assert hilum(*arguments).returncode == 2
    assert hilum(*arguments, "--overwrite").returncode == 0
    assert files_below(out) == TABLES | {"overlays/covid.png"} | {f"masks/{n}" for n in names}


@pytest.mark.parametrize(
    ("missing", "other"), [("openvino", "onnxruntime"), ("onnxruntime", "openvino")]
)
def test_the_runtime_is_the_one_asked_for(
    missing: str, other: str, model: Path, films: Path, tmp_path: Path
) -> None:
    program = f"import sys; sys.modules[{missing!r}] = None; {COMMAND[-1]}"
    arguments = ["predict", str(films), "--model", str(model), "-o", str(tmp_path / "out")]
    for runtime, status in ((missing, 2), (other, 0)):
        done = subprocess.run(
            [*COMMAND[:-1], program, *arguments, "--runtime", runtime],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == status, done.stderr
        assert (f"{missing} is not installed" in done.stderr) == (runtime == missing)
    assert len(read_rows(tmp_path / "out")) == 3


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        ("raise ImportError('libtbb.so.12: no such file')", "openvino is installed, but does not"),
        ("import a_part_that_lacks", "openvino is installed, but does not start"),
        ("Core = None", "openvino cannot load the model"),
    ],
)
def test_a_runtime_that_does_not_start_names_the_way_around(
    source: str, cause: str, model: Path, films: Path, tmp_path: Path
) -> None:
    (tmp_path / "broken/openvino").mkdir(parents=True)
    (tmp_path / "broken/openvino/__init__.py").write_text(source)
    program = f"import sys; sys.path.insert(0, {str(tmp_path / 'broken')!r}); {COMMAND[-1]}"
    arguments = ["predict", str(films), "--model", str(model), "-o", str(tmp_path / "out")]
    done = subprocess.run(
        [*COMMAND[:-1], program, *arguments, "--runtime", "openvino"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert cause in done.stderr
    assert "reinstall" in done.stderr and "say --runtime onnxruntime" in done.stderr


@pytest.mark.parametrize("threads", [1, 2])
def test_control_c_keeps_what_is_finished(threads: int, model: Path, tmp_path: Path) -> None:
    film = write_png(tmp_path / "in/0000.png", draw_pixels(size=(900, 900)))
    for number in range(1, 600):
        (tmp_path / f"in/{number:04}.png").hardlink_to(film)
    arguments = ["predict", str(tmp_path / "in"), "-o", str(tmp_path / "out")]
    process = subprocess.Popen(
        [*COMMAND, *arguments, "--model", str(model), "--threads", str(threads), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    first = [process.stdout.readline() for _ in range(3)]
    process.send_signal(signal.SIGINT)
    start = time.monotonic()
    output, errors = process.communicate(timeout=30)
    assert time.monotonic() - start < 5
    told = [json.loads(line)["path"] for line in [*first, *output.splitlines()]]
    assert process.returncode == 130
    assert "Traceback" not in errors
    said = re.match(r"Interrupted: (\d+) of 600 images finished and kept in .*out; ", errors)
    assert said is not None, errors
    rows = list(read_rows(tmp_path / "out"))
    # It may be interrupted between writing a row, counting it and telling it.
    assert len(told) <= int(said[1]) <= len(rows) <= len(told) + 1 < 600
    assert rows[: len(told)] == told
    for path in rows:
        assert (tmp_path / f"out/masks/{path[:-4]}.lungs.png").exists()


def test_a_killed_run_leaves_a_valid_table(model: Path, tmp_path: Path) -> None:
    film = write_png(tmp_path / "in/0000.png", draw_pixels(size=(900, 900)))
    for number in range(1, 600):
        (tmp_path / f"in/{number:04}.png").hardlink_to(film)
    arguments = ["predict", str(tmp_path / "in"), "-o", str(tmp_path / "out")]
    process = subprocess.Popen(
        [*COMMAND, *arguments, "--model", str(model), "--json", "--no-overlays"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    told = [json.loads(process.stdout.readline())["path"] for _ in range(5)]
    process.kill()
    process.communicate(timeout=30)
    rows = read_rows(tmp_path / "out")
    assert list(rows)[:5] == told
    assert all(row["model"] and row["status"] == "ok" for row in rows.values())

    resumed = subprocess.run(
        [*COMMAND, *arguments, "--model", str(model), "--json", "--no-overlays", "--resume"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert len(rows) + len(resumed.stdout.splitlines()) == 600
    assert "600 images: 600 ok" in resumed.stderr
    assert len(read_rows(tmp_path / "out")) == 600


def test_a_reader_that_goes_away_is_no_traceback(model: Path, films: Path, tmp_path: Path) -> None:
    for number in range(60):
        (films / f"{number}.png").write_text("text")
    arguments = ["predict", str(films), "-o", str(tmp_path / "out"), "--model", str(model)]
    process = subprocess.Popen(
        [*COMMAND, *arguments, "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    errors = process.stderr.read()
    process.stderr.close()
    assert process.wait(30) != 0
    assert "Traceback" not in errors


def test_threads_change_no_byte_of_the_bundled_model(hilum: Hilum, tmp_path: Path) -> None:
    from tests.fakes.chest import draw_chest

    random = np.random.default_rng(3)
    for number in range(4):
        chest = draw_chest(random, size=(200 + 40 * number, 220), infected=number % 2 == 0)
        write_png(tmp_path / f"in/{number}.png", chest.pixels)
    written = []
    for threads in (1, 2):
        out = tmp_path / f"out{threads}"
        assert hilum("predict", tmp_path / "in", "-o", out, "--threads", threads).returncode == 0
        written.append({name: (out / name).read_bytes() for name in files_below(out)})
    assert written[0] == written[1] and "predictions.csv" in written[0]


def test_importing_the_command_line_is_light() -> None:
    program = (
        "import sys; import hilum.cli; "
        "heavy = {'numpy', 'cv2', 'openvino', 'onnxruntime', 'pyarrow', 'torch', 'matplotlib'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"


def test_an_archive_is_predicted_like_its_folder(
    hilum: Hilum, model: Path, films: Path, tmp_path: Path
) -> None:
    (films / "notes.txt").write_text("text")
    archive = zip_folder(films, tmp_path / "films.zip")
    arguments = ("--model", model, "--threads", "1", "-o")
    unpacked = hilum("predict", films, *arguments, tmp_path / "one")
    packed = hilum("predict", archive, *arguments, tmp_path / "two")
    assert packed.returncode == 0, packed.stderr
    assert packed.stdout == unpacked.stdout
    assert str(archive / "notes.txt") in packed.stderr and "unpacked-" not in packed.stderr
    assert files_below(tmp_path / "one") == files_below(tmp_path / "two")
    assert read_rows(tmp_path / "one") == read_rows(tmp_path / "two")


def test_what_an_archive_does_not_give_is_a_failed_row(
    hilum: Hilum, model: Path, films: Path, tmp_path: Path
) -> None:
    archives = [zip_folder(films, tmp_path / f"{name}/films.zip") for name in ("a", "b")]
    add_link(archives[0], "../link.png", "/etc/passwd")
    add_link(archives[0], "__MACOSX/._link.png", "/etc/passwd")
    done = hilum("predict", *archives, "-o", tmp_path / "out", "--model", model)
    assert done.returncode == 1
    assert "7 images: 6 ok, 0 refused, 1 failed." in done.stderr
    rows = read_rows(tmp_path / "out")
    assert {f"{name}/films.zip/covid.png" for name in ("a", "b")} <= rows.keys()
    assert rows["../link.png"]["status"] == "failed"
    assert rows["../link.png"]["reason"].startswith("unsafe path")
    assert not any("unpacked-" in path for path in rows)


def test_severity_scales_of_another_model_are_refused(
    hilum: Hilum, model: Path, films: Path, tmp_path: Path
) -> None:
    arguments = ("--model", model, "--severity-scales", "-o", tmp_path / "out")
    done = hilum("predict", films, *arguments)
    assert done.returncode == 2
    assert (
        "fitted for another model" in done.stderr
        and "leave --severity-scales" in done.stderr.lower()
    )


def test_severity_scales_come_with_their_error(hilum: Hilum, films: Path, tmp_path: Path) -> None:
    done = hilum("predict", films, "--severity-scales", "-o", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "opacity_0_to_6, converted: mean absolute error" in done.stderr
    (row, *_) = read_rows(tmp_path / "out").values()
    assert {"geographic_extent_0_to_8", "geographic_extent_mean_absolute_error"} <= row.keys()
