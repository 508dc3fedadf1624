# `make` lists the targets. PYTHON chooses the interpreter for the first set-up (3.11 or later).
PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
UV := $(BIN)/uv

.DEFAULT_GOAL := help
.PHONY: help demo serve test load browser services e2e fuzz lint format types docs readme bench bench-scale load-serve bench-overhead bench-compare bench-detection bench-under-load bench-suite bench-memory bench-endurance matrix pins clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## *(.*)/  make \1|\2/' | column -t -s '|'

demo: $(INSTALLED)  ## the naive and the tuned order list, requested over HTTP, and their reports
	@$(BIN)/python example_project/demo.py

serve: $(INSTALLED)  ## the orders API on http://127.0.0.1:8000/, with data; PORT=... takes another
	@$(BIN)/python example_project/demo.py --serve --port $(PORT)

test: $(INSTALLED)  ## the tests of the library and of the orders API
	@$(BIN)/python -m pytest -q -n auto
	@cd example_project && ../$(BIN)/python -m pytest -q -n auto

services: $(INSTALLED)  ## the tests that need a database server, on PostgreSQL and MariaDB
	@$(BIN)/python -m tests.services

e2e: $(INSTALLED)  ## the orders API over HTTP: gunicorn and uvicorn, SQLite and PostgreSQL
	@cd example_project && ../$(BIN)/python -m e2e

fuzz: $(VENV)/.lint  ## the orders API against its own schemas, with made-up requests
	@cd example_project && ../$(BIN)/python -m pytest -q api/tests/fuzz_schema.py

load: $(VENV)/.load  ## the tests of the locust plugin and of the load benchmarks
	@$(BIN)/python -m pytest -q tests/integrations tests/load tests/test_connections.py

browser: $(VENV)/.browser tests/browser/node_modules  ## the dashboard in Chromium; UPDATE_SCREENSHOTS=1 takes the pictures of docs/ anew
	@$(BIN)/python -m pytest -q -rs tests/browser/browse_dashboard.py tests/browser/browse_badge.py tests/browser/browse_pictures.py

lint: $(VENV)/.lint  ## ruff: rules and format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

format: $(VENV)/.lint  ## let ruff rewrite
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

types: $(VENV)/.lint  ## mypy, strict, on the library
	@$(BIN)/mypy --strict nplusone_guard

docs: $(VENV)/.docs  ## the documentation, warnings as errors
	@$(BIN)/sphinx-build -q -W --keep-going docs docs/_build/html
	@echo "docs/_build/html/index.html"

readme: $(INSTALLED)  ## take the README's block of output and the picture of a report anew
	@$(BIN)/python docs/refresh.py

bench: $(VENV)/.load  ## what an N+1 costs under load: SQLite; DATABASE_URL=postgres://... with a network
	@$(BIN)/python -m benchmarks.load bench

bench-scale: $(VENV)/.load  ## the same by rows of a page and by users at a time
	@$(BIN)/python -m benchmarks.load scale

load-serve: $(VENV)/.load  ## the orders API with data, to be driven by locust by hand
	@$(BIN)/python -m benchmarks.load serve

bench-overhead: $(INSTALLED)  ## what the guard costs, as ratios to nothing
	@$(BIN)/python benchmarks/overhead.py

bench-compare: $(VENV)/.lint  ## what the guard costs next to other tools; writes the tables of README and docs
	@$(BIN)/python benchmarks/compare.py

bench-detection: $(VENV)/.lint  ## what other tools find of our situations; writes the tables of README and docs
	@$(BIN)/python benchmarks/detection.py

bench-under-load: $(INSTALLED)  ## 64 users, SQLite and PostgreSQL: lost or mixed requests, leaks, throughput
	@$(BIN)/python benchmarks/under_load.py

bench-suite: $(INSTALLED)  ## what --query-guard=report costs a test suite, as a ratio
	@$(BIN)/python benchmarks/suite.py

bench-memory: $(INSTALLED)  ## what a trace of 1,000, 10,000 and 100,000 queries holds
	@$(BIN)/python benchmarks/memory.py

bench-endurance: $(INSTALLED)  ## 200,000 requests in one process: memory flat, no trace left open (10 minutes)
	@$(BIN)/python benchmarks/endurance.py

matrix: $(VENV)/.lint  ## the tests on each supported pair of Python and Django
	@$(BIN)/nox -q

pins: $(INSTALLED)  ## compile requirements/ from pyproject.toml anew
	@$(BIN)/pip install -q uv
	@for group in dev ci docs example load browser; do \
	  $(UV) pip compile -q --upgrade --universal --python-version 3.11 --no-emit-index-url \
	    --no-header --no-annotate pyproject.toml --group $$group -o requirements/$$group.txt \
	    $$([ $$group = dev ] || echo -c requirements/dev.txt); done

clean:  ## take away what the other targets made
	@rm -rf $(VENV) .nox docs/_build build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis example_project/var benchmarks/results

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "make: $(PYTHON) is missing or older than Python 3.11; try make PYTHON=python3.13"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "make: $(PYTHON) has no venv module (on Debian: apt install python3-venv)"; exit 1; }
	@echo "make: creating $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(INSTALLED): requirements/dev.txt pyproject.toml | $(BIN)/python
	@echo "make: installing requirements/dev.txt and nplusone_guard into $(VENV)"
	@$(BIN)/pip install -q --disable-pip-version-check -r requirements/dev.txt
	@$(BIN)/pip install -q --disable-pip-version-check --no-deps -e .
	@touch $@

$(VENV)/.lint: requirements/ci.txt $(INSTALLED)
	@echo "make: installing requirements/ci.txt into $(VENV)"
	@$(BIN)/pip install -q --disable-pip-version-check -r requirements/ci.txt
	@touch $@

$(VENV)/.load: requirements/load.txt $(INSTALLED)
	@echo "make: installing requirements/load.txt into $(VENV)"
	@$(BIN)/pip install -q --disable-pip-version-check -r requirements/load.txt
	@touch $@

$(VENV)/.docs: requirements/docs.txt $(INSTALLED)
	@echo "make: installing requirements/docs.txt into $(VENV)"
	@$(BIN)/pip install -q --disable-pip-version-check -r requirements/docs.txt
	@touch $@

$(VENV)/.browser: requirements/browser.txt $(INSTALLED)
	@echo "make: installing requirements/browser.txt into $(VENV)"
	@$(BIN)/pip install -q --disable-pip-version-check -r requirements/browser.txt
	@touch $@

# Without npm, the tests say so.
tests/browser/node_modules: tests/browser/package-lock.json
	@echo "make: installing axe-core from npm into $@"
	@cd tests/browser && if command -v npm >/dev/null; then npm ci --silent --no-audit --no-fund; fi
	@if [ -d $@ ]; then touch $@; fi
