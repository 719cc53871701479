# The two commands of a newcomer are `make demo` and `make test`; `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VENV := .venv
PYTHON := $(VENV)/bin/python
VAR := var
TESTS := tools/tests
E2E := $(TESTS) tests/e2e --durations 10
SEED ?= 112
SECONDS_EACH ?= 60

.PHONY: help demo test check lint unit e2e accept fuzz bench docs lock setup setup-dev setup-fuzz clean

help: ## List the targets
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup:
	@tools/setup run

setup-dev:
	@tools/setup dev

setup-fuzz:
	@tools/setup fuzz

demo: setup ## Run a whole country on this machine, kill its sites, hang its gateways, and see who is lost
	@$(VENV)/bin/route112 demo --dir $(VAR)/demo

test: check ## Everything that must pass before a change is merged
	@echo "== end to end, with real components: three at a time, each in a network of its own"
	@$(E2E) -m "not alone and not slow" -n 3 --dist loadfile
	@echo "== end to end, under load: one after the other"
	@$(E2E) -m "alone and not slow"

check: setup-dev lint unit ## Format, lint, types, layers, tidiness, unit and property tests

lint: setup-dev
	@echo "== format and lint"
	@$(VENV)/bin/ruff format --check --quiet .
	@$(VENV)/bin/ruff check --quiet .
	@echo "== types"
	@$(VENV)/bin/mypy --no-error-summary
	@echo "== layers"
	@$(VENV)/bin/lint-imports --no-logo | tail -n 3

unit: setup-dev
	@echo "== unit, property, scenario and tidiness tests, with branch coverage"
	@rm -f $(VAR)/coverage*
	@mkdir -p $(VAR)
	@$(TESTS) tests --ignore=tests/e2e -n 2 --durations 15 \
		--cov --cov-report= --cov-config=pyproject.toml
	@$(PYTHON) tools/coverage_floor.py

e2e: setup-dev ## The long set: every key, every fault
	@$(E2E) -m "not alone and not slow" -n 3 --dist loadfile
	@$(E2E) -m "alone or slow"

accept: setup-dev ## Rewrite the golden transcripts; review the difference
	@$(PYTHON) tests/scenario/run.py --accept
	@git --no-pager diff --stat -- tests/scenario

fuzz: setup-fuzz ## Fuzz each reader for SECONDS_EACH seconds
	@$(PYTHON) tests/fuzz/run.py --seconds $(SECONDS_EACH)

bench: setup-dev ## Print each budget beside what this machine does
	@for file in benchmarks/*.py; do echo "== $$file"; $(PYTHON) $$file; done

docs: setup-dev ## Write docs/commands.md and the API document anew from the code
	@$(PYTHON) tools/commands.py
	@$(PYTHON) tools/planner_api.py

lock: setup-dev ## Write the pinned and hashed dependencies anew
	@tools/lock

clean: ## Remove what the other targets made
	rm -rf $(VENV) $(VAR) .mypy_cache .ruff_cache .import_linter_cache .hypothesis
