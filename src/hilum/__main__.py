"""``python -m hilum``: the command line."""

from __future__ import annotations

from hilum.cli import main

main()
