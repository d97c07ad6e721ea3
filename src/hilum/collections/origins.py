"""Where radiographs were first taken, under one name each in every collection that has them."""

from __future__ import annotations

import re

BIMCV = "BIMCV-COVID19+"
"""Medical Imaging Databank of the Valencia Region."""

BRESCIA = "ASST Spedali Civili di Brescia"

COVID_CHESTXRAY = "covid-chestxray-dataset"
"""Where a collection names this set, but not the hospital of the image."""

COVID_CXNET = "COVID-CXNet"
"""Images that Haghanifar et al. gathered, on GitHub and figshare."""

EURORAD = "Eurorad"

GUANGZHOU = "Guangzhou Women and Children's Medical Center"
"""Children aged one to five, published by Kermany et al. 2018."""

HANNOVER = "Hannover Medical School"

MONTGOMERY = "Montgomery County Department of Health and Human Services"

NIH_CLINICAL_CENTER = "NIH Clinical Center"

RADIOPAEDIA = "Radiopaedia"

RSNA = "RSNA Pneumonia Detection Challenge"
"""A selection of ChestX-ray14 with labels of its own."""

SHENZHEN = "Shenzhen No. 3 People's Hospital"

SIRM = "Italian Society of Medical and Interventional Radiology"

ORIGINS = (
    *(BIMCV, BRESCIA, COVID_CHESTXRAY, COVID_CXNET, EURORAD, GUANGZHOU, HANNOVER, MONTGOMERY),
    *(NIH_CLINICAL_CENTER, RADIOPAEDIA, RSNA, SHENZHEN, SIRM),
)
"""All that collections without :attr:`~hilum.collections.collection.Collection.names_own` name."""

_HOMES = {
    "bimcv.cipf.es": BIMCV,
    "data.mendeley.com/datasets/rscbjbr9sj": GUANGZHOU,
    "eurorad.org": EURORAD,
    "figshare.com/articles/covid-19_chest_x-ray_image_repository/12580328": COVID_CXNET,
    "github.com/armiro/covid-cxnet": COVID_CXNET,
    "github.com/ieee8023/covid-chestxray-dataset": COVID_CHESTXRAY,
    "github.com/ml-workgroup/covid-19-image-repository": HANNOVER,
    "kaggle.com/c/rsna-pneumonia-detection-challenge": RSNA,
    "kaggle.com/competitions/rsna-pneumonia-detection-challenge": RSNA,
    "kaggle.com/datasets/paultimothymooney/chest-xray-pneumonia": GUANGZHOU,
    "kaggle.com/paultimothymooney/chest-xray-pneumonia": GUANGZHOU,
    "radiopaedia.org": RADIOPAEDIA,
    "sirm.org": SIRM,
}
"""Beginning of an address, lower case, without scheme and ``www.`` → origin."""


def origin_of_url(url: str) -> str | None:
    """The origin that a web address stands for; None for addresses that are not known.

    >>> origin_of_url("https://www.sirm.org/category/covid-19/"), origin_of_url("https://sirm.orgy")
    ('Italian Society of Medical and Interventional Radiology', None)
    """
    place = re.sub(r"^(https?://)?(www\.)?", "", url.strip().lower())
    for beginning, origin in _HOMES.items():
        if re.match(rf"{re.escape(beginning)}($|[/?#])", place):
            return origin
    return None
