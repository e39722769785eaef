# Every target brings its own .venv up to date first; nothing has to be installed but Python 3.11 or newer.
# Bare `make` prints what can be asked for.

.DEFAULT_GOAL := help
.PHONY: help demo test check bench simulate docs pictures lock

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

help: ## print this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

demo: $(READY) ## start the whole service with a shop's worth of made-up cases
	@$(BIN)/amends demo

test: $(READY) ## run every test
	@$(BIN)/pytest -n 2

check: $(READY) ## lint, format, types, import order, shipped policies
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/amends policy check

bench: $(READY) ## measure this machine: commands a second, latencies
	@$(BIN)/amends bench

simulate: $(READY) ## five thousand seeded lives of a marketplace, with every invariant watched
	@$(BIN)/python -m tests.simulation --seeds 5000

docs: $(READY) ## write docs/reference anew from the code
	@$(BIN)/python -m docs.generate

pictures: $(READY) ## take docs/pictures anew from the demo, with Chromium
	@$(BIN)/python -m docs.pictures

lock: ## choose the newest allowed versions again: requirements.lock
	uv pip compile pyproject.toml --extra ocr --group dev --universal --python-version 3.11 --generate-hashes --no-annotate \
	    --upgrade --quiet --output-file requirements.lock

# A uv on the PATH is used as it is; otherwise one is put into the project's own .venv.
$(READY): pyproject.toml requirements.lock
	@if command -v uv >/dev/null 2>&1; then \
	    test -x $(BIN)/python || uv venv --quiet --python "$$(command -v $(PYTHON))" .venv; \
	else \
	    test -x $(BIN)/pip || $(PYTHON) -m venv .venv; \
	    $(BIN)/pip install --quiet uv; \
	fi
	@export PATH="$(CURDIR)/$(BIN):$$PATH"; \
	    uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock && \
	    uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $(READY)
