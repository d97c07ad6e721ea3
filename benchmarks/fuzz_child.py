"""Runs damaged files through hilum's functions, in a process that may die of it."""

from __future__ import annotations

import csv
import os
import re
import resource
import shutil
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from fuzz_formats import FORMATS, Format, Sample
from hilum.collections.archives import open_sources
from hilum.collections.collection import Reading
from hilum.collections.folders import walk_images
from hilum.collections.inspect import inspect
from hilum.collections.registry import read_folder, read_source, recognise
from hilum.dataset.compile import CompileOptions, compile_dataset
from hilum.dataset.read import open_dataset
from hilum.errors import HilumError
from hilum.inference import Predictor
from hilum.inference.folder import predict_to_folder
from hilum.inference.inputs import find_inputs_of
from hilum.inference.table import read_predictions
from hilum.radiograph import MaskFile, Split

MEMORY = 2 << 30
"""Bytes that a command may take beyond what hilum and the runtime have taken when loaded."""

COMMANDS = ("inspect", "compile", "predict")
_PROGRAMMERS_WORDS = re.compile(
    r"Traceback|NoneType|object has no|object is not|unsupported operand|index out of range|"
    r"not supported between|positional argument|__\w+__|<class|<built-in|[a-z]Error\b"
)
SALT = "a salt to fuzz with"


def make_mutant(kind: Format, seed: int, number: int, folder: Path) -> Sample:
    """The folder with the damaged file ``number``, always the same for one ``seed``."""
    random = np.random.default_rng([seed, FORMATS.index(kind), number])
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    sample = kind.draw(folder / "in", random)
    sample = replace(sample, others=tuple(filter(_is_collection, sample.others)))
    sample.target.write_bytes(kind.mutant(sample.target.read_bytes(), random))
    return sample


def run_child(
    connection: Connection, kind_name: str, seed: int, numbers: Sequence[int], folder: Path
) -> None:
    """For each mutant and command: tell that it begins, then what came of it."""
    from tests.fakes.model import write_model

    kind = next(kind for kind in FORMATS if kind.name == kind_name)
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    predictor = Predictor(write_model(folder.with_suffix(".onnx")))
    _run("predict", make_mutant(kind, seed, 0, folder), predictor, folder)  # loads all there is
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * os.sysconf("SC_PAGE_SIZE") + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    for number in numbers:
        sample = make_mutant(kind, seed, number, folder)
        for command in COMMANDS:
            connection.send((number, command, "begins", ""))
            connection.send((number, command, *_run(command, sample, predictor, folder)))
    connection.send(None)


def _run(command: str, sample: Sample, predictor: Predictor, folder: Path) -> tuple[str, str]:
    output = folder / command
    shutil.rmtree(output, ignore_errors=True)
    checks: dict[str, Callable[[], tuple[str, str]]] = {
        "inspect": lambda: _inspect(sample),
        "compile": lambda: _compile(sample, output),
        "predict": lambda: _predict(sample, predictor, output),
    }
    try:
        lost, sentence = checks[command]()
        return ("lost", lost) if lost else _judge(sentence)
    except HilumError as error:
        return _judge(str(error))
    except MemoryError:
        return "memory", traceback.format_exc()
    except BaseException:
        return "crash", traceback.format_exc()


def _judge(sentence: str) -> tuple[str, str]:
    """What a program says to itself is no sentence for a person."""
    return (
        "crash" if _PROGRAMMERS_WORDS.search(sentence) else "sentence" if sentence else "ok"
    ), sentence


def _inspect(sample: Sample) -> tuple[str, str]:
    """(images lost, what was said of the damaged file)."""
    found = inspect(sample.folder, others=sample.others, check_pixels=True)
    problems = (problem for group in found.problems for problem in group.problems)
    name = sample.target.name
    said = [p.detail for p in problems if p.source_path.rpartition("/")[2] == name]
    with open_sources([sample.folder]) as (source,):
        return _unaccounted(read_folder(source.path, others=sample.others)), "; ".join(said)


def _unaccounted(reading: Reading) -> str:
    """Images that are neither radiograph, nor mask, nor problem."""
    known = {radiograph.path for radiograph in reading.radiographs}
    known |= {reading.root / problem.source_path for problem in reading.problems}
    for radiograph in reading.radiographs:
        for masks in radiograph.masks.values():
            known |= {mask.path for mask in masks if isinstance(mask, MaskFile)}
    return ", ".join(sorted(map(str, set(walk_images(reading.root)) - known)))


def _compile(sample: Sample, output: Path) -> tuple[str, str]:
    """The same."""
    compile_dataset([sample.folder, *sample.others], output, options=CompileOptions(salt=SALT))
    dataset = open_dataset(output)
    told = {(row["collection"], row["source_path"]) for s in Split for row in dataset.labels(s)}
    with (output / "issues.csv").open(newline="", encoding="utf-8") as file:
        issues = list(csv.DictReader(file))
    told |= {(row["collection"], row["source_path"]) for row in issues}
    with open_sources([sample.folder]) as (source,):
        reading = read_source(source, others=sample.others)
    expected = {(r.collection, r.source_path) for r in (*reading.radiographs,)}
    expected |= {(reading.collection, problem.source_path) for problem in reading.problems}
    name = sample.target.name
    said = [row["detail"] for row in issues if row["source_path"].rpartition("/")[2] == name]
    return ", ".join(sorted(name for _, name in expected - told)), "; ".join(said)


def _is_collection(folder: Path) -> bool:
    try:
        recognise(folder)
    except HilumError:
        return False
    return True


def _predict(sample: Sample, predictor: Predictor, output: Path) -> tuple[str, str]:
    """The same."""
    with open_sources([sample.target]) as sources:
        images = find_inputs_of(sources).images
        predict_to_folder(predictor, images, output)
    rows = read_predictions(output / "predictions.csv")
    silent = [row["path"] for row in rows if row["status"] != "ok" and not row["reason"]]
    missing = {image.relative for image in images} - {row["path"] for row in rows}
    said = "; ".join(row["reason"] for row in rows if row["status"] != "ok")
    return ", ".join([*sorted(missing), *silent]), said
