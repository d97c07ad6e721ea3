"""Whether collection or hospital give the finding away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hilum.dataset.card.association import Association, Sharing, compare_sources, cramers_v
from hilum.dataset.card.markdown import table
from hilum.dataset.write import PlacedRow


def finding_of(row: PlacedRow) -> str | None:
    """The class of a row, None where unknown."""
    finding = row.row.prepared.radiograph.finding
    return None if finding is None else str(finding)


def origin_sharing(rows: Sequence[PlacedRow]) -> list[Sharing]:
    """Each finding against each other one by origin."""
    return compare_sources(
        [(name, row.row.prepared.radiograph.origin) for row in rows if (name := finding_of(row))]
    )


def confounding(rows: Sequence[PlacedRow]) -> str:
    """Cramér's V of the finding with collection and origin, and who shares origins with whom."""
    radiographs = [row.row.prepared.radiograph for row in rows]
    findings = [finding_of(row) for row in rows]
    by_origin = cramers_v(zip(findings, (r.origin for r in radiographs), strict=True))
    by_collection = cramers_v(zip(findings, (r.collection for r in radiographs), strict=True))
    lines = (
        _line("finding and origin", by_origin, len(rows)),
        _line("finding and collection", by_collection, len(rows)),
    )
    text = table(["", "Cramér's V", "radiographs", "both known of"], lines)
    text += (
        "\n0: the source says nothing about the finding; 1: it gives it away. Bias-corrected "
        "(Bergsma 2013). An origin that is unknown cannot be identified; that does not make it "
        "clean.\n\n"
    )
    head = ["finding", "origin known", "unknown", "origins", "shares one with", "shares none with"]
    return text + table([*head, "cannot be identified"], map(_sharing, origin_sharing(rows)))


def _line(name: str, association: Association, total: int) -> list[object]:
    value = "–" if association.v is None else f"{association.v:.2f}"
    return [name, value, association.n, f"{association.n / total:.0%}"]


def _sharing(one: Sharing) -> list[object]:
    groups = (one.shares, one.shares_none, one.unidentified)
    return [
        *(one.name, one.known, one.unknown, one.sources),
        *(", ".join(names) or "–" for names in groups),
    ]


def origin_warnings(rows: Sequence[PlacedRow]) -> Iterator[str]:
    """A plain sentence for each finding that shares no origin with another; each pair once."""
    for one in origin_sharing(rows):
        none = [name for name in one.shares_none if name > one.name]
        if none:
            yield (
                f"**{one.name}** shares no origin with {_listed(none)}: a network can win by "
                "recognising the hospital."
            )
        unknown = [name for name in one.unidentified if name > one.name]
        if unknown:
            yield (
                f"**{one.name}** shares no known origin with {_listed(unknown)}, and not all "
                "origins are known: whether a network can win by recognising the hospital cannot "
                "be identified."
            )


def collection_warnings(rows: Sequence[PlacedRow]) -> Iterator[str]:
    """A plain sentence for each finding in no collection with another; each pair once."""
    pairs = [
        (name, row.row.prepared.radiograph.collection) for row in rows if (name := finding_of(row))
    ]
    for one in compare_sources(pairs):
        none = [name for name in one.shares_none if name > one.name]
        if none:
            yield (
                f"**{one.name}** shares no collection with {_listed(none)}: a network can win by "
                "recognising the collection."
            )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else names[0]
