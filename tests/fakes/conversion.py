"""A conversion to severity scales whose results can be computed by hand."""

from __future__ import annotations

from hilum.inference.conversion import Conversion, ConversionError, Line, network_hash
from hilum.inference.model import Model
from hilum.scales import GEOGRAPHIC_EXTENT, OPACITY

ERROR = ConversionError(1.25, (1.0, 1.5), 0.8, (0.7, 0.9), films=40, patients=30)


def make_conversion(model: Model) -> Conversion:
    """Extent: 1 + percent ÷ 10; opacity: 2 + percent ÷ 100 − contrast."""
    lines = (
        Line(GEOGRAPHIC_EXTENT, 1.0, {"infected_percent": 0.1}, ERROR),
        Line(OPACITY, 2.0, {"infected_percent": 0.01, "lung_contrast": -1.0}, ERROR),
    )
    return Conversion(network_hash(model), {"films": 40}, lines)
