"""Which copies of an image are found, which are not, and what is taken for a copy and is none.

    python benchmarks/twins.py --data FOLDER… [--count 3000] [--seed 0] [--speed 400]

``--count 0`` measures speed only, ``--speed 0`` all but speed. Each of ``--count`` radiographs
found below ``--data`` (masks left out) is changed in each way of ``twin_changes.py`` and looked for
among all the originals. Recall: share of changed images paired with their original, with Wilson's
95 % interval. Precision: a pair of two originals that are no twins of each other is wrong, where
"twins" is settled by the originals' own clusters; pairs within them count as right. What was
missed and the wrong pairs are listed by change: not proposed by the codes, or judged to be no copy.
Beside it, in the same run, the perceptual hash of imagededup (extra ``peers``) at the Hamming
distance that serves it best: the highest sum of mean recall and precision. Pairs that file names
and tables settle stand in a table of their own (``known_pairs.py``). Times are of whole runs over
originals, decoding included, one process each.
"""

from __future__ import annotations

import argparse
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
from known_pairs import print_known_pairs
from numpy.typing import NDArray

from hilum.collections.archives import Source
from hilum.imaging.read import read_picture, to_uint8
from hilum.twins.clusters import clusters
from hilum.twins.files import compare_files
from hilum.twins.find import TwinPair, find_twins
from hilum.twins.fingerprint import Fingerprint, fingerprint
from hilum.twins.folders import films_of
from hilum.twins.index import propose
from rounds import print_table
from twin_changes import CHANGES

Grey = NDArray[np.uint8]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, nargs="+", required=True)
    parser.add_argument("--count", type=int, default=3_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--speed", type=int, default=400, help="images per timing; 0: none")
    arguments = parser.parse_args()

    paths = [film.path for folder in arguments.data for film in films_of(Source(folder, folder))[0]]
    random = np.random.default_rng(arguments.seed)
    order = random.permutation(len(paths)).tolist()
    cv2.setNumThreads(1)
    if arguments.count:
        some = [sorted(paths)[number] for number in sorted(order[: arguments.count])]
        print(f"{len(some)} radiographs, one thread of OpenCV\n", flush=True)
        recall_and_precision(some, arguments.seed)
        print()
        index_recall(some)
        print()
        print_known_pairs(arguments.data)
        print()
    if arguments.speed:
        speed([sorted(paths)[number] for number in order], arguments.speed)


def read(path: Path) -> Grey:
    """8-bit grey, H×W."""
    return to_uint8(read_picture(path).pixels)


def recall_and_precision(paths: Sequence[Path], seed: int) -> None:
    """Each change against all originals, ours and the peer's."""
    prints = [fingerprint(read(path)) for path in paths]
    count = len(paths)
    known = find_twins(prints, load=lambda number: read(paths[number]))
    cluster = cluster_of(count, known)
    peer = Peer(paths)
    rows = []
    wrong = right = 0
    peers_hits: dict[str, NDArray[np.int64]] = {}
    for name, change in CHANGES.items():

        def changed(number: int, change: Callable[..., Grey] = change) -> Grey:
            return change(read(paths[number]), np.random.default_rng([seed, number]))

        changed_prints: list[Fingerprint] = []
        hashes = []
        for number in range(count):
            picture = changed(number)
            changed_prints.append(fingerprint(picture))
            hashes.append(peer.hash(picture))

        def load(number: int, changed: Callable[[int], Grey] = changed) -> Grey:
            return read(paths[number]) if number < count else changed(number - count)

        pairs = find_twins([*prints, *changed_prints], load=load)
        found = {p.a for p in pairs if p.b == p.a + count}
        told = [p for p in pairs if (cluster[p.a % count] != cluster[p.b % count])]
        wrong += len(told)
        right += len(pairs) - len(told)
        # An original's own copy among its twins leads to it as well.
        joined = cluster_of(2 * count, pairs)
        found |= {n for n in range(count) if joined[n] == joined[n + count]}
        rows.append((name, count, *share(len(found), count)))
        peers_hits[name] = peer.distances(hashes)
        print(f"  {name}: {len(found)} of {count}, {len(told)} wrong", flush=True)
        print_missed(paths, prints, changed_prints, found)
        for one in told:
            a, b = (paths[number % count] for number in (one.a, one.b))
            print(f"    wrong, {one.score:.2f}: {a.name}, {b.name}")
    print()
    best, peer_recall, peer_precision = peer.best(peers_hits, cluster)
    table = [
        (*row, *(share(peer_recall[row[0]], count) if peer_recall else ("–", "–"))) for row in rows
    ]
    head = ("change", "n", "hilum recall", "95 % interval", "imagededup recall", "95 % interval")
    print_table(head, table)
    print(f"\nprecision of hilum: {' '.join(share(right, right + wrong))}, n {right + wrong} pairs")
    if peer_precision:
        print(f"precision of imagededup at distance {best}: {peer_precision}")


def print_missed(
    paths: Sequence[Path],
    prints: Sequence[Fingerprint],
    changed: Sequence[Fingerprint],
    found: set[int],
) -> None:
    """Which copies were missed, and whether they were proposed."""
    for number in sorted(set(range(len(paths))) - found):
        both = [prints[number], changed[number]]
        if any(one.is_blank for one in both):
            stage = "too small or blank"
        else:
            stage = "judged no copy" if propose(both) else "not proposed"
        print(f"    {stage}: {paths[number].name}")


def cluster_of(count: int, pairs: Sequence[TwinPair]) -> list[int]:
    """The number of each image's cluster."""
    numbers = list(range(count))
    for group in clusters(count, pairs):
        for member in group:
            numbers[member] = group[0]
    return numbers


class Peer:
    """imagededup's perceptual hash, if it is installed."""

    def __init__(self, paths: Sequence[Path]) -> None:
        try:
            from imagededup.methods import PHash
        except ImportError:
            print("imagededup is not installed; the extra peers has it\n")
            self._hasher, self._originals = None, np.empty(0, np.uint64)
            return
        self._hasher = PHash(verbose=False)
        self._originals = np.array([self.hash(read(path)) for path in paths], np.uint64)

    def hash(self, picture: Grey) -> int:
        """64 bits."""
        return (
            0 if self._hasher is None else int(self._hasher.encode_image(image_array=picture), 16)
        )

    def distances(self, hashes: Sequence[int]) -> NDArray[np.int64]:
        """Changed × originals, bits."""
        changed = np.array(hashes, np.uint64)
        if self._hasher is None:
            return np.empty((0, 0), np.int64)
        rows = [np.bitwise_count(one ^ self._originals) for one in changed]
        return np.array(rows, np.uint8)

    def best(
        self, distances: dict[str, NDArray[np.int64]], cluster: Sequence[int]
    ) -> tuple[int, dict[str, int], str]:
        """(distance, hits per change, precision in words): recall and precision add up best."""
        if self._hasher is None:
            return 0, {}, ""
        groups = np.array(cluster)
        same = groups[:, None] == groups[None]
        outcomes = []
        for most in range(0, 21, 2):
            hits, right, wrong = {}, 0, 0
            for name, table in distances.items():
                near = table <= most
                hits[name] = int(np.diagonal(near).sum())
                right += int((near & same).sum())
                wrong += int((near & ~same).sum())
            mean = sum(hits.values()) / (len(groups) * len(hits))
            precision = right / max(right + wrong, 1)
            words = f"{' '.join(share(right, right + wrong))}, n {right + wrong} pairs"
            outcomes.append((mean + precision, -most, hits, words))
        _, most, hits, words = max(outcomes, key=lambda one: one[:2])
        return -most, hits, words


def index_recall(paths: Sequence[Path]) -> None:
    """What the inverted file proposes of what comparing all with all proposes."""
    prints = [fingerprint(read(path)) for path in paths]
    random = np.random.default_rng(0)
    prints += [
        fingerprint(CHANGES["JPEG of quality 30"](read(path), random)) for path in paths[::4]
    ]
    sets, seconds = [], []
    for exhaustive in (True, False):
        begin = time.perf_counter()
        proposed = propose(prints, exhaustive=exhaustive)
        seconds.append(time.perf_counter() - begin)
        near = [one for one in proposed if one.bits <= 40]
        sets.append({(min(c.a, c.b), max(c.a, c.b)) for c in near})
    held = len(sets[0] & sets[1])
    print_table(
        ("index", "images", "pairs within 40 bits", "of all", "seconds"),
        (
            ("brute force", len(prints), len(sets[0]), "1", f"{seconds[0]:.1f}"),
            (
                *("inverted file", len(prints), held),
                *(f"{held / max(len(sets[0]), 1):.4f}", f"{seconds[1]:.1f}"),
            ),
        ),
    )


def speed(paths: Sequence[Path], count: int) -> None:
    """Seconds of finding the twins among originals, from files."""
    try:
        from imagededup.methods import PHash
    except ImportError:
        print("imagededup is not installed; the extra peers has it")
        return
    sizes: defaultdict[str, list[Path]] = defaultdict(list)
    for path in paths:
        picture = read_picture(path)
        if picture.width * picture.height > 1_000_000:
            sizes["over one megapixel"].append(path)
            sizes[f"of these {picture.format}"].append(path)
        if (picture.width, picture.height) == (256, 256):
            sizes["256×256"].append(path)
    logging.disable(logging.INFO)  # the peer's own words between the rounds
    hasher = PHash(verbose=False)

    def peer(some: Sequence[Path]) -> None:
        encoded = {str(path): hasher.encode_image(image_file=path) for path in some}
        hasher.find_duplicates(encoding_map=encoded, num_dist_workers=1)

    rows = []
    for name, files in sorted(sizes.items()):
        some = files[:count]
        each = [[seconds(compare_files, some), seconds(peer, some)] for _ in range(3)]
        ours, theirs = (1000 * np.median(each, axis=0) / len(some)).tolist()
        rows.append((name, len(some), f"{ours:.2f}", f"{theirs:.2f}", f"{theirs / ours:.2f}"))
    head = ("originals", "n", "hilum, ms each", "imagededup, ms each", "times as fast")
    print_table(head, rows)


def seconds(search: Callable[[Sequence[Path]], object], paths: Sequence[Path]) -> float:
    """How long ``search`` takes."""
    begin = time.perf_counter()
    search(paths)
    return time.perf_counter() - begin


def share(hits: int, count: int) -> tuple[str, str]:
    """(share, Wilson's 95 % interval)."""
    if not count:
        return "–", "–"
    z, p = 1.959964, hits / count
    middle = (p + z * z / (2 * count)) / (1 + z * z / count)
    half = z * np.sqrt(p * (1 - p) / count + z * z / (4 * count**2)) / (1 + z * z / count)
    return f"{p:.4f}", f"{middle - half:.4f} – {min(middle + half, 1):.4f}"


if __name__ == "__main__":
    main()
