"""What ``hilum compile`` does to films: from its options to values."""

from __future__ import annotations

import typer

from hilum.dataset.variant import LungsFinder
from hilum.imaging.enhance import Enhancement


def enhancement(name: str | None) -> Enhancement | None:
    """The enhancement called ``name``.

    Raises:
        BadParameter: there is none.
    """
    if name is None:
        return None
    try:
        return Enhancement(name)
    except ValueError:
        raise typer.BadParameter(
            f"{name!r} is none of {', '.join(Enhancement)}", param_hint="--enhance"
        ) from None


def bundled_lungs_finder() -> LungsFinder:
    """The bundled model, computing in f32 in whichever process it is called."""
    from hilum.inference.lungs import LungOutliner

    outliner = LungOutliner()
    return LungsFinder(outliner, outliner.facts())
