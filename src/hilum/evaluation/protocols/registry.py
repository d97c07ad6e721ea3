"""Every protocol by name."""

from __future__ import annotations

from hilum.evaluation.protocols.chowdhury_2020 import CHOWDHURY_2020
from hilum.evaluation.protocols.cohen_2020 import COHEN_2020
from hilum.evaluation.protocols.covid_seg import COVID_SEG
from hilum.evaluation.protocols.degerli_2021 import DEGERLI_2021
from hilum.evaluation.protocols.protocol import Protocol
from hilum.evaluation.protocols.rahman_2021 import RAHMAN_2021
from hilum.evaluation.protocols.tahir_2021 import TAHIR_2021

PROTOCOLS: dict[str, Protocol] = {
    protocol.name: protocol
    for protocol in (
        TAHIR_2021,
        RAHMAN_2021,
        CHOWDHURY_2020,
        DEGERLI_2021,
        COVID_SEG,
        COHEN_2020,
    )
}
"""As on the command line."""
