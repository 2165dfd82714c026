# einvoice: `make run` shows the main job on samples/, `make test` runs all tests; both set up first.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.set-up

.PHONY: run test check bench conformance faults fingerprints browser docs setup lock assets clean

setup: $(STAMP)

$(STAMP): pyproject.toml requirements.txt deploy/setup.sh
	@sh deploy/setup.sh "$(PYTHON)" "$(VENV)"
	@touch $(STAMP)

run: setup
	@sh deploy/demo.sh demo

test: setup
	@$(BIN)/python -m pytest

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m tests.docs_in_step
	$(BIN)/python -m pytest

conformance: setup
	$(BIN)/python -m tests.conformance
	$(BIN)/python -m tests.conformance.conversions

faults: setup
	$(BIN)/python -m tests.faults

fingerprints: setup
	$(BIN)/python -m tests.conformance.fingerprints --write

browser: setup
	EINVOICE_FULL=1 $(BIN)/python -m pytest -n 2 tests/interfaces/web

bench: setup
	$(BIN)/python -m benchmarks

docs: setup
	$(BIN)/python -m tests.docs_in_step --write

assets: setup
	$(BIN)/python deploy/assets.py

lock: setup
	$(BIN)/python deploy/lock.py

clean:
	rm -rf $(VENV) demo .conformance .faults
