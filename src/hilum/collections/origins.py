"""Where radiographs were first taken, under one name each in every collection that has them."""

from __future__ import annotations

GUANGZHOU = "Guangzhou Women and Children's Medical Center"
"""Children aged one to five, published by Kermany et al. 2018."""

HANNOVER = "Hannover Medical School"

NIH_CLINICAL_CENTER = "NIH Clinical Center"

RSNA = "RSNA Pneumonia Detection Challenge"
"""A selection of ChestX-ray14 with labels of its own."""

SHENZHEN = "Shenzhen No. 3 People's Hospital"
