# Encaisse. `make` lists what there is to do.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run refresh dagster test lint bench parity spark backtest coverage sample screenshots lock clean

# Where everything is kept, and what is shown on which port; each can be set on the command line.
ENCAISSE_HOME ?= data
EXTRACTS ?=
PORT ?= 8501
DAGSTER_PORT ?= 3000
PYTEST_ARGS ?=
run refresh dagster sample: export ENCAISSE_HOME := $(ENCAISSE_HOME)
dagster: export DAGSTER_PORT := $(DAGSTER_PORT)

# The first Python that is new enough: duckdb needs 3.11.
PYTHON ?= $(shell for each in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$each" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$each" && break; \
	done)

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SPARK_READY := $(VENV)/.spark-ready
PIP := $(BIN)/python -m pip install --disable-pip-version-check --root-user-action ignore

help: ## This list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  make run EXTRACTS=folder   shows your own ledger (FEC, or tables) instead of the sample"

run: refresh ## See the figures in a browser; a sample company until you name your own EXTRACTS
	@echo
	@echo "Encaisse: http://127.0.0.1:$(PORT)  (Ctrl-C ends it)"
	@exec $(BIN)/streamlit run dashboards/streamlit_app.py \
		--server.address 127.0.0.1 --server.port $(PORT) --server.headless true >/dev/null

refresh: $(READY) ## Read the extracts and publish the figures, without the app
	@if [ -z "$(EXTRACTS)" ] && [ ! -e "$(ENCAISSE_HOME)/CURRENT" ] \
			&& [ -z "$$(ls -A "$(ENCAISSE_HOME)/extracts" 2>/dev/null)" ]; then \
		$(BIN)/encaisse sample --out "$(ENCAISSE_HOME)/extracts"; \
	fi
	@$(BIN)/encaisse refresh $(if $(EXTRACTS),--extracts "$(EXTRACTS)")

dagster: $(READY) ## Dagster's UI, the daily refresh and the watch on the extracts
	@exec $(BIN)/python -m pipelines.instance

# Spark is half a gigabyte: its tests run where it was asked for, or where nothing may be skipped.
test: lint $(if $(filter 1,$(ENCAISSE_REQUIRE_ALL)),$(SPARK_READY)) ## Everything a contributor needs to know before sharing a change
	@$(BIN)/pytest -n auto $(PYTEST_ARGS)

lint: $(READY) ## Style, types, and who imports whom
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy --no-error-summary
	@said=$$($(BIN)/lint-imports --no-logo) || { echo "$$said"; exit 1; }

bench: $(READY) ## Measure speed against named rivals; takes a while
	@$(BIN)/python -m benchmarks

spark: $(SPARK_READY) ## Install Spark too, for `encaisse refresh --engine spark`; needs Java 17

parity: $(SPARK_READY) ## The same refresh on DuckDB and on Spark: equal? how long? ITEMS=500000 MASTER=cluster MEMORY=3g ONLY=tables
	@$(BIN)/python -m tests.pipelines.parity --items $(or $(ITEMS),15000) \
		--master $(or $(MASTER),local[2]) --memory $(or $(MEMORY),1g) \
		--work $(ENCAISSE_HOME)/parity $(if $(ONLY),--$(ONLY))

backtest: $(READY) ## How right the forecasts are, on the sample and on reference data: docs/backtests.md
	@$(BIN)/python -m pipelines.backtests

coverage: $(READY) ## How often the intervals hold, on sixty invented firms; takes hours
	@$(BIN)/python -m pipelines.backtests coverage

sample: $(READY) ## Make the sample company's extracts anew
	@$(BIN)/encaisse sample --out "$(ENCAISSE_HOME)/extracts"

screenshots: $(READY) ## Take the pictures of the README from the running app
	@$(BIN)/python -m docs.screenshots

lock: ## Choose the versions anew; needs uv
	@uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
		--no-strip-extras --no-emit-index-url --no-header --upgrade --quiet -o requirements.lock
	@uv pip compile --group spark --constraint requirements.lock --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-header --upgrade --quiet -o requirements-spark.lock

clean: ## Remove what can be made again; never the data
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis *.egg-info
	@find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

# The environment, exactly as locked, and made anew only when the lock changes.
$(READY): requirements.lock
	@if [ -z "$(PYTHON)" ]; then \
		echo "Encaisse needs Python 3.11 or newer, and found none." >&2; \
		echo "  fix:   install it (Debian: apt install python3 python3-venv), or name it: make PYTHON=..." >&2; \
		exit 1; \
	fi
	@$(PYTHON) -m venv $(VENV) || { \
		echo "  fix:   install the venv module (Debian: apt install python3-venv)" >&2; exit 1; }
	@echo "Making the environment, once: about 150 packages, a minute or two"
	@$(PIP) --require-hashes -r requirements.lock 2>&1 | tee $(VENV)/pip.log | awk \
			-v terminal="$$(test -t 1 && echo yes)" \
			'terminal && /^(Collecting|Requirement already)/ { printf "\r  %d found", ++n } \
			terminal && /^Installing/ { printf ", installing them" } \
			{ fflush() } END { if (terminal) print "" }' \
		|| { tail -n 20 $(VENV)/pip.log >&2; exit 1; }
	@$(PIP) --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(SPARK_READY): requirements-spark.lock $(READY)
	@$(PIP) --quiet --require-hashes -r requirements-spark.lock
	@touch $@
