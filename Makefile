# Postwarden: `make help` lists what can be made.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON := .venv/bin/python
POSTWARDEN := .venv/bin/postwarden
DEMO := build/demo
PATHS := src tests tools bench fuzz load

.PHONY: help setup demo test browser pictures check format lint types rules docs bench fuzz load crash clean servers

help:  ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## */\1|/' | awk -F'|' '{printf "  make %-8s %s\n", $$1, $$2}'

build/setup.stamp: pyproject.toml uv.lock tools/setup.sh
	@tools/setup.sh python
	@mkdir -p build && touch $@

setup: build/setup.stamp  ## set up .venv; the command is then .venv/bin/postwarden
	@$(POSTWARDEN) --version >/dev/null 2>&1 || tools/setup.sh python

# On a user's machine the tests may go on without servers, and say what did not run; in CI they may not.
servers:
	@tools/setup.sh servers || { [ -z "$$CI" ] && echo 'set-up: going on without servers; their tests will not run' >&2; }

demo: setup  ## an incident on a private Postfix and Dovecot, put right and judged, in two minutes
	@tools/demo.sh $(DEMO)

test: setup servers  ## every test, against real servers and real messages (under 10 minutes)
	@tools/setup.sh corpus
	@tools/setup.sh axe
	$(PYTHON) -m pytest -n 4 --dist worksteal -q

browser: setup servers  ## the whole console in a real browser: by mouse, by keyboard, every page
	@tools/setup.sh axe
	$(PYTHON) -m pytest -q tests/browser/test_*.py tests/browser/whole_*.py

pictures: setup servers  ## take the pictures of every page that the documentation shows
	$(PYTHON) -m pytest -q tests/browser/take_pictures.py

format: setup  ## rewrite the code in the house style
	$(PYTHON) -m ruff format $(PATHS)
	$(PYTHON) -m ruff check --fix $(PATHS)

lint: setup  ## format and style, without changing anything
	$(PYTHON) -m ruff format --check $(PATHS)
	$(PYTHON) -m ruff check $(PATHS)

types: setup  ## strict types
	$(PYTHON) -m mypy

rules: setup  ## which room may import which
	.venv/bin/lint-imports

docs: setup  ## generate the reference pages from the code
	$(PYTHON) tools/reference.py docs

check: lint types rules  ## all of what CI checks
	$(PYTHON) tools/reference.py --check docs
	$(PYTHON) tools/languages.py check
	$(MAKE) test

bench: setup  ## measure speed; writes build/bench.json
	@tools/setup.sh bench
	@tools/setup.sh corpus
	$(PYTHON) -m bench

load: setup  ## ask the console and the API fast, at 9 million accounts; writes build/load.json
	$(PYTHON) -m load

fuzz: setup  ## fuzz the readers; writes build/fuzz.json
	.venv/bin/uv sync --quiet --frozen --inexact --group fuzz
	$(PYTHON) -m fuzz

crash: setup servers  ## stop every act at its system calls; writes build/crash.json
	PYTHONPATH=tests:. $(PYTHON) -m crash
	PYTHONPATH=tests:. $(PYTHON) -m faults
	POSTWARDEN_EVERY_STATEMENT=1 $(PYTHON) -m pytest -q tests/crash/test_killed_on_postgresql.py
	POSTWARDEN_DRILL_STORE=mdbox $(PYTHON) -m pytest -q tests/drills/test_misdelivery_drill.py

clean:  ## remove everything that was generated, but not the environment
	rm -rf build .pytest_cache .mypy_cache .ruff_cache .hypothesis
