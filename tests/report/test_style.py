"""What the pages share: tables that may be wider than a screen, and how they are printed."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from hilum.radiograph import Finding
from hilum.report.evaluation.page import evaluation_page
from hilum.report.page import templates
from tests.evaluation.cases import random_cases
from tests.report.evaluation.pages import evaluation

PAGES = [name for name in templates().list_templates() if name.endswith("html")]
BROWSER, TO_TEXT = shutil.which("chromium"), shutil.which("pdftotext")


def source(name: str) -> str:
    environment = templates()
    assert environment.loader is not None
    return environment.loader.get_source(environment, name)[0]


@pytest.mark.parametrize("name", PAGES)
def test_every_table_scrolls_by_keys_and_under_a_shadow(name: str) -> None:
    tables = re.findall(r"(.*)\n<table", source(name))
    assert len(tables) == source(name).count("<table")
    assert all(before.startswith("{% call scroll(") for before in tables)
    region = str(
        templates()
        .from_string(
            '{% from "scroll.html" import scroll %}{% call scroll("T<a>", "wide") %}x{% endcall %}'
        )
        .render()
    )
    assert region == (
        '<div class="scroll wide" role="region" tabindex="0" aria-label="T&lt;a&gt;">x</div>'
    )
    (style,) = re.findall(r"\.scroll \{ overflow-x: auto; (.*?)\}", source("base.html"), re.DOTALL)
    assert style.count("no-repeat local") == 2, "they hide a shadow where nothing lies beyond"
    assert style.count("no-repeat") == 4


@pytest.mark.skipif(not (BROWSER and TO_TEXT), reason="no browser that prints")
def test_no_heading_and_no_head_of_a_table_is_left_alone_on_paper(tmp_path: Path) -> None:
    findings = (Finding.NORMAL, Finding.COVID)
    html = evaluation_page(evaluation(random_cases(60), findings=findings), {})
    (tmp_path / "page.html").write_text(html, encoding="utf-8")
    printing = [*("--headless", "--no-sandbox", "--disable-gpu"), "--no-pdf-header-footer"]
    for command in (
        [BROWSER, *printing, "--print-to-pdf=page.pdf", (tmp_path / "page.html").as_uri()],
        [TO_TEXT, "-layout", "page.pdf", "page.txt"],
    ):
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=60)
    pages = (tmp_path / "page.txt").read_text(encoding="utf-8").split("\f")[:-1]
    assert 5 < len(pages) < 20
    texts = re.findall(r"<(h[1-4]|caption|summary)[^>]*>(.*?)</\1>", html, re.DOTALL)
    alone = {" ".join(text.split()) for _, text in texts}
    assert len(alone) > 20
    for page in pages[:-1]:
        last = " ".join(page.strip().splitlines()[-1].split())
        assert last not in alone and not last.startswith(("Figure ", "Images ", "Image Coll")), page
