"""The fake of each registered collection, by the collection's name."""

from __future__ import annotations

from tests.fakes import (
    brixia,
    brixia_cohen,
    chestx_ray14,
    coco_export,
    covid_qu_ex,
    cvat_export,
    general_blockchain,
    hannover,
    ieee8023,
    kermany,
    label_studio_export,
    montgomery,
    plain_folder,
    qata_cov19,
    radiography,
    rsna_pneumonia,
    shenzhen,
    v7,
)
from tests.fakes.fake import DrawFake

FAKES: dict[str, DrawFake] = {
    "covid-qu-ex": covid_qu_ex.draw,
    "qata-cov19": qata_cov19.draw,
    "radiography": radiography.draw,
    "general-blockchain": general_blockchain.draw,
    "ieee8023": ieee8023.draw,
    "v7-covid19-xray": v7.draw,
    "kermany": kermany.draw,
    "hannover": hannover.draw,
    "shenzhen": shenzhen.draw,
    "montgomery": montgomery.draw,
    "chestx-ray14": chestx_ray14.draw,
    "coco": coco_export.draw,
    "cvat": cvat_export.draw,
    "label-studio": label_studio_export.draw,
    "rsna-pneumonia": rsna_pneumonia.draw,
    "brixia": brixia.draw,
    "brixia-cohen": brixia_cohen.draw,
    "plain-folder": plain_folder.draw,
}

MORE_FAKES: dict[str, tuple[str, DrawFake]] = {
    "brixia, version 2": ("brixia", brixia.draw_version_2),
    "covid-qu-ex, lung half": ("covid-qu-ex", covid_qu_ex.draw_lung_half),
    "covid-qu-ex, both halves": ("covid-qu-ex", covid_qu_ex.draw_both),
    "qata-cov19, version 2 alone": ("qata-cov19", qata_cov19.draw_version_2),
    "radiography, first release": ("radiography", radiography.draw_first),
    "radiography, middle releases": ("radiography", radiography.draw_middle),
}
"""Further layouts in which a collection is published: what → its name and the fake."""
