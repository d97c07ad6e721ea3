"""The facts of every collection in one table of plain values."""

from __future__ import annotations

from hilum.collections.registry import COLLECTIONS


def collection_facts() -> list[dict[str, str | list[str] | None]]:
    """What is published about each collection, in the registry's order, as JSON-able values."""
    return [
        {
            "name": facts.name,
            "title": facts.title,
            "images": facts.images,
            "findings": [str(finding) for finding in facts.findings],
            "structures": [str(structure) for structure in facts.structures],
            "lung_convention": None
            if facts.lung_convention is None
            else str(facts.lung_convention),
            "licence": facts.licence.name,
            "licence_url": facts.licence.url,
            "citation": facts.citation,
            "home_page": facts.home_page,
            "how_to_get": facts.how_to_get,
            "holds": list(facts.holds),
        }
        for facts in (collection.facts for collection in COLLECTIONS)
    ]
