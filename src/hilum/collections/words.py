"""The words people use for findings, structures and splits, in folder, file and category names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from hilum.radiograph import Finding, LungConvention, Split, Structure

Word = TypeVar("Word", bound=StrEnum)

FINDINGS = {
    Finding.NORMAL: "normal,healthy,no finding,no findings",
    Finding.COVID: "covid,covid 19,covid19,covid positive,sars cov 2",
    Finding.PNEUMONIA: "pneumonia",
    Finding.VIRAL_PNEUMONIA: "viral pneumonia,pneumonia viral,viral,virus",
    Finding.BACTERIAL_PNEUMONIA: "bacterial pneumonia,pneumonia bacterial,bacterial,bacteria",
    Finding.OTHER_PNEUMONIA: "other pneumonia,pneumonia other",
    Finding.LUNG_OPACITY: "lung opacity,opacity",
    Finding.TUBERCULOSIS: "tuberculosis,tb",
    Finding.OTHER: "other",
}
"""Each finding's names between commas, as :func:`plain_words` writes them."""

_STRUCTURES = {
    Structure.LUNGS: "lung,both lungs,lung field,lung area,lung region",
    Structure.RIGHT_LUNG: "right lung,lung right,r lung,lung r,right lung field",
    Structure.LEFT_LUNG: "left lung,lung left,l lung,lung l,left lung field",
    Structure.INFECTION: (
        "infection,infected,infected area,infected region,infection area,infection region,"
        "covid infection,covid 19 infection,covid19 infection,lung infection,"
        "covid lesion,covid 19 lesion,covid19 lesion"
    ),
    Structure.CARDIOMEDIASTINUM: (
        "cardiomediastinum,heart,cardiac silhouette,heart silhouette,cardiomediastinal silhouette,"
        "heart and mediastinum"
    ),
    Structure.AIRWAYS: "airway",
    Structure.GROUND_GLASS: "ground glass,ground glass opacity,ground glass opacities,ggo",
    Structure.CONSOLIDATION: "consolidation",
    Structure.PLEURAL_EFFUSION: "pleural effusion,effusion",
    Structure.PNEUMOTHORAX: "pneumothorax",
    Structure.ENDOTRACHEAL_TUBE: "endotracheal tube,et tube,ett",
    Structure.CENTRAL_VENOUS_LINE: (
        "central venous line,central venous catheter,central line,cvc,cvl"
    ),
    Structure.MONITORING_PROBES: "monitoring probe,ecg lead,ecg electrode",
    Structure.NASOGASTRIC_TUBE: "nasogastric tube,ng tube,ngt",
    Structure.CHEST_TUBE: "chest tube,chest drain,thoracic drain",
    Structure.TUBINGS: "tubing",
}
_CONVENTIONS = {
    LungConvention.AERATED: "aerated",
    LungConvention.BEHIND_HEART: "behind heart",
    LungConvention.PARTLY_BEHIND_HEART: "partly behind heart",
}
CONVENTION_REMEDY = (
    "say which by a name like 'aerated lungs', 'lungs partly behind heart' or 'lungs behind heart'"
)
_SPELLINGS = {"nosogastric": "nasogastric", "veinous": "venous"} | dict.fromkeys(
    ("mask", "masks", "the"), ""
)
_SPLITS = {
    "train": Split.TRAIN,
    "training": Split.TRAIN,
    "val": Split.VALIDATION,
    "valid": Split.VALIDATION,
    "validation": Split.VALIDATION,
    "test": Split.TEST,
    "testing": Split.TEST,
}


def _by_name(names: Mapping[Word, str]) -> dict[str, Word]:
    return {name: word for word, several in names.items() for name in several.split(",")}


_FINDING_NAMES = _by_name(FINDINGS)
_STRUCTURE_NAMES = _by_name(_STRUCTURES)
_CONVENTION_NAMES = _by_name(_CONVENTIONS)


def plain_words(name: str) -> str:
    """``name`` in lower case with one blank for each run of blanks and signs.

    >>> plain_words(" Ground-Glass__Opacities ")
    'ground glass opacities'
    """
    return " ".join(word for word in re.split(r"[\s_.()/-]+", name.lower()) if word)


def finding_of(name: str) -> Finding | None:
    """The finding that a folder, category or tag is named like.

    >>> finding_of("COVID-19"), finding_of("Viral_Pneumonia"), finding_of("lung")
    (<Finding.COVID: 'covid'>, <Finding.VIRAL_PNEUMONIA: 'pneumonia/viral'>, None)
    """
    return _FINDING_NAMES.get(plain_words(name))


def structure_of(name: str) -> Structure | None:
    """The structure that a category, mask folder or file name ending is named like.

    The word mask, a final s, a leading COVID-19 and a lung convention do not count.

    >>> structure_of("COVID-19 Nosogastric Tube"), structure_of("Lung masks")
    (<Structure.NASOGASTRIC_TUBE: 'nasogastric_tube'>, <Structure.LUNGS: 'lungs'>)
    >>> structure_of("aerated lungs"), structure_of("mask")
    (<Structure.LUNGS: 'lungs'>, None)
    """
    text = _spelt(name)
    candidates = [text, text.removeprefix("covid 19 ").removeprefix("covid ")]
    convention = convention_of(name)
    if convention is not None:
        rest = text.replace(_CONVENTIONS[convention], " ")
        candidates.append(" ".join(rest.split()))
    for candidate in candidates:
        for singular in (candidate, candidate.removesuffix("s")):
            structure = _STRUCTURE_NAMES.get(singular)
            if structure is not None:
                return structure
    return None


def convention_of(name: str) -> LungConvention | None:
    """The lung convention that ``name`` spells out.

    >>> convention_of("lungs partly behind heart"), convention_of("lungs")
    (<LungConvention.PARTLY_BEHIND_HEART: 'partly_behind_heart'>, None)
    """
    words = _spelt(name)
    found = [convention for text, convention in _CONVENTION_NAMES.items() if text in words]
    return max(found, key=lambda convention: len(_CONVENTIONS[convention]), default=None)


def _spelt(name: str) -> str:
    words = plain_words(name).split()
    return " ".join(filter(None, (_SPELLINGS.get(word, word) for word in words)))


def split_of(name: str) -> Split | None:
    """The split that one word of ``name`` says; None where none does, or several.

    >>> split_of("instances_train.json"), split_of("Valid"), split_of("train-and-test")
    (<Split.TRAIN: 'train'>, <Split.VALIDATION: 'validation'>, None)
    """
    words = re.sub(r"\d+", " ", plain_words(name)).split()
    found = {_SPLITS[word] for word in words if word in _SPLITS}
    return found.pop() if len(found) == 1 else None
