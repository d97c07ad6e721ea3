"""COVID-19 image repository (Hannover Medical School, 2020).

What: 243 frontal radiographs of patients admitted with COVID-19.

Format: ``png/<image_id>.png`` and ``data.csv``, one row per image: patient, sex, projection and
``admission_offset``, the day of the admission counted from the day of the image: -3 is an image
three days after the admission. ``day`` has the sign turned round. All patients had COVID-19, but
an image taken long before the admission need not show it: as the publisher advises, from seven
days before the admission on the finding is unknown. Ages are withheld.

Citation: Winther et al. 2020, doi 10.6084/m9.figshare.12275009.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from hilum.collections.collection import Collection, Facts, Problem, Reading
from hilum.collections.folders import find_descendant, image_files, unclaimed_images
from hilum.collections.origins import HANNOVER
from hilum.collections.tables import Table, age_in_years, day_of, first_rows, read_table, sex_of
from hilum.radiograph import Finding, Licence, Radiograph, View

_COLUMNS = ("patient_id", "image_id", "sex", "admission_offset", "projection")
_VIEWS = {"pa": View.PA, "ap": View.AP}
_UNKNOWN_BEFORE_ADMISSION = 7
"""Days; closer to the admission an image is taken to show COVID-19."""


class Hannover(Collection):
    """COVID-19 image repository of Hannover Medical School."""

    facts = Facts(
        name="hannover",
        title="COVID-19 image repository, Hannover Medical School",
        images="243",
        findings=(Finding.COVID,),
        structures=(),
        lung_convention=None,
        licence=Licence("CC-BY-3.0", "https://creativecommons.org/licenses/by/3.0/"),
        citation="Winther et al. 2020, doi 10.6084/m9.figshare.12275009",
        home_page="https://github.com/ml-workgroup/covid-19-image-repository",
        how_to_get="git clone, give the folder",
    )

    def find_root(self, folder: Path) -> Path | None:
        """Told by ``data.csv`` beside ``png``."""
        return find_descendant(folder, ["data.csv", "png"])

    def read(self, root: Path, *, others: Sequence[Path] = ()) -> Reading:
        """Damaged ``data.csv`` is an error."""
        table = read_table(root / "data.csv", required=_COLUMNS)
        problems = list(table.problems)
        radiographs = tuple(self._radiographs(root, table, problems))
        claimed = image_files(root / "png")
        known = {radiograph.path for radiograph in radiographs}
        for path in claimed:
            if path not in known:
                problems.append(Problem(f"png/{path.name}", "not in metadata", "not in data.csv"))
        problems += unclaimed_images(root, claimed)
        return Reading(self.facts.name, root, radiographs, tuple(problems))

    def _radiographs(
        self, root: Path, table: Table, problems: list[Problem]
    ) -> Iterator[Radiograph]:
        present = {path.stem: path for path in image_files(root / "png")}
        rows = first_rows(
            *(table.rows, problems),
            key=lambda row: row["image_id"],
            place=lambda row: f"png/{row['image_id']}.png",
        )
        for name, row in sorted(rows.items()):
            path = present.get(name)
            if path is None:
                detail = "data.csv names it, png/ has it not"
                problems.append(Problem(f"png/{name}.png", "missing image", detail))
            else:
                offset = day_of(row["admission_offset"])
                patient = row["patient_id"]
                yield self._record(
                    root,
                    path,
                    finding=_finding(offset),
                    patient_id=f"{self.facts.name}:{patient}" if patient else None,
                    origin=HANNOVER,
                    view=_VIEWS.get(row["projection"].lower(), View.FRONTAL),
                    age=age_in_years(row.get("age", "")),
                    sex=sex_of(row["sex"]),
                    day=None if offset is None else -offset,
                    label_source="collection",
                )


def _finding(admission_offset: int | None) -> Finding | None:
    if admission_offset is None or admission_offset >= _UNKNOWN_BEFORE_ADMISSION:
        return None
    return Finding.COVID
