"""Pairs of films that file names and tables settle: copies, and other films of one patient."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from hilum.collections.archives import Source
from hilum.collections.registry import read_source
from hilum.errors import CollectionError
from hilum.radiograph import Radiograph
from hilum.twins.files import compare_files
from rounds import print_table


def print_known_pairs(folders: Sequence[Path]) -> None:
    """How many of each kind hilum takes for twins, among all these films.

    Copies: a film of General Blockchain and the one of ieee8023 of the same name. Others: two films
    of ieee8023 of one patient on two days.
    """
    films: list[Radiograph] = []
    for folder in folders:
        try:
            reading = read_source(Source(folder, folder))
        except CollectionError:
            continue
        wanted = reading.collection in ("general-blockchain", "ieee8023")
        films += reading.radiographs if wanted else ()
    paths = [film.path for film in films]
    twins = {(pair.a, pair.b) for pair in compare_files(paths).pairs}
    copies, others = _copies(films), _other_days(films)
    rows = [
        ("same name in General Blockchain and ieee8023", len(copies), len(copies & twins)),
        ("one patient, two days", len(others), len(others & twins)),
    ]
    print_table(("pairs", "n", "taken for twins"), rows)
    for a, b in sorted((copies - twins) | (others & twins)):
        kind = "missed" if (a, b) in copies else "twins"
        print(f"  {kind}: {paths[a].name}, {paths[b].name}")


def _copies(films: Sequence[Radiograph]) -> set[tuple[int, int]]:
    by_name: defaultdict[str, list[int]] = defaultdict(list)
    for number, film in enumerate(films):
        by_name[film.path.name].append(number)
    pairs = (pair for group in by_name.values() for pair in itertools.combinations(group, 2))
    return {(a, b) for a, b in pairs if films[a].collection != films[b].collection}


def _other_days(films: Sequence[Radiograph]) -> set[tuple[int, int]]:
    by_patient: defaultdict[str, list[int]] = defaultdict(list)
    for number, film in enumerate(films):
        if film.collection == "ieee8023" and film.patient_id and film.day is not None:
            by_patient[film.patient_id].append(number)
    pairs = (pair for group in by_patient.values() for pair in itertools.combinations(group, 2))
    return {(a, b) for a, b in pairs if films[a].day != films[b].day}
