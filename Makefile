# Everything there is to run. `make verify` and `make test` need python3 (3.11 or later), python3-venv and make, no more.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.modalloc-installed

.PHONY: help setup verify verify-linux test prove bench lint format pages pictures records clean
.PHONY: kernel-test deep deep-tests second-opinions load-bearing ground-truth mutants costs mutation

help:
	@echo 'make setup           the tool and all it needs, into $(VENV)'
	@echo 'make verify          decide the tables in spec/params and compare with what is expected of them'
	@echo 'make verify-linux    the same for the parameter sets of Linux, in spec/params/linux'
	@echo 'make test            the tests'
	@echo 'make prove           prove the theorems again, from scratch'
	@echo 'make bench           how long the jobs above take'
	@echo 'make lint            ruff and mypy'
	@echo 'make pages           the pages of spec and proofs, out of what they speak of: minutes'
	@echo 'make pictures        the pictures of the README, of which tests say whether they are current'
	@echo 'make records         the fingerprints and the costs of the obligations, to be compared with from now on'
	@echo 'make deep            everything that makes a verdict believable, at length: hours. Its parts:'
	@echo '  make deep-tests       the tests with long draws, and those that are left out otherwise'
	@echo '  make second-opinions  the theorems by Z3 and by cvc5'
	@echo '  make load-bearing     each hypothesis dropped in turn'
	@echo '  make ground-truth     verdicts on 10,000 tiny machines, against an enumeration'
	@echo '  make mutants          broken allocators, against every theorem'
	@echo '  make costs            what the theorems cost the solver, against what they did'
	@echo '  make mutation         the tool itself, changed in one place at a time, against its tests'
	@echo 'make kernel-test     import Linux from Debian'"'"'s sources, and compare: installs packages, needs 5 GB and minutes'

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
	@$(BIN)/modalloc verify $(wildcard spec/params/*.c) --expect

verify-linux: $(STAMP)
	@$(BIN)/modalloc verify spec/params/linux --expect

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

pages: $(STAMP) pictures
	@$(BIN)/python -m modalloc_model.properties.pages
	@$(BIN)/python -m proofs.found
	@$(BIN)/python -m proofs.cases
	@$(BIN)/python -m proofs.mutated_tables
	@$(BIN)/python -m proofs.load_bearing
	@$(BIN)/python -m proofs.theorem_pages
	@$(BIN)/python -m proofs.mutants --record
	@$(BIN)/python -m tests.readme --write

# The status of a trace that is found is 1.
STRICT := spec/params/mail-strict-separation.c
pictures: $(STAMP)
	@$(BIN)/modalloc show $(STRICT) --format svg --output spec/pictures/strict-separation.svg
	@$(BIN)/modalloc trace $(STRICT) --rule ROI004 --format svg --output spec/pictures/roi004.svg || test $$? -eq 1

records: $(STAMP)
	@$(BIN)/python -m proofs.fingerprints --write
	@$(BIN)/python -m proofs.resources --write
	@$(BIN)/python -m proofs.theorem_pages

deep: deep-tests second-opinions load-bearing ground-truth mutants costs mutation

deep-tests: $(STAMP)
	@HYPOTHESIS_PROFILE=deep $(BIN)/pytest -n auto --dist worksteal

second-opinions: $(STAMP)
	@$(BIN)/modalloc prove --solver z3,cvc5

load-bearing: $(STAMP)
	@$(BIN)/modalloc prove --load-bearing

ground-truth: $(STAMP)
	@$(BIN)/python -m proofs.ground_truth --tables 10000 --every 20

mutants: $(STAMP)
	@$(BIN)/python -m proofs.mutants --all

costs: $(STAMP)
	@$(BIN)/python -m proofs.resources --check

mutation: $(STAMP)
	@$(BIN)/python -m proofs.code_mutation build/mutation --page

kernel-test: $(STAMP)
	@tests/kernel/sources.sh build/kernels
	@MODALLOC_KERNELS=build/kernels $(BIN)/pytest -n 0 tests/kernel tests/readme

format: $(STAMP)
	@$(BIN)/ruff check --quiet --fix .
	@$(BIN)/ruff format --quiet .

clean:
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
