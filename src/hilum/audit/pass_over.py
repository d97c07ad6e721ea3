"""One film → everything that an audit measures of it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hilum.audit.attention import share_by_chance, share_within
from hilum.audit.burned_in import find_text, paint_over
from hilum.audit.controls import OUTSIDE, WIDTHS, measure_greys, measure_outside
from hilum.audit.film_file import FILE, QUALITY, measure_file
from hilum.audit.films import Part
from hilum.audit.parts import (
    background_only,
    box_around,
    carry,
    lungs_only,
    without_corners,
)
from hilum.audit.viewer import Given, Viewer
from hilum.dataset.read import Row
from hilum.errors import ImageError
from hilum.imaging.masks import BinaryMask
from hilum.imaging.vary import PLAIN
from hilum.inference.judge import decide_finding
from hilum.inference.model import Model, answers_hash, read_model
from hilum.inference.predictor import Seen
from hilum.radiograph import Finding

Numbers = dict[str, NDArray[np.float32]]
"""``kind/name`` → values; NaN where unknown."""


@dataclass(frozen=True)
class Measurement:
    """Of one film."""

    numbers: Numbers
    lost: str
    """What is not known, and why; empty where all is."""


class PassOver:
    """Measures films with the model that is asked about and, for what it lacks, the bundled one.

    Safe to call from ``threads`` threads.

    Raises:
        ModelError: a file cannot be run.
    """

    def __init__(self, model: Model | None, *, threads: int) -> None:
        bundled: Viewer | None = None

        def fall_back() -> Viewer:
            nonlocal bundled
            bundled = bundled or Viewer(read_model(), threads=threads)
            return bundled

        given = None if model is None else Viewer(model, threads=threads)
        self.asked = given if given is not None and given.classes else None
        """Whose probabilities are wanted; None of a model that names no finding."""
        self.features = given if given is not None and given.features else fall_back()
        """Whose last layer gives the features."""
        outlines = given is not None and given.model.description.targets
        self.finder = given if given is not None and outlines else fall_back()
        """Who says where the lungs are."""
        viewers = filter(None, [self.features, self.finder, self.asked])
        self._viewers: list[Viewer] = list({id(viewer): viewer for viewer in viewers}.values())
        self.widths = self._widths()
        """``kind/name`` of every number → how many there are."""
        findings = () if self.asked is None else self.asked.model.description.findings
        self._covid = findings.index(Finding.COVID) if Finding.COVID in findings else None

    @property
    def depends_on(self) -> list[str]:
        """Hashes of models and names of runtimes that the numbers follow from."""
        roles = (self.asked, self.features, self.finder)
        hashes = ["" if viewer is None else answers_hash(viewer.model) for viewer in roles]
        return [*hashes, self.features.predictor.runtime]

    def _widths(self) -> dict[str, int]:
        controls = {f"controls/{name}": width for name, width in WIDTHS.items()}
        widths = controls | {"controls/file": len(FILE), "quality": len(QUALITY)}
        widths |= {f"features/{part}": self.features.features for part in Part}
        widths |= {"lungs_found": 1, "activation": 2}
        if self.asked is not None:
            widths |= {f"probabilities/{part}": self.asked.classes for part in Part}
            if Finding.COVID in self.asked.model.description.findings:
                widths |= {"occlusion/corners": 1, "occlusion/text": 1}
        return widths

    def __call__(self, row: Row) -> Measurement:
        """Measure one radiograph of a dataset; never raises for a film that cannot be."""
        numbers = {
            name: np.full(width, math.nan, np.float32) for name, width in self.widths.items()
        }
        numbers["lungs_found"][:] = 0
        try:
            grey = row.pixels()
        except ImageError as error:
            return Measurement(numbers, f"nothing is known: {error.reason}")
        for name, values in measure_greys(grey).items():
            numbers[f"controls/{name}"] = values
        numbers["controls/file"], numbers["quality"] = measure_file(row, grey)
        return Measurement(numbers, self._look(grey, row.variant != PLAIN, numbers))

    def _look(self, grey: NDArray[np.uint8], is_varied: bool, numbers: Numbers) -> str:
        """Add what the networks give; returns what is not known for it."""
        seen: dict[int, Seen] = {}
        for viewer in self._viewers:
            told = viewer.see(grey, is_varied=is_varied)
            if isinstance(told, str):
                return f"no network was asked: {told}"
            seen[id(viewer)] = told
        given = {id(viewer): viewer(seen[id(viewer)].pixels) for viewer in self._viewers}
        finder = id(self.finder)
        lungs = self.finder.find_lungs(seen[finder].pixels, given[finder]["masks"])
        for viewer in self._viewers:
            self._keep(viewer, Part.WHOLE, given[id(viewer)], numbers)
        lost = ""
        if isinstance(lungs, str):
            lost, there = f"nothing is known of lungs and background: {lungs}", None
        else:
            numbers["lungs_found"][:] = 1
            box = box_around(lungs)
            numbers[f"controls/{OUTSIDE}"] = measure_outside(seen[finder].pixels, box)
            self._look_at_parts(seen, lungs, numbers)
            there = lungs
        if self.asked is not None:
            mine = seen[id(self.asked)]
            own = None if there is None else self._as_seen_by(self.asked, seen, there)
            self._occlude(mine.pixels, own, numbers)
            if own is not None and own.any():
                numbers["activation"] = self._attention(given[id(self.asked)], own)
        return lost

    def _keep(self, viewer: Viewer, part: Part, given: Given, numbers: Numbers) -> None:
        if viewer is self.features:
            numbers[f"features/{part}"] = given["features"]
        if viewer is self.asked:
            numbers[f"probabilities/{part}"] = given["finding"]

    def _as_seen_by(self, viewer: Viewer, seen: dict[int, Seen], lungs: BinaryMask) -> BinaryMask:
        mine, frame = seen[id(viewer)], seen[id(self.finder)].shown.frame
        return carry(lungs, frame, mine.shown.frame, len(mine.pixels))

    def _look_at_parts(self, seen: dict[int, Seen], lungs: BinaryMask, numbers: Numbers) -> None:
        for viewer in self._viewers:
            if viewer is not self.features and viewer is not self.asked:
                continue
            own, pixels = self._as_seen_by(viewer, seen, lungs), seen[id(viewer)].pixels
            if not own.any():
                continue
            shown = {
                Part.LUNGS: lungs_only(pixels, own),
                Part.BACKGROUND: background_only(pixels, box_around(own)),
            }
            for part, painted in shown.items():
                self._keep(viewer, part, viewer(painted), numbers)

    def _occlude(
        self, pixels: NDArray[np.uint8], lungs: BinaryMask | None, numbers: Numbers
    ) -> None:
        if self._covid is None or self.asked is None:
            return
        before = numbers[f"probabilities/{Part.WHOLE}"][self._covid]
        painted = {"corners": without_corners(pixels, lungs)}
        text = find_text(pixels, lungs)
        if text.any():
            painted["text"] = paint_over(pixels, text)
        for name, changed in painted.items():
            after = self.asked(changed)["finding"][self._covid]
            numbers[f"occlusion/{name}"][:] = after - before

    def _attention(self, given: Given, lungs: BinaryMask) -> NDArray[np.float32]:
        """The share within the lungs for the class that was called, and by chance."""
        assert self.asked is not None
        description = self.asked.model.description
        if not self.asked.shows_activation:
            return np.full(2, math.nan, np.float32)
        probabilities = dict(zip(description.findings, map(float, given["finding"]), strict=True))
        called = decide_finding(probabilities, description.operating_points.finding)
        if called is None:
            return np.full(2, math.nan, np.float32)
        maps = given["activation"][[description.findings.index(called)]]
        share = share_within(maps, lungs)[0]
        return np.array([share, share_by_chance(given["local_features"], lungs)], np.float32)
