"""Write the parts of the documentation that follow from code and from the bundled model.

    python docs/generate.py [collections] [recipes] [protocols] [model]
    python docs/generate.py audit FOLDER

``collections`` writes ``collections.md`` and a page for each collection of the registry below
``collections/``. ``recipes`` writes ``recipes.md``; it needs the extra ``train``. ``protocols``
writes ``protocols.md`` from the registry of protocols and from what
``hilum evaluate --protocol NAME`` measured, kept as ``protocols/NAME.csv`` (``NAME-….csv`` of
further models). ``model`` writes the scores in ``model.md``, in ``README.md`` and in the card
beside the bundled model from that model's metadata, and what it gives for the reference images of
``hilum verify``; it needs ONNX Runtime (the extra ``dev``). Without a word, all of these. Run it
after a change of one; tests compare.

``audit`` makes ``audit-covid-qu-ex.html`` of the page in FOLDER, which ``hilum audit`` wrote on
COVID-QU-Ex with the bundled model, without its pictures: these may not be published.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from hilum.collections.collection import Collection, Facts
from hilum.collections.registry import COLLECTIONS
from hilum.evaluation import card
from hilum.evaluation.card import markdown_table
from hilum.evaluation.protocols.page import protocols_page
from hilum.inference import Predictor
from hilum.inference.advice import advise
from hilum.inference.expected import REFERENCE, write_expected
from hilum.inference.model import BUNDLED_MODEL, Model, read_model
from hilum.inference.verify import verify
from hilum.report.audit.page import PAGE_NAME

FOLDER = Path(__file__).parent
README = FOLDER.parent / "README.md"
PROTOCOLS_PAGE = FOLDER / "protocols.md"
AUDIT_PAGE = FOLDER / "audit-covid-qu-ex.html"
PARTS = ("collections", "recipes", "protocols", "model")
SCORED_PAGES = (FOLDER / "model.md", README, card.card_of(BUNDLED_MODEL))

_COLLECTIONS_HEAD = """\
# Collections

<!-- Written by docs/generate.py; change src/hilum/collections instead. -->

`hilum inspect` and `hilum compile` take the folder of each of these as it is downloaded.
`hilum collections` prints the same facts. Image counts are those of the published collection;
parts of it are read as well. A structure is named where the collection has masks of it; the
lung convention on a collection's page says what its lung masks count as lung (see the
[glossary](glossary.md)).
"""


def main() -> None:
    """Write the parts that are asked for."""
    parser = argparse.ArgumentParser(description="Write the generated parts of the documentation.")
    parser.add_argument("parts", nargs="*", metavar="part", help=f"{', '.join(PARTS)}; else all")
    parts = parser.parse_args().parts or list(PARTS)
    if parts[0] == "audit":
        if len(parts) != 2:
            parser.error("audit takes one folder, which 'hilum audit' wrote")
        page = (Path(parts[1]) / PAGE_NAME).read_text(encoding="utf-8")
        AUDIT_PAGE.write_text(without_pictures(page), encoding="utf-8")
        return
    if unknown := set(parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    if "collections" in parts:
        write_collections()
    if "recipes" in parts:
        from generate_recipes import write_recipes  # which imports torch

        write_recipes()
    if "protocols" in parts:
        PROTOCOLS_PAGE.write_text(protocols_page(FOLDER / "protocols"), encoding="utf-8")
    if "model" in parts:
        write_model()


def without_pictures(page: str) -> str:
    """``page`` of an audit, with words in the place of its radiographs."""
    return re.sub(r"<img [^>]*>", '<span class="faint">no picture</span>', page)


def write_collections() -> None:
    """Write the index and the pages of all collections; pages of others are removed."""
    pages = collection_pages()
    for place, text in pages.items():
        (FOLDER / place).parent.mkdir(exist_ok=True)
        (FOLDER / place).write_text(text, encoding="utf-8")
    for page in (FOLDER / "collections").glob("*.md"):
        if page.relative_to(FOLDER).as_posix() not in pages:
            page.unlink()


def write_model() -> None:
    """Write the bundled model's scores and outputs, and say if a runtime drifts too far."""
    for page in SCORED_PAGES:
        text = page.read_text(encoding="utf-8")
        page.write_text(with_scores(text, read_model(), page), encoding="utf-8")
    write_expected(REFERENCE, Predictor(runtime="onnxruntime"))
    verification = verify()
    print(advise(verification))
    sys.exit(not verification.passed)


def collection_pages() -> dict[str, str]:
    """Place below ``docs`` → text of the index and of each collection's page."""
    overview = markdown_table(
        ("name", "images", "findings", "masks", "licence"),
        (
            (
                f"[`{facts.name}`]({_place(facts)})",
                facts.images,
                ", ".join(facts.findings),
                ", ".join(facts.structures) or "–",
                facts.licence.name,
            )
            for facts in (collection.facts for collection in COLLECTIONS)
        ),
    )
    pages = {"collections.md": f"{_COLLECTIONS_HEAD}\n{overview}"}
    return pages | {_place(collection.facts): _page(collection) for collection in COLLECTIONS}


def _place(facts: Facts) -> str:
    return f"collections/{facts.name}.md"


def _page(collection: Collection) -> str:
    facts = collection.facts
    module = type(collection).__module__.rpartition(".")[2]
    lines = [
        f"# {facts.title}\n",
        "<!-- Written by docs/generate.py;"
        f" change src/hilum/collections/{module}.py instead. -->\n",
        f"`{facts.name}` in hilum's tables; one of the [collections](../collections.md).\n",
        *(f"{paragraph}\n" for paragraph in _description(collection)),
        f"- Images: {facts.images}",
        f"- Findings: {', '.join(facts.findings)}",
        f"- Masks: {', '.join(facts.structures) or '–'}",
        f"- [Lung convention](../glossary.md): {facts.lung_convention or '–'}",
        f"- Licence: {facts.licence.name}" + (f", {facts.licence.url}" * bool(facts.licence.url)),
        f"- Citation: {facts.citation}",
        f"- Home page: {facts.home_page}",
        f"- How to get: {facts.how_to_get}",
        f"- Holds films, or copies, of: {', '.join(facts.holds) or '– as far as is known'}",
    ]
    return "\n".join(lines) + "\n"


def _description(collection: Collection) -> list[str]:
    """The paragraphs of its file that say what it is and how it is laid out."""
    text = sys.modules[type(collection).__module__].__doc__ or ""
    paragraphs = text.replace("``", "`").strip().split("\n\n")[1:]
    return [part for part in paragraphs if not part.startswith("Citation:")]


def with_scores(text: str, model: Model, page: Path) -> str:
    """``text`` of ``page`` with the scores of ``model`` between the two markers.

    The README has those of the first collection only, on which most of it was learned.
    """
    return card.with_scores(text, model, collections=1 if page == README else None)


if __name__ == "__main__":
    main()
