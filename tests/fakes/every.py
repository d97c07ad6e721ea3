"""The fake of each registered collection, by the collection's name."""

from __future__ import annotations

from tests.fakes import (
    chestx_ray14,
    coco_export,
    covid_qu_ex,
    cvat_export,
    general_blockchain,
    hannover,
    ieee8023,
    kermany,
    label_studio_export,
    plain_folder,
    radiography,
    shenzhen,
    v7,
)
from tests.fakes.fake import DrawFake

FAKES: dict[str, DrawFake] = {
    "covid-qu-ex": covid_qu_ex.draw,
    "radiography": radiography.draw,
    "general-blockchain": general_blockchain.draw,
    "ieee8023": ieee8023.draw,
    "v7-covid19-xray": v7.draw,
    "kermany": kermany.draw,
    "hannover": hannover.draw,
    "shenzhen": shenzhen.draw,
    "chestx-ray14": chestx_ray14.draw,
    "coco": coco_export.draw,
    "cvat": cvat_export.draw,
    "label-studio": label_studio_export.draw,
    "plain-folder": plain_folder.draw,
}
