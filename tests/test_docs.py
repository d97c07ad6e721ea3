"""The documentation names what there is, its generated parts are current, its examples run."""

from __future__ import annotations

import re
import runpy
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer.main

import hilum.cli.app
from hilum.evaluation.card import card_of
from hilum.evaluation.protocols.page import protocols_page
from hilum.inference import verify
from hilum.inference.conversion import read_conversion
from hilum.inference.model import BUNDLED_MODEL, read_model
from hilum.inference.table import column_names
from hilum.radiograph import Finding
from hilum.scales import READERS_SCALES

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])
COMMANDS: dict[str, Any] = typer.main.get_command(hilum.cli.app.app).commands

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_OPTION = re.compile(r"`(--?[a-z][a-z-]*)`")
_LINK = re.compile(r"\]\((?!https?:)([^)#]*)(#[^)]*)?\)")


def blocks(language: str) -> list[Any]:
    """Each fenced block of ``language`` in any page, as a test's parameter."""
    return [
        pytest.param(code, id=f"{page.name}-{number}")
        for page in PAGES
        for number, (found, code) in enumerate(_FENCE.findall(page.read_text(encoding="utf-8")))
        if found == language
    ]


def options_of(command: str) -> set[str]:
    """Every spelling of every option of ``command``, ``--help`` left out."""
    options = [p for p in COMMANDS[command].params if p.param_type_name == "option"]
    return {name for p in options for name in (*p.opts, *p.secondary_opts)} - {"--help"}


def section(command: str) -> str:
    """What ``commands.md`` says of ``command``."""
    page = (DOCS / "commands.md").read_text(encoding="utf-8")
    return page.split(f"\n## hilum {command}\n")[1].split("\n## ")[0]


def test_every_command_has_its_section_and_no_other() -> None:
    page = (DOCS / "commands.md").read_text(encoding="utf-8")

    assert re.findall(r"^## hilum (\S+)$", page, re.MULTILINE) == list(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_documented_and_no_other(command: str) -> None:
    assert set(_OPTION.findall(section(command))) == options_of(command)


def test_every_column_of_the_predictions_is_documented_in_order() -> None:
    table = section("predict").split("### predictions.csv")[1].split("### Pictures")[0]
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    documented = [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]

    columns = [name.replace("p_covid", "p_<class>") for name in column_names([Finding.COVID])]
    assert documented == columns


def test_the_limits_of_verify_are_documented() -> None:
    passes = [
        line.split("|")[3].strip() for line in section("verify").splitlines() if "| at " in line
    ]

    assert passes == [
        f"at least {verify.LEAST_LUNG_DICE}",
        f"at least {verify.LEAST_INFECTION_DICE}",
        f"at most {verify.MOST_PROBABILITY_DIFFERENCE}",
        f"at most {verify.MOST_PERCENT_DIFFERENCE:g}",
    ]


@pytest.mark.parametrize("code", blocks("sh"))
def test_shell_examples_name_real_commands_and_options(code: str) -> None:
    for line in code.replace("\\\n", " ").splitlines():
        words = shlex.split(line)
        if words and words[0] == "hilum":
            assert words[1] in COMMANDS
            given = {word for word in words[2:] if word.startswith("-")}
            assert given <= options_of(words[1])


@pytest.mark.parametrize(
    "page",
    [DOCS / "model.md", ROOT / "README.md", card_of(BUNDLED_MODEL)],
    ids=lambda p: p.name,
)
def test_a_page_has_the_scores_of_the_bundled_model(page: Path) -> None:
    generate = runpy.run_path(str(DOCS / "generate.py"))

    committed = page.read_text(encoding="utf-8")
    assert committed == generate["with_scores"](committed, read_model(), page), (
        "run 'python docs/generate.py'"
    )


def test_the_page_of_the_recipes_is_current(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(DOCS)
    generate = runpy.run_path(str(DOCS / "generate_recipes.py"))

    committed = (DOCS / "recipes.md").read_text(encoding="utf-8")
    assert committed == generate["recipes_page"](), "run 'python docs/generate.py recipes'"


def test_the_pages_of_the_collections_are_current() -> None:
    generate = runpy.run_path(str(DOCS / "generate.py"))

    committed = {
        page.relative_to(DOCS).as_posix(): page.read_text(encoding="utf-8")
        for page in [DOCS / "collections.md", *(DOCS / "collections").iterdir()]
    }
    assert committed == generate["collection_pages"](), "run 'python docs/generate.py collections'"


def test_the_page_of_the_scales_has_the_errors_of_the_bundled_lines() -> None:
    page = (DOCS / "severity.md").read_text(encoding="utf-8")
    for line in read_conversion().lines:
        error = line.error
        low, high = error.mean_absolute_interval
        cells = (
            f"{error.films} | {error.patients} | {error.mean_absolute:.2f} ({low:.2f} – {high:.2f})"
        )
        assert cells in page, "run benchmarks/severity_fit.py"
    assert all(f"`{scale.column}`" in page for scale in READERS_SCALES)


def test_the_page_of_the_protocols_is_current() -> None:
    committed = (DOCS / "protocols.md").read_text(encoding="utf-8")
    assert committed == protocols_page(DOCS / "protocols"), (
        "run 'python docs/generate.py protocols'"
    )


def test_the_page_of_the_audit_has_no_pictures() -> None:
    generate = runpy.run_path(str(DOCS / "generate.py"))

    bare = generate["without_pictures"]('<p><img src="data:image/webp;base64,AA" alt="x"></p>')
    assert bare == '<p><span class="faint">no picture</span></p>'
    page = (DOCS / "audit-covid-qu-ex.html").read_text(encoding="utf-8")
    assert "<img" not in page and "data:image" not in page


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_to_files(page: Path) -> None:
    places = [place for place, _ in _LINK.findall(page.read_text(encoding="utf-8")) if place]

    assert [place for place in places if not (page.parent / place).exists()] == []
