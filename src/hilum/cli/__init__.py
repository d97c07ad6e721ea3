"""The command line ``hilum``."""

from hilum.cli.app import main

__all__ = ["main"]
