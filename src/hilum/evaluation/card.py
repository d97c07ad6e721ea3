"""A model file's scores → the tables of its card, between two markers of a Markdown page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from hilum.errors import OutputError
from hilum.inference.model import Model, ModelDescription, Score
from hilum.output import write_whole

SCORES_BEGIN, SCORES_END = "<!-- scores -->", "<!-- /scores -->"

_NEW_CARD = """\
# {name}

**Research use only; not for diagnosis.**

Terms: {licence}

{begin}
{end}
"""


def card_of(path: Path) -> Path:
    """Where the card of the model file at ``path`` lies: beside it, as ``.md``."""
    return path.with_suffix(".md")


def read_card(model: Model) -> str:
    """The text of the card beside the model file, or a new one; it has a place for scores.

    Raises:
        OutputError: a page of that name has no such place, or cannot be read.
    """
    card = card_of(model.path)
    try:
        if not card.exists():
            return _NEW_CARD.format(
                name=model.path.name,
                licence=model.description.licence,
                begin=SCORES_BEGIN,
                end=SCORES_END,
            )
        text = card.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise OutputError(
            "the card cannot be read", path=card, got=getattr(error, "strerror", str(error))
        ) from None
    marks = re.findall(f"{SCORES_BEGIN}|{SCORES_END}", text)
    if marks != [SCORES_BEGIN, SCORES_END]:
        raise OutputError(
            "the card has no place for scores",
            path=card,
            got=", ".join(marks) or None,
            expected=f"the lines {SCORES_BEGIN} and {SCORES_END}, once each",
            remedy="add them where the tables should stand",
        )
    return text


def write_card(model: Model) -> Path:
    """Write the tables into the card beside the model file, which is made if it is not there.

    Raises:
        OutputError: as :func:`read_card`, or it cannot be written.
    """
    card, text = card_of(model.path), read_card(model)
    try:
        write_whole(card, with_scores(text, model).encode())
    except OSError as error:
        raise OutputError(
            "the card cannot be written",
            path=card,
            got=error.strerror,
            remedy="check the permissions and the space left; the scores stand in the model file",
        ) from None
    return card


def with_scores(text: str, model: Model, *, collections: int | None = None) -> str:
    """``text`` with the scores of ``model`` between the two markers.

    Args:
        text: Markdown with both markers.
        model: whose scores.
        collections: of so many collections only, and without operating points.
    """
    before, rest = text.split(SCORES_BEGIN)
    _, after = rest.split(SCORES_END)
    return f"{before}{SCORES_BEGIN}\n{_tables(model, collections)}{SCORES_END}{after}"


def _tables(model: Model, collections: int | None) -> str:
    description = model.description
    chosen = description.operating_points
    points = {str(name): point for name, point in chosen.masks.items()}
    points |= {str(name): point for name, point in chosen.finding.items()}
    parts = [f"{_caution(description)}\n"] if description.findings else []
    parts += [
        f"Model `{model.sha256[:16]}`, {len(model.onnx) / 1e6:.1f} MB, recipe"
        f" `{description.name}`, trained on {', '.join(description.trained_on)}; content hash"
        f" of the dataset `{description.dataset_sha256[:16]}`.\n"
    ]
    protocols = list(dict.fromkeys(_protocol(score)[1] for score in description.scores))
    for protocol in protocols[:collections]:
        rows = [
            (s.name.replace("_", " "), f"{s.value:.3f}", s.interval, s.n, how)
            for s, (how, where) in ((s, _protocol(s)) for s in description.scores)
            if where == protocol
        ]
        head = ("score", "value", "95 % interval", "n", "how")
        parts += [f"{protocol[0].upper()}{protocol[1:]}:\n", markdown_table(head, rows)]
    if collections is None:
        parts += [
            "Operating points, chosen on the validation split:\n",
            markdown_table(
                ("what", "from probability"), ((name, points[name]) for name in sorted(points))
            ),
        ]
    return "\n".join(parts)


def _caution(description: ModelDescription) -> str:
    if description.finding_caution:
        return f"**{description.finding_caution}**"
    return "Finding: not audited, or nothing was found; no caution stands in the file."


def _protocol(score: Score) -> tuple[str, str]:
    """(how the score was computed, on what)."""
    how, _, where = score.protocol.rpartition("; ")
    return how or "share", where


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(map(str, line))} |\n" for line in lines)
