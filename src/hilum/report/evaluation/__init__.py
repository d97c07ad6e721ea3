"""An evaluation → ``report.html``: one page for a reviewer, readable offline, without script."""
