"""Brixia scores of images of covid-chestxray-dataset (University of Brescia, 2020).

What: 192 radiographs of covid-chestxray-dataset, seven from Brescia among them, that two
radiologists scored: six zones of the lungs, 0 to 3, sum 0 to 18.

Format: ``public-annotations.csv`` has a row per image: filename, ``S-A`` to ``S-F`` and their sum
``S-Global`` by the senior radiologist, ``J-…`` by the junior one. The senior's sum is read. The
images lie in ``public-cohen-subset/`` beside it; one that does not is taken from
covid-chestxray-dataset's folder, if that is given in the same run. That folder also tells what an
image shows and of whom it is, which is unknown without it.

Citation: Signoroni et al. 2021, doi 10.1016/j.media.2021.102046; images: Cohen et al. 2020, arXiv
2003.11597.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from hilum.collections.brixia_score import brixia_score
from hilum.collections.collection import Collection, Facts, Problem, Reading
from hilum.collections.folders import find_descendant, image_files, problem_at, unclaimed_images
from hilum.collections.ieee8023 import Ieee8023
from hilum.collections.tables import Row, first_rows, read_table
from hilum.radiograph import Licence, Radiograph, unite_licences, unite_texts

_TABLE = "public-annotations.csv"
_IMAGES = "public-cohen-subset"
_NAME, _TOTAL = "filename", "S-Global"
_ZONES = tuple(f"S-{zone}" for zone in "ABCDEF")


class BrixiaCohen(Collection):
    """BrixIA's scores of covid-chestxray-dataset."""

    names_own = True
    facts = Facts(
        name="brixia-cohen",
        title="Brixia scores of covid-chestxray-dataset",
        images="192",
        findings=Ieee8023.facts.findings,
        structures=(),
        lung_convention=None,
        licence=Licence("CC-BY-NC-SA-4.0", "https://creativecommons.org/licenses/by-nc-sa/4.0/"),
        citation="Signoroni et al. 2021, doi 10.1016/j.media.2021.102046; "
        "Cohen et al. 2020, arXiv 2003.11597",
        home_page="https://github.com/BrixIA/Brixia-score-COVID-19",
        how_to_get="git clone; give the folder 'data', and that of covid-chestxray-dataset",
        holds=("ieee8023",),
    )

    def find_root(self, folder: Path) -> Path | None:
        """Told by ``public-annotations.csv``."""
        return find_descendant(folder, [_TABLE])

    def read(self, root: Path, *, others: Sequence[Path] = ()) -> Reading:
        """Damaged ``public-annotations.csv`` is an error; ``others`` tell more of the images."""
        table = read_table(root / _TABLE, required=(_NAME, *_ZONES, _TOTAL))
        problems = list(table.problems)
        rows = first_rows(
            *(table.rows, problems), key=lambda row: row[_NAME], place=lambda row: row[_NAME]
        )
        radiographs = tuple(self._radiographs(root, rows, _homes(others), problems))
        claimed = image_files(root / _IMAGES)
        for path in claimed:
            if path.name not in rows:
                problems.append(
                    problem_at(root, path, "not in metadata", "no row names this image")
                )
        problems += unclaimed_images(root, claimed)
        return Reading(self.facts.name, root, radiographs, tuple(problems))

    def _radiographs(
        self,
        root: Path,
        rows: Mapping[str, Row],
        homes: Mapping[str, Radiograph],
        problems: list[Problem],
    ) -> Iterator[Radiograph]:
        own = {path.name: path for path in image_files(root / _IMAGES)}
        for name in sorted(rows):
            path = own.get(name)
            home = homes.get(name)
            place = name if path is None else path.relative_to(root).as_posix()
            if path is None and home is None:
                detail = f"{_TABLE} names it; give covid-chestxray-dataset's folder as well"
                problems.append(Problem(place, "missing image", detail))
                continue
            score = brixia_score([rows[name][zone] for zone in _ZONES], rows[name][_TOTAL])
            if score is None:
                detail = f"the zones do not add up to {rows[name][_TOTAL][:20]!r}; unknown"
                problems.append(Problem(place, "damaged score", detail))
            known = home or Radiograph(own[name], place, self.facts.name)
            yield dataclasses.replace(
                known,
                path=path or known.path,
                source_path=place,
                collection=self.facts.name,
                severity=known.severity if score is None else (*known.severity, score),
                licence=unite_licences(known.licence, self.facts.licence),
                citation=unite_texts(known.citation, self.facts.citation),
                label_source=unite_texts(known.label_source, "BrixIA radiologists"),
            )


def _homes(others: Sequence[Path]) -> dict[str, Radiograph]:
    """The images of covid-chestxray-dataset in the other folders of the run, by file name."""
    dataset = Ieee8023()
    roots = (root for folder in others if (root := dataset.find_root(folder)) is not None)
    return {r.path.name: r for root in roots for r in dataset.read(root).radiographs}
