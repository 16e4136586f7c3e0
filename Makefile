# `make` lists the targets. demo and test need nothing before them: they make .venv and install what they use.

PYTHON := .venv/bin/python
PIP := $(PYTHON) -m pip --disable-pip-version-check

# Where PyTorch keeps its CPU builds; PyPI's Linux wheel brings several GB of CUDA along. Only torch itself is looked
# up there, and where the index cannot be reached the wheel comes from the sources that pip is set up with.
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu

# One thread: with more the tiny models of tests and demo are many times slower. Nothing is fetched from a hub.
export OMP_NUM_THREADS := 1
export HF_HUB_OFFLINE := 1

.DEFAULT_GOAL := help
.PHONY: help demo test lint format schemas reports pictures faults bench torture check regression

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: .venv/.trl ## train a tiny model with TRL's GRPOTrainer, record it in runs/, render the report
	$(PYTHON) -m grpolog demo

test: .venv/.dev ## run the tests
	$(PYTHON) -m pytest --numprocesses logical --maxprocesses 4 --dist loadscope

lint: .venv/.dev ## ruff, mypy, the import staircase, schemas as the models say
	$(PYTHON) -m ruff check
	$(PYTHON) -m ruff format --check
	$(PYTHON) -m mypy
	.venv/bin/lint-imports
	$(PYTHON) -m grpolog.events.json_schema build/schemas
	$(PYTHON) -m grpolog.report.json_schema build
	@diff -ru schemas/v1 build/schemas && for name in report comparison; do \
	  diff -u schemas/$$name-v1.schema.json build/$$name-v1.schema.json || exit 1; done || \
	  { echo 'schemas/ is out of date: run `make schemas`'; exit 1; }

format: .venv/.dev ## format the code and sort its imports
	$(PYTHON) -m ruff check --fix
	$(PYTHON) -m ruff format

schemas: .venv/.dev ## write schemas/ from the event models and the report model
	$(PYTHON) -m grpolog.events.json_schema schemas/v1
	$(PYTHON) -m grpolog.report.json_schema schemas

reports: .venv/.dev ## render the gallery in reports/ from recorded runs
	$(PYTHON) reports/gallery.py

pictures: .venv/.dev ## the same, and the pictures of its pages; needs Chromium
	$(PYTHON) reports/gallery.py --pictures

faults: .venv/.trl ## train tiny runs with an injected fault each, and healthy ones, into build/faults; ten minutes
	$(PYTHON) benchmarks/faults

bench: .venv/.dev ## measure what recording and reading cost, and what detection finds in the runs of make faults
	@ls benchmarks/*.py > /dev/null 2>&1 || { echo 'benchmarks/ holds no script to run'; exit 1; }
	@set -e; for script in benchmarks/[a-z]*.py benchmarks/faults/score.py; do echo "== $$script"; $(PYTHON) "$$script"; done

regression: .venv/.dev ## whether recording or reading has become twice as slow, against the plainest way to do it
	$(PYTHON) benchmarks/regression.py

torture: .venv/.dev ## break recording in every way that training runs break, and look for what is lost
	$(PYTHON) -m benchmarks.torture --save

check: lint test regression ## lint, test, and look whether it has become slow

.venv/bin/python:
	@for python in python3.11 python3.12 python3.13 python3.14 python3; do \
	  if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null; then \
	    echo "making .venv with $$python"; "$$python" -m venv .venv && exit 0; rm -rf .venv; \
	  fi; \
	done; \
	echo 'no working Python 3.11 or newer (tried python3.11 to python3.14 and python3)' >&2; exit 1

.venv/.torch: constraints.txt | .venv/bin/python
	$(PIP) install --no-deps --retries 0 --timeout 10 --extra-index-url $(TORCH_INDEX) -c constraints.txt torch
	@touch $@

.venv/.trl: pyproject.toml constraints.txt .venv/.torch
	$(PIP) install -c constraints.txt -e '.[trl]'
	@touch $@

# dev includes trl
.venv/.dev: pyproject.toml constraints.txt .venv/.torch
	$(PIP) install -c constraints.txt -e '.[dev]'
	@touch .venv/.trl $@
