# hilum: 'make demo' shows what it does, 'make test' tests it, 'make check' is all checks.

PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: demo test check lint constraints clean

demo: .venv/.ready-to-run
	rm -rf demo/dataset demo/predictions
	$(BIN)/hilum compile demo/collections/hannover demo/collections/kermany demo/collections/nih-normal -o demo/dataset
	$(BIN)/hilum predict demo/collections -o demo/predictions
	$(BIN)/hilum report demo/predictions -o demo/report.html
	@echo
	@echo "Open demo/report.html in a browser. Masks, overlays and the table are in demo/predictions/,"
	@echo "the compiled dataset is in demo/dataset/."

test: .venv/.ready-to-develop
	$(BIN)/python -m pytest --quiet

lint: .venv/.ready-to-develop
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint test

# Versions only: 'pip freeze' writes where a package came from for local ones, which is left out.
constraints: .venv/.ready-to-develop
	$(BIN)/python -m pip freeze --exclude hilum --exclude-editable | grep '^[A-Za-z0-9_.-]*==' > constraints.txt

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "hilum needs Python 3.11 or newer, this is " + sys.version.split()[0])'
	$(PYTHON) -m venv .venv || { rm -rf .venv; echo "On Debian: apt-get install python3-venv"; exit 1; }

.venv/.ready-to-run: .venv/bin/python pyproject.toml constraints.txt
	$(INSTALL) --editable .
	touch $@

.venv/.ready-to-develop: .venv/bin/python pyproject.toml constraints.txt
	$(INSTALL) --editable '.[dev]'
	touch $@ .venv/.ready-to-run

clean:
	rm -rf .venv demo/dataset demo/predictions demo/report.html
