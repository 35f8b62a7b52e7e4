# Everything here works on a fresh machine with Python 3.11+ and make; `make help` explains each target.
.DEFAULT_GOAL := help
.PHONY: help run test campaign fuzz lint lock flood attack audit sbom secrets bench bench-audit reading openapi migration clean
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
JOBS ?= 3
# Tests start hundreds of processes, and import hundreds of files: what was compiled once is kept, whatever a shell says.
unexport PYTHONDONTWRITEBYTECODE
# The first Python that is new enough; override with PYTHON=...
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)

help: ## List the targets
	@echo "Maraude: closed-loop referrals and pathway metrics for street-outreach patrols."
	@echo
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

run: $(VENV)/.run-stamp $(BIN)/maraude ## Migrate, load the demo city into an empty database, serve on loopback
	@$(BIN)/maraude migrate
	@$(BIN)/maraude demo --if-empty
	@exec $(BIN)/maraude serve

test: $(VENV)/.dev-stamp ## Run all tests, on SQLite and on a private PostgreSQL; ARGS="tests/unit -k slips" narrows
	@$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)

campaign: $(VENV)/.dev-stamp ## Try at length what tests try shortly: fifty times the examples, a death at each statement; hours
	@HYPOTHESIS_PROFILE=long SNAPSHOT_STEP=1 $(BIN)/python -m pytest -n $(JOBS) --dist loadfile tests/properties tests/faults $(ARGS)

fuzz: $(VENV)/.dev-stamp ## Explore the whole API with all phases of Schemathesis, and send canaries everywhere, at length
	@FUZZ_EXAMPLES=100 CANARY_ROUNDS=5 $(BIN)/python -m pytest -s tests/contract/test_schemathesis.py tests/hostile $(ARGS)

lint: $(VENV)/.dev-stamp ## Check style, types and the direction of imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

audit: $(VENV)/.dev-stamp ## Look every locked package up in the published advisories; what could not be looked up fails
	@$(BIN)/python -m supply.audit $(ARGS)

sbom: $(VENV)/.dev-stamp ## Write dist/maraude.cdx.json: the packages the image runs, CycloneDX, the same bytes each time
	@mkdir -p dist
	@$(BIN)/python -m supply.sbom > dist/maraude.cdx.json.new && mv dist/maraude.cdx.json.new dist/maraude.cdx.json

secrets: $(VENV)/.dev-stamp ## Look for keys and passwords in the tracked files; ARGS=--accept lists what is none
	@$(BIN)/python -m supply.leaks $(ARGS)

bench: $(VENV)/.dev-stamp ## Measure ingest against the raw driver and a naive endpoint; writes bench/results/
	@$(BIN)/python -m bench.ingest $(ARGS)

bench-audit: $(VENV)/.dev-stamp ## Measure what the log of acts costs, and how soon a revocation holds; ARGS=--quick
	@$(BIN)/python -m bench.audit $(ARGS)

reading: $(VENV)/.dev-stamp ## Measure how soon figures answer, beside plain SQL and DuckDB; ARGS="--sizes 100000"
	@$(BIN)/python -m bench.reading $(ARGS)

attack: $(VENV)/.dev-stamp ## Attack the protection of releases as a strong attacker would; prints accuracy and error
	@$(BIN)/python -m tests.attack $(ARGS)

flood: $(VENV)/.dev-stamp ## Send a gigabyte where a body is read, and print what the service held in memory
	@LARGE_BODY_MB=1000 $(BIN)/python -m pytest -q -s tests/faults/test_large_requests.py

openapi: $(VENV)/.dev-stamp $(BIN)/maraude ## Rebuild the frozen API document, openapi/v1.json
	@$(BIN)/maraude openapi > openapi/v1.json.new && mv openapi/v1.json.new openapi/v1.json

migration: $(VENV)/.dev-stamp ## Write the next migration from what the tables have become: m="what changes"
	@test -n "$(m)" || { echo 'Say what changes: make migration m="Add the plan"' >&2; exit 1; }
	@$(BIN)/python -m tests.migrations.new "$(m)"

lock: ## Pin all dependencies anew, with hashes; ARGS=--upgrade takes the newest
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed." >&2; exit 1; }
	@tools=$$(mktemp -d) && trap 'rm -rf "$$tools"' EXIT && $(PYTHON) -m venv "$$tools" && \
	"$$tools/bin/pip" install --quiet --disable-pip-version-check uv && \
	compile() { "$$tools/bin/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-header --no-annotate $(ARGS) "$$@"; } && \
	cd requirements && compile dev.in -o dev.txt && \
	for set in run build; do compile $$set.in -c dev.txt -o $$set.txt || exit 1; done # what runs is what was tested
	@! grep -nE '://|index-url|find-links|file:' requirements/*.txt

clean: ## Remove the environment and caches; your data in var/ stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed (Debian: apt install python3 python3-venv)." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "$(PYTHON) lacks its venv module (Debian: apt install python3-venv)." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run-stamp: requirements/run.txt | $(BIN)/python
	@echo "Installing what the service needs..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

$(VENV)/.dev-stamp: requirements/dev.txt | $(BIN)/python
	@echo "Installing what the service and its tests need..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $(VENV)/.run-stamp $@

# The console script of a clone; an installed wheel brings its own.
$(BIN)/maraude: Makefile | $(BIN)/python
	@printf '#!/bin/sh\ncd "%s" && exec "%s/$(BIN)/python" -m app.cli "$$@"\n' "$(CURDIR)" "$(CURDIR)" > $@
	@chmod +x $@
