"""``hilum audit`` from start to end."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from hilum.audit.audit import Audit
from hilum.audit.check import Outcome
from hilum.audit.verdict import Verdict
from hilum.cli.audit import _write_card
from hilum.inference.conversion import network_hash
from hilum.inference.model import read_model
from tests.cli.conftest import COMMAND, Hilum
from tests.fakes.compiled import compile_chests
from tests.fakes.model import describe, write_model


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    return compile_chests(folder, {"Train": 36, "Val": 12}, size=(96, 96)).folder


@pytest.fixture(scope="module")
def audited(
    hilum: Hilum, dataset: Path, model: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, subprocess.CompletedProcess[str]]:
    output = tmp_path_factory.mktemp("audit") / "audit"
    return output, hilum("audit", dataset, "--model", model, "-o", output, "--threads", 1)


def test_it_writes_a_verdict_a_page_and_every_figure(
    audited: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    output, done = audited
    assert done.returncode == 0, done.stderr
    assert "Verdict: " in done.stdout and "Research use only" in done.stderr
    told = json.loads((output / "audit.json").read_text(encoding="utf-8"))
    assert told["images"] == 48 and told["model"] == "fake"
    assert {verdict["subject"] for verdict in told["verdicts"]} >= {"covid against normal"}
    assert told["outcome"] != "fine"  # COVID-QU-Ex names no origin
    for verdict in told["verdicts"]:
        assert verdict["sentence"] in done.stdout
    page = (output / "audit.html").read_text(encoding="utf-8")
    assert "<script" not in page and "COVID-19 against normal" in page


def test_another_audit_is_not_overwritten(
    hilum: Hilum, dataset: Path, audited: tuple[Path, subprocess.CompletedProcess[str]]
) -> None:
    output, _ = audited
    before = {path: path.stat().st_mtime_ns for path in output.rglob("*")}
    done = hilum("audit", dataset, "-o", output)
    assert done.returncode == 2
    assert "another audit lies here; got dataset dataset (SHA-256 " in done.stderr
    assert "model fake (SHA-256 " in done.stderr and "no model. Name a new folder" in done.stderr
    assert {path: path.stat().st_mtime_ns for path in output.rglob("*")} == before


def test_nothing_is_written_into_the_dataset(hilum: Hilum, dataset: Path) -> None:
    before = set(dataset.rglob("*"))
    done = hilum("audit", dataset, "-o", dataset / "audit")
    assert done.returncode == 2 and "the output lies in the dataset" in done.stderr
    assert set(dataset.rglob("*")) == before


def test_a_recipe_that_is_not_there_is_refused_before_anything_is_measured(
    hilum: Hilum, dataset: Path, tmp_path: Path
) -> None:
    done = hilum("audit", dataset, "-o", tmp_path / "out", "--retrain", tmp_path / "none.yaml")
    assert done.returncode == 2
    assert "none.yaml: the recipe cannot be opened" in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_finished_audit_goes_on_with_what_was_measured(
    hilum: Hilum,
    dataset: Path,
    model: Path,
    audited: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    output, _ = audited
    first = (output / "audit.json").read_bytes()
    kept = {path: path.stat().st_mtime_ns for path in (output / "measured").iterdir()}
    page = (output / "audit.html").read_bytes()
    (output / "audit.html").unlink()
    (output / "retrained").mkdir()
    done = hilum("audit", dataset, "--model", model, "-o", output, "--json", "--threads", 1)
    assert done.returncode == 0, done.stderr
    assert "give --retrain to have them on the page" in done.stderr
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert (output / "audit.json").read_bytes() == first == done.stdout.encode()
    assert (output / "audit.html").read_bytes() == page


def test_three_patients(hilum: Hilum, tmp_path: Path) -> None:
    dataset = compile_chests(tmp_path, {"Train": 3}, size=(96, 96)).folder
    done = hilum("audit", dataset, "-o", tmp_path / "audit", "--threads", 1)
    assert done.returncode == 0, done.stderr
    assert "patients by finding: covid 1, normal 1, pneumonia 1" in done.stdout


def test_without_the_extra_it_says_what_to_install(dataset: Path, tmp_path: Path) -> None:
    lacking = "import sys\nsys.modules['sklearn'] = None\n"
    command = [*COMMAND[:-1], f"{lacking}{COMMAND[-1]}", "audit", str(dataset)]
    done = subprocess.run(
        [*command, "-o", str(tmp_path / "audit")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "an audit needs more packages" in done.stderr and "[audit]" in done.stderr


def test_what_is_no_dataset(hilum: Hilum, tmp_path: Path) -> None:
    done = hilum("audit", tmp_path, "-o", tmp_path / "audit")
    assert done.returncode == 2
    assert "this is no dataset" in done.stderr
    done = hilum("audit", tmp_path / "nowhere", "-o", tmp_path / "audit")
    assert done.returncode == 2
    assert "there is no such folder" in done.stderr and "No such file" not in done.stderr


def test_the_card_needs_a_model_that_names_findings(
    hilum: Hilum, dataset: Path, tmp_path: Path
) -> None:
    done = hilum("audit", dataset, "-o", tmp_path / "audit", "--write-card")
    assert done.returncode == 2 and "it needs --model" in done.stderr
    nameless = write_model(tmp_path / "nameless.onnx", findings=())
    done = hilum(*("audit", dataset, "-o", tmp_path / "audit", "--write-card", "--model", nameless))
    assert done.returncode == 2 and "names no finding" in done.stderr
    assert not (tmp_path / "audit").exists()


def test_what_is_found_is_written_into_the_model_file_and_its_card(
    hilum: Hilum, dataset: Path, tmp_path: Path
) -> None:
    model = write_model(tmp_path / "model.onnx")
    network = network_hash(read_model(model))
    shared = ("audit", dataset, "--model", model, "--write-card", "--threads", 1)
    done = hilum(*shared, "-o", tmp_path / "audit")
    assert done.returncode == 0, done.stderr
    caution = read_model(model).description.finding_caution
    assert caution.startswith("An audit ") and "48 films of covid-qu-ex" in caution
    assert caution.removesuffix(".") in done.stderr
    card = (tmp_path / "model.md").read_text(encoding="utf-8")
    assert card.index(f"**{caution}**") < card.index("Model `")
    assert network_hash(read_model(model)) == network

    kept = {p: p.stat().st_mtime_ns for p in (tmp_path / "audit/measured").glob("*.npz")}
    done = hilum(*shared, "-o", tmp_path / "audit")  # the file, not the network, is another one
    assert done.returncode == 0, done.stderr
    assert kept and all(path.stat().st_mtime_ns == written for path, written in kept.items())


EARLIER = (
    "An audit condemned this model's finding on {} films of covid-qu-ex: in COVID-19 against normal"
    " it cannot be told apart from recognising something other than disease."
)


def test_a_small_audit_leaves_the_condemnation_of_a_large_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    earlier = EARLIER.format("3,948")
    path = write_model(tmp_path / "model.onnx", described=describe(caution=earlier))
    before = path.read_bytes()
    verdicts = (Verdict("covid against normal", Outcome.FINE, ""),)
    found = Audit("d", "0" * 64, "m", "1" * 64, "m", 30, {}, verdicts, (), {})
    _write_card(found, read_model(path), ["covid-qu-ex"])
    told = " ".join(capsys.readouterr().err.split())
    assert f"model.onnx stays as it is: {earlier} It is of 3,948 films" in told
    assert "this audit, of 30, found nothing worse" in told and "at least 3,948" in told
    assert path.read_bytes() == before and not path.with_suffix(".md").exists()


def test_a_later_audit_replaces_what_stood_there_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    earlier = EARLIER.format("99")
    path = write_model(tmp_path / "model.onnx", described=describe(caution=earlier))

    def audited(subject: str) -> str:
        verdicts = (Verdict(subject, Outcome.FINE, ""),)
        found = Audit("d", "0" * 64, "m", "1" * 64, "m", 99, {}, verdicts, (), {})
        _write_card(found, read_model(path), ["covid-qu-ex"])
        return " ".join(capsys.readouterr().err.split())

    assert "stays as it is" in audited("covid against tuberculosis")
    assert read_model(path).description.finding_caution == earlier
    told = audited("covid against normal")
    assert "found nothing against the finding" in told
    assert f"No longer there: {earlier}" in told
    assert read_model(path).description.finding_caution == ""
    card = path.with_suffix(".md").read_text(encoding="utf-8")
    assert "not audited, or nothing was found" in card
