"""The page of an audit: complete, offline, safe against what labels say."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from hilum.audit.audit import Audit, Audited, audit
from hilum.audit.check import Outcome
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


def test_a_model_keeps_its_name_at_the_beginning_of_a_sentence(found: Audit) -> None:
    told = replace(found.checks[0], answer="a_model tells little.")
    page = audit_page(replace(found, model="a_model", checks=(told, *found.checks[1:])), {})
    assert "a_model tells little." in page and "A_model" not in page
    page = audit_page(replace(found, model="other", checks=(told, *found.checks[1:])), {})
    assert "A_model tells little." in page


@pytest.mark.parametrize("answer", ["Cannot be estimated: none.", "Cannot be estimated; none."])
def test_an_outcome_is_not_said_twice(found: Audit, answer: str) -> None:
    told = replace(found.checks[0], outcome=Outcome.NOT_ESTIMABLE, answer=answer)
    page = audit_page(replace(found, checks=(told,)), {})
    assert "Cannot be estimated: " not in page and "Cannot be estimated; " not in page
    assert "cannot be estimated</span>: none." in page and ">None.<" in page


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
