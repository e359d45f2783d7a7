# The menu. Every target sets up what it needs; nothing is installed outside .venv except by `servers` (it says so first).
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.PHONY: help demo test check proof bench format pin servers clean

help: ## show this menu
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

demo: $(VENV)/.demo ## a town with a month of history, in the browser and here (ARGS="--for 60s" ends by itself)
	@$(BIN)/citygate demo $(ARGS)

test: $(VENV)/.dev servers ## set everything up and run all tests but the long proofs
	@$(BIN)/python -m pytest -n 2 -m "not proof" $(ARGS)

check: $(VENV)/.dev ## format, lint, types, import contracts, spelling, generated pages
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/codespell
	@$(BIN)/cog -I . --check $$(git grep -lF '[[[cog' -- '*.md')

proof: $(VENV)/.dev servers ## the long proofs
	@$(BIN)/python -m pytest -m proof -o timeout=3600 -s $(ARGS)
	@$(BIN)/python -m tests.proofs --write README.md
	@$(BIN)/python -m tests.grafana --days 35.58 --write deploy/grafana/CHECKED.md --previews proof-results/previews

bench: $(VENV)/.dev servers ## measure; prints tables, changes nothing
	@$(BIN)/python -m tests.benchmarks $(ARGS)

format: $(VENV)/.dev ## format the code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

pin: $(VENV)/.tools ## pin dependencies again, by hash
	@cd requirements && for set in "tools.in -o tools.txt" "../pyproject.toml --extra demo -o demo.txt" \
	  "../pyproject.toml --all-extras dev.in tools.in -o dev.txt"; do \
	  ../$(BIN)/uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --no-header $$set; done

servers: ## the real servers that tests start (Debian, as root); never on their default ports
	@tests/install_servers.sh

clean: ## remove what the targets above have made
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

$(VENV)/.tools: requirements/tools.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Citygate needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1). Try: make $(MAKECMDGOALS) PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "Python lacks its venv module. On Debian: apt install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/tools.txt
	@touch $@

$(VENV)/.demo: $(VENV)/.tools requirements/demo.txt pyproject.toml
	@$(BIN)/uv pip install -q -p $(BIN)/python --require-hashes -r requirements/demo.txt
	@$(BIN)/uv pip install -q -p $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.tools requirements/dev.txt pyproject.toml
	@$(BIN)/uv pip install -q -p $(BIN)/python --require-hashes -r requirements/dev.txt
	@$(BIN)/uv pip install -q -p $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@
