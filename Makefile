# `make` explains itself; `make demo` and `make test` are all a newcomer needs.
.DEFAULT_GOAL := help
.PHONY: help setup setup-dev demo test check bench compare vendor lock messages catalogues clean

PYTHON ?= $(shell command -v python3.11 || command -v python3 || echo python3)
VENV := .venv/bin
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard locale/*/LC_MESSAGES/*.po))
COMPILE := uv pip compile --quiet --no-header --no-annotate --no-emit-index-url --generate-hashes --python-version 3.11
# Tools that only read the code start no server, and never look at the demo's database.
READING := FIELDSERVICE_CLUSTER=test FIELDSERVICE_SERVERS=off
WORKERS ?= auto
# What Python compiles is kept, whatever the shell says: the demo starts a dozen processes of the same modules.
unexport PYTHONDONTWRITEBYTECODE

help: ## this list
	@echo "Fieldservice: from a service request to a rated, invoiced visit. Start with: make demo"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## virtual environment in .venv with the locked dependencies; starts nothing
	@$(PYTHON) scripts/setup.py requirements.lock

setup-dev:
	@$(PYTHON) scripts/setup.py requirements-dev.lock

demo: setup ## everything, running, with data: http://127.0.0.1:8000 (DEMO_PORT=8001 changes it)
	@$(MAKE) --no-print-directory catalogues
	@exec $(VENV)/python -m fieldservice.runtime.demo

test: setup-dev ## the whole suite on real servers, in parallel (ARGS="-k name" chooses)
	@$(MAKE) --no-print-directory catalogues
	@$(VENV)/pytest -n $(WORKERS) --dist worksteal $(ARGS)

check: setup-dev ## lint, format, types, import contracts, migrations, generated pages
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .
	$(READING) $(VENV)/mypy .
	$(VENV)/lint-imports
	FIELDSERVICE_CLUSTER=test $(VENV)/python manage.py makemigrations --check --dry-run
	FIELDSERVICE_CLUSTER=test $(VENV)/python manage.py check --fail-level WARNING
	$(READING) $(VENV)/python manage.py docs --check
	$(READING) $(VENV)/python manage.py make_messages --check

bench: setup-dev ## measured speed, as JSON lines (ARGS="mail timers" chooses)
	@$(VENV)/python -m bench $(ARGS)

compare: ## the optimiser beside VROOM, PyVRP and OR-Tools (ARGS="200/25 own vroom" chooses)
	@test -x .data/compare/bin/python || $(PYTHON) -m venv .data/compare
	@.data/compare/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-compare.lock
	@.data/compare/bin/python -m bench.compare $(ARGS)

vendor: setup ## fetch the front-end files again (needs npm)
	$(VENV)/python scripts/vendor.py

lock: setup ## write the lock files again from pyproject.toml (UPGRADE=--upgrade: newest versions)
	$(VENV)/$(COMPILE) $(UPGRADE) pyproject.toml --extra embedded -o requirements.lock
	$(VENV)/$(COMPILE) $(UPGRADE) pyproject.toml --extra embedded --extra dev -c requirements.lock -o requirements-dev.lock
	$(VENV)/$(COMPILE) $(UPGRADE) pyproject.toml --extra compare -c requirements.lock -o requirements-compare.lock
	echo uv | $(VENV)/$(COMPILE) $(UPGRADE) - -o requirements-tools.lock
	@! grep -nE 'https?:' requirements*.lock || { echo "A lock names a registry; do not commit it."; exit 1; }

messages: setup ## collect the texts to translate, and compile the translations
	$(READING) $(VENV)/python manage.py make_messages
	$(READING) $(VENV)/python manage.py compile_messages

clean: ## remove caches and all data, unless something runs on it
	@$(firstword $(wildcard $(VENV)/python) $(PYTHON)) -m fieldservice.runtime.clean

catalogues: $(CATALOGUES)
	@:

%.mo: %.po
	@$(READING) $(VENV)/python manage.py compile_messages
