"""An audit → one page."""
