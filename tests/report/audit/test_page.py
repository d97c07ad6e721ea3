"""The page of an audit: complete, offline, safe against what labels say."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from hilum.audit.audit import Audit, Audited, audit
from hilum.audit.measure import Measured
from hilum.errors import OutputError
from hilum.inference.model import read_model
from hilum.report.audit.page import audit_page, write_audit_page
from tests.fakes.audit import make_films, make_labels, make_pair
from tests.fakes.model import write_model


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Audit:
    model = read_model(write_model(tmp_path_factory.mktemp("model") / "fake.onnx"))
    findings = ["covid"] * 30 + ["normal"] * 30
    origins = [f"<script>{n % 2}</script>" for n in range(60)]
    measured = Measured(
        make_films(make_labels(findings, origins=origins), classes=3),
        model,
        {"a" * 64: "no lungs were found"},
        ("The model exports no map.",),
    )
    lock = {"hilum": "0", "packages": {"numpy": "2"}}
    return audit(Audited("drawn", "0" * 64, lock, model, measured, [make_pair(0, 1)]))


def test_everything_stands_on_the_page(found: Audit) -> None:
    page = audit_page(found, {})
    for check in found.checks:
        assert f'id="{check.key}"' in page
        for judged in check.figures:
            value = judged.figure.value
            assert value is None or f"{value:.3f}" in page or f"{value:,.0f}" in page
    assert "COVID-19 against normal" in page
    assert "The model exports no map." in page
    assert "no lungs were found" in page
    assert "Research use only" in page


def test_it_runs_and_fetches_nothing(found: Audit) -> None:
    page = audit_page(found, {found.checks[0].films[0].image_id: "data:image/webp;base64,AA"})
    assert "<script" not in page
    assert not re.findall(r"""(?:src|href)=["'](?!#|data:)""", page)
    assert "&lt;script&gt;0" in page
    assert "data:image/webp" in page


def test_the_same_audit_gives_the_same_page(found: Audit) -> None:
    assert audit_page(found, {}) == audit_page(replace(found), {})


def test_a_page_that_cannot_be_written(found: Audit, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        write_audit_page(found, tmp_path / "file" / "folder", {})
