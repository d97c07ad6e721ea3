"""Evaluations made by hand, and what a careful browser finds on a page."""

from __future__ import annotations

from collections.abc import Sequence
from html.parser import HTMLParser
from itertools import pairwise

from hilum.evaluation.cases import Case
from hilum.evaluation.evaluate import figures_of
from hilum.evaluation.figures import Evaluation
from hilum.evaluation.strata import Stratum
from hilum.radiograph import Finding, Structure
from tests.fakes.model import FINDINGS, TARGETS, describe

_VOID = {"meta", "br", "img", "link", "input", "hr"}


def evaluation(
    cases: Sequence[Case],
    *,
    targets: Sequence[Structure] = TARGETS,
    findings: Sequence[Finding] = FINDINGS,
    name: str = "model",
) -> Evaluation:
    """An evaluation of ``cases`` with the figures that they have."""
    figures = tuple(figures_of(cases, describe(targets, findings), tuple(Stratum)))
    return Evaluation(name, "a" * 64, "films", "b" * 64, "test", tuple(cases), figures)


class Checked(HTMLParser):
    """A page; ``faults`` tells what a validator or someone without a mouse would complain of."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.references: list[str] = []
        self.texts: list[str] = []
        self.headings: list[int] = []
        self.images: list[dict[str, str]] = []
        self._open: list[tuple[str, list[str]]] = []
        self.feed(html)
        self.faults += [f"<{tag}> stays open" for tag, _ in self._open]
        self.faults += [f"id {one} twice" for one in set(self.ids) if self.ids.count(one) > 1]
        self.faults += [f"no id {one}" for one in self.references if one not in self.ids]
        levels = [0, *self.headings]
        self.faults += [f"h{b} after h{a}" for a, b in pairwise(levels) if b > a + 1]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        if self._open:
            self._open[-1][1].append(tag)
        self._look_at(tag, values)
        if tag not in _VOID:
            self._open.append((tag, []))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open[-1][1].append(tag)
        self._look_at(tag, {name: value or "" for name, value in attrs})

    def handle_endtag(self, tag: str) -> None:
        opened, children = self._open.pop() if self._open else ("nothing", [])
        if opened != tag:
            self.faults.append(f"</{tag}> closes <{opened}>")
        if tag == "svg" and children[:2] != ["title", "desc"]:
            self.faults.append("a picture without title and description")
        if tag == "table" and children[:1] != ["caption"]:
            self.faults.append("a table without caption")

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1][0] != "style":
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    def _look_at(self, tag: str, values: dict[str, str]) -> None:
        if "id" in values:
            self.ids.append(values["id"])
        self.references += values.get("aria-labelledby", "").split()
        if tag == "html" and not values.get("lang"):
            self.faults.append("no language")
        if tag == "img":
            self.images.append(values)
            if not values.get("alt"):
                self.faults.append("an image without words")
        if tag == "svg" and values.get("role") != "img":
            self.faults.append("a picture without its role")
        if tag == "th" and "scope" not in values:
            self.faults.append("a heading cell without scope")
        if tag in ("script", "link", "iframe"):
            self.faults.append(f"<{tag}>")
        for name in ("src", "href"):
            target = values.get(name, "#")
            if target.startswith("#"):
                self.references += [target[1:]] if target[1:] else []
            elif not target.startswith("data:"):
                self.faults.append(f"fetches {target}")
        if len(tag) == 2 and tag[0] == "h" and tag[1].isdigit():
            self.headings.append(int(tag[1]))
