"""Does `hilum compile` stay fast, small and right over many films?

    python benchmarks/scale.py --data FOLDER… --into FOLDER [--counts 10000 100000] [--seed 0]

Makes as many distinct films as the largest count below ``--into`` (warped blends of the films of
two patients found below ``--data``, about 512×512, half JPEG and half PNG), of which every
twentieth is a twin of an earlier one, changed in a random way of ``twin_changes.py``. Films that
an earlier run made are used again. Then, for each count, `hilum compile` of the first so many, in
a process of its own, and before and after it a bare decode loop over the same files
(``cv2.imread``, one process, one thread), whose mean counts. Wanted: at least half of the bare
loop's throughput, at most 1.5 GiB in all processes together, at most 12 times the time for 10
times the films, planted twins found. The films are nobody's and are never to be published. Linux
only.
"""

from __future__ import annotations

import argparse
import csv
import functools
import itertools
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from hilum.collections.archives import Source
from hilum.imaging.read import read_picture, to_uint8
from hilum.twins.folders import films_of
from hilum.workers import available_cores, map_ordered
from rounds import print_table
from twin_changes import CHANGES

Grey = NDArray[np.uint8]

SIDE = 544
"""Of the films that are blended; a blend loses a little at its edges."""

BASES = 1_000
"""Films that are blended, held in memory: 0.3 GB shared by all processes."""

TWIN_EVERY = 20


def main() -> None:
    """Make films, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, nargs="+", required=True)
    parser.add_argument("--into", type=Path, required=True, help="an empty folder, or a used one")
    parser.add_argument("--counts", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=available_cores())
    arguments = parser.parse_args()

    into, counts = arguments.into, sorted(arguments.counts)
    bases = gather(arguments.data, into, arguments.seed)
    make_films(bases, into, counts[-1], arguments.seed, arguments.workers)
    rows = []
    for count in counts:
        folder = chosen(into, count)
        before = decode_all(folder)
        ran = compile_films(folder, into / f"compiled-{count}", arguments.workers)
        after = decode_all(folder)
        found, planted, wrong = judge(into / f"compiled-{count}", count, arguments.seed)
        bare = [(one + other) / 2 for one, other in zip(before, after, strict=True)]
        rows.append((count, ran, bare, found, planted, wrong))
        shutil.rmtree(into / f"compiled-{count}")
        shutil.rmtree(folder)
    head = (
        *("films", "compile, s", "its CPU, s", "bare loop, s", "its CPU, s"),
        *("of the loop's throughput", "peak, MiB", "peak in the first half, MiB"),
        *("planted twins found", "other pairs joined"),
    )
    table = [
        (
            *(f"{count:,}", f"{ran.seconds:.0f}", f"{ran.cpu:.0f}", f"{bare[0]:.0f}"),
            *(f"{bare[1]:.0f}", f"{bare[0] / ran.seconds:.2f}", f"{ran.peak:.0f}"),
            *(f"{ran.early_peak:.0f}", f"{found} of {planted}", wrong),
        )
        for count, ran, bare, found, planted, wrong in rows
    ]
    print_table(head, table)
    for one, more in itertools.pairwise(rows):
        times = more[1].seconds / one[1].seconds
        print(f"\n{more[0]:,} films take {times:.1f} times as long as {one[0]:,}")


def gather(folders: Sequence[Path], into: Path, seed: int) -> Path:
    """The films that are blended, squeezed to squares, in one file."""
    place = into / f"bases-{seed}.npy"
    if place.exists():
        return place
    into.mkdir(parents=True, exist_ok=True)
    paths = [film.path for one in folders for film in films_of(Source(one, one))[0]]
    some = np.random.default_rng(seed).permutation(len(paths))[:BASES]
    films = [to_uint8(read_picture(paths[number]).pixels) for number in sorted(some.tolist())]
    size = (SIDE, SIDE)
    np.save(place, [cv2.resize(film, size, interpolation=cv2.INTER_AREA) for film in films])
    return place


def make_films(bases: Path, into: Path, count: int, seed: int, workers: int) -> None:
    """Write what is not there yet."""
    missing = [number for number in range(count) if not film_path(into, number).exists()]
    for folder in {film_path(into, number).parent for number in missing}:
        folder.mkdir(parents=True, exist_ok=True)
    begin = time.perf_counter()
    for _ in map_ordered(functools.partial(write, bases, into, seed), missing, workers=workers):
        pass
    print(f"{len(missing):,} of {count:,} films made in {time.perf_counter() - begin:.0f} s\n")


def film_path(into: Path, number: int) -> Path:
    """Where film ``number`` lies: half JPEG, half PNG, two classes."""
    kind = ("normal", "covid")[number // 2 % 2]
    return into / "films" / kind / f"{number:06}.{('jpg', 'png')[number % 2]}"


def write(bases: Path, into: Path, seed: int, number: int) -> None:
    """Write film ``number``, under another name until it is whole."""
    cv2.setNumThreads(1)
    films = np.load(bases, mmap_mode="r")
    pixels = blend(films, seed, original_of(number, seed))
    if original_of(number, seed) != number:
        pixels = change_of(number, seed)[1](pixels, np.random.default_rng([seed, number, 1]))
    path = film_path(into, number)
    partial = path.with_name(f".{path.name}")
    quality = [cv2.IMWRITE_JPEG_QUALITY, 90] if path.suffix == ".jpg" else []
    partial.write_bytes(cv2.imencode(path.suffix, pixels, quality)[1].tobytes())
    partial.rename(path)


def original_of(number: int, seed: int) -> int:
    """The film whose twin ``number`` is: every twentieth is one of the nineteen before it."""
    if number % TWIN_EVERY != TWIN_EVERY - 1:
        return number
    return number - 1 - int(np.random.default_rng([seed, number]).integers(TWIN_EVERY - 1))


def change_of(number: int, seed: int) -> tuple[str, Callable[..., Grey]]:
    """What was done to make the twin ``number``."""
    kinds = list(CHANGES.items())
    return kinds[int(np.random.default_rng([seed, number, 2]).integers(len(kinds)))]


def blend(films: Grey, seed: int, number: int) -> Grey:
    """Two films, each bent in its own way, laid over each other, in 460 to 512 pixels a side."""
    random = np.random.default_rng([seed, number, 3])
    one, other = random.permutation(len(films))[:2]
    share = random.uniform(0.35, 0.65)
    mixed = cv2.addWeighted(
        bent(films[one], random), share, bent(films[other], random), 1 - share, 0
    )
    width, height = random.integers(460, 513, 2).tolist()
    edge = (SIDE - 512) // 2
    return np.asarray(mixed[edge : edge + height, edge : edge + width], np.uint8)


def bent(film: Grey, random: np.random.Generator) -> Grey:
    """``film`` moved smoothly by up to some 5 % of its side, and scaled."""
    coarse = random.normal(0, 0.02 * SIDE, (2, 5, 5)).astype(np.float32)
    scale = random.uniform(0.85, 1.0, 2)
    # On every eighth pixel; what is smooth is as good, and quicker, drawn straight in between.
    few = SIDE // 8
    straight = (np.arange(few) + 0.5) * 8 - 0.5 - SIDE / 2
    shift = [cv2.resize(one, (few, few), interpolation=cv2.INTER_CUBIC) for one in coarse]
    sparse = (
        (straight * scale[0] + SIDE / 2 + shift[0]).astype(np.float32),
        (straight[:, None] * scale[1] + SIDE / 2 + shift[1]).astype(np.float32),
    )
    x, y = (cv2.resize(one, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR) for one in sparse)
    border = cv2.BORDER_REFLECT
    return np.asarray(cv2.remap(np.asarray(film), x, y, cv2.INTER_LINEAR, borderMode=border))


def chosen(into: Path, count: int) -> Path:
    """A folder with links to the first ``count`` films."""
    folder = into / f"first-{count}"
    shutil.rmtree(folder, ignore_errors=True)
    for number in range(count):
        path = film_path(into, number)
        place = folder / path.relative_to(into / "films")
        place.parent.mkdir(parents=True, exist_ok=True)
        os.link(path, place)
    return folder


def decode_all(folder: Path) -> tuple[float, float]:
    """Seconds of a bare loop: by the clock, and of the processor."""
    cv2.setNumThreads(1)
    paths = [str(path) for path in sorted(folder.rglob("*.*"))]
    begin, cpu = time.perf_counter(), time.process_time()
    for path in paths:
        cv2.imread(path, cv2.IMREAD_GRAYSCALE)
    return time.perf_counter() - begin, time.process_time() - cpu


@dataclass(frozen=True)
class Run:
    """What a compile took."""

    seconds: float
    cpu: float
    """Seconds of the processor, of all processes."""
    peak: float
    """MiB of memory, of all processes."""
    early_peak: float
    """The same in the first half of the time."""


def compile_films(folder: Path, output: Path, workers: int) -> Run:
    """Compile in a process of its own, and watch it."""
    shutil.rmtree(output, ignore_errors=True)
    command = [sys.executable, "-m", "hilum", "compile", str(folder), "-o", str(output)]
    begin, cpu = time.perf_counter(), children_time()
    readings = []
    with subprocess.Popen(
        [*command, "--workers", str(workers)], stdout=subprocess.DEVNULL
    ) as process:
        while process.poll() is None:
            readings.append(tree_memory(process.pid))
            time.sleep(0.25)
    if process.returncode:
        raise SystemExit(f"hilum compile ended with {process.returncode}")
    seconds = time.perf_counter() - begin
    early = max(readings[: len(readings) // 2])
    return Run(seconds, children_time() - cpu, max(readings), early)


def children_time() -> float:
    """Seconds of the processor that processes started from here took, once they have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def tree_memory(pid: int) -> float:
    """MiB that a process and its children hold, what they share counted once (PSS)."""
    total = 0.0
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) / 1024
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                total += tree_memory(int(child))
    except OSError:  # it has just ended
        pass
    return total


def judge(compiled: Path, count: int, seed: int) -> tuple[int, int, int]:
    """(planted twins found, planted, other pairs that were joined)."""
    leader: dict[int, int] = {}
    with (compiled / "issues.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if " merged into " in f" {row['detail']}":
                into = row["detail"].rsplit("/", 1)[-1]
                leader[int(Path(row["source_path"]).stem)] = int(Path(into).stem)
    twins = [n for n in range(count) if original_of(n, seed) != n]
    pairs = [(n, original_of(n, seed)) for n in twins]
    found = sum(leader.get(a, a) == leader.get(b, b) for a, b in pairs)
    wrong = sum(original_of(a, seed) != original_of(b, seed) for a, b in leader.items())
    return found, len(pairs), wrong


if __name__ == "__main__":
    main()
