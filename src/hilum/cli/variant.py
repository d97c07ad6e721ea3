"""Who finds the lungs for ``hilum compile --lungs-only``."""

from __future__ import annotations

from hilum.dataset.variant import LungsFinder


def bundled_lungs_finder() -> LungsFinder:
    """The bundled model, computing in f32 in whichever process it is called."""
    from hilum.inference.lungs import LungOutliner

    outliner = LungOutliner()
    return LungsFinder(outliner, outliner.facts())
