from __future__ import annotations

import pytest

from hilum.collections.chestxray_metadata import finding_of, licence_of, origin_of, view_of
from hilum.radiograph import UNSTATED_LICENCE, Finding, View


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("COVID-19", Finding.COVID),
        ("COVID-19, ARDS", Finding.COVID),
        ("Pneumonia/Viral/COVID-19", Finding.COVID),
        ("Pneumonia", Finding.PNEUMONIA),
        ("Pneumonia/Viral/SARS", Finding.VIRAL_PNEUMONIA),
        ("SARS", Finding.VIRAL_PNEUMONIA),
        ("Pneumonia/Viral/Influenza/H1N1", Finding.VIRAL_PNEUMONIA),
        ("Pneumonia/Bacterial/Staphylococcus/MRSA", Finding.BACTERIAL_PNEUMONIA),
        ("Pneumonia/Bacterial/Something New", Finding.BACTERIAL_PNEUMONIA),
        ("Mycoplasma Bacterial Pneumonia", Finding.BACTERIAL_PNEUMONIA),
        ("Bacterial", Finding.BACTERIAL_PNEUMONIA),
        ("Pneumonia/Fungal/Aspergillosis", Finding.OTHER_PNEUMONIA),
        ("Pneumocystis", Finding.OTHER_PNEUMONIA),
        ("Lipoid", Finding.OTHER_PNEUMONIA),
        ("Tuberculosis", Finding.TUBERCULOSIS),
        ("No Finding", Finding.NORMAL),
        ("ARDS", Finding.OTHER),
        ("todo", None),
        ("Unknown", None),
        ("", None),
    ],
)
def test_findings_of_old_and_new_releases(text: str, finding: Finding | None) -> None:
    assert finding_of(text) is finding


def test_a_new_word_is_not_guessed() -> None:
    with pytest.raises(KeyError):
        finding_of("Martian flu")


def test_views_of_metadata_and_tags() -> None:
    assert [view_of(text) for text in ("PA", "AP Supine", "AP_Supine", "L", "Lateral", "?")] == [
        *(View.PA, View.AP_SUPINE, View.AP_SUPINE, View.LATERAL, View.LATERAL, None)
    ]


def test_licences_keep_the_publishers_words_without_a_version() -> None:
    assert licence_of("CC BY 3.0").name == "CC-BY-3.0"
    assert licence_of("CC BY 3.0").url == "https://creativecommons.org/licenses/by/3.0/"
    assert licence_of("Apache 2.0").name == "Apache-2.0"
    assert licence_of("CC BY-NC-SA").name == "CC BY-NC-SA"
    assert licence_of("") is UNSTATED_LICENCE


def test_hannover_has_one_name() -> None:
    assert origin_of("Hannover Medical School, Hannover, Germany") == "Hannover Medical School"
    assert origin_of("?") is None and origin_of("Italy") == "Italy"
