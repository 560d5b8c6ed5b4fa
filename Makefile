# Everything there is to run. `make verify` and `make test` need python3 (3.11 or later), python3-venv and make, no more.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.modalloc-installed

.PHONY: help setup verify test prove bench lint format pages clean

help:
	@echo 'make setup    the tool and all it needs, into $(VENV)'
	@echo 'make verify   decide every table in spec/params and compare with what is expected of it'
	@echo 'make test     the tests'
	@echo 'make prove    prove the theorems again, from scratch'
	@echo 'make bench    how long the jobs above take'
	@echo 'make lint     ruff and mypy'
	@echo 'make pages    the pages of spec/properties, out of the rules'

setup: $(STAMP)

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo 'modalloc needs Python 3.11 or later; say which one with: make PYTHON=python3.12 $(MAKECMDGOALS)'; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo 'This Python comes without the venv module. On Debian and Ubuntu: sudo apt-get install python3-venv'; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,crosscheck]'
	@touch $@

verify: $(STAMP)
	@$(BIN)/modalloc verify spec/params --expect

test: $(STAMP)
	@$(BIN)/pytest -n auto --dist worksteal

prove: $(STAMP)
	@$(BIN)/modalloc prove

bench: $(STAMP)
	@$(BIN)/python bench/bench.py

lint: $(STAMP)
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/mypy --no-error-summary

pages: $(STAMP)
	@$(BIN)/python -m modalloc_model.properties.pages

format: $(STAMP)
	@$(BIN)/ruff check --quiet --fix .
	@$(BIN)/ruff format --quiet .

clean:
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
