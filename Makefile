# `make help` lists the targets. Every target sets up what it needs: an environment of its own in .venv, from
# requirements.lock, and again when that file or pyproject.toml changes.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# Where the demo goes, what pytest is told besides, and how large `bench-scale` is (small, full or a factor).
DIR ?=
PYTEST_ARGS ?=
SCALE ?= small
# Which other tools the benchmarks run beside this one (all, none, or names with commas), and options of a benchmark.
PEERS ?= none
ARGS ?=
LOCK_ARGS ?=

.PHONY: help demo test check docs lock bench-accuracy bench-speed bench-scale clean
.DEFAULT_GOAL := help

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: $(READY) ## build a small fictitious company and run the whole job on it (DIR=folder)
	@$(BIN)/privacy demo $(DIR)

test: $(READY) ## run the tests (PYTEST_ARGS=...); tests of absent database servers are skipped with their reason
	@$(BIN)/python -m pytest $(PYTEST_ARGS)

check: $(READY) ## lint, formatting, types, documents in step, licences, lock in step
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy --strict
	@$(BIN)/python scripts/docs.py --check
	@$(BIN)/python scripts/licences.py
	@$(BIN)/python scripts/lock.py --check

docs: $(READY) ## make the documents that are drawn from the code
	@$(BIN)/python scripts/docs.py

lock: $(READY) ## make requirements.lock again, with the versions it has where they fit (LOCK_ARGS=--upgrade: the newest)
	@$(BIN)/python scripts/lock.py $(LOCK_ARGS)

bench-accuracy: $(READY) ## precision and recall of detection (PEERS=all: beside other tools; ARGS=--write)
	@$(BIN)/python -m benchmarks.accuracy --peers $(PEERS) $(ARGS)
	@$(BIN)/python -m benchmarks.identifiers --columns 1
	@$(BIN)/python -m benchmarks.joins $(ARGS)

bench-speed: $(READY) ## time of a scan, as a ratio to reading the same cells
	@$(BIN)/python benchmarks/speed.py
	@$(BIN)/python -m benchmarks.speed_compared --peers $(PEERS) $(ARGS)

bench-scale: $(READY) ## 20 million rows, 2,000 tables, two processes, nothing changed (SCALE=small, full or 0.5; needs disk)
	@$(BIN)/python -m benchmarks.scale --scale $(SCALE) $(ARGS)

clean: ## remove the environment, caches, builds and the demo
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis privacy-demo
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# What is missing is named with the line that installs it; macOS and others read the same words for their own manager.
$(READY): requirements.lock pyproject.toml
	@command -v git >/dev/null || { echo "git is missing:  sudo apt-get install git" >&2; exit 1; }
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is missing:  sudo apt-get install python3 python3-venv" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' || { \
		echo "$(PYTHON) is `$(PYTHON) -V`; 3.11 to 3.14 will do. Debian 12 and later:  sudo apt-get install python3 python3-venv" >&2; \
		echo "or name another one:  make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "Python's venv is missing:  sudo apt-get install python3-venv" >&2; exit 1; }
	@echo "Setting up $(VENV) (once; a minute or two) ..." >&2
	@# An environment that an interrupted run left without pip is made anew.
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-compile --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $@
