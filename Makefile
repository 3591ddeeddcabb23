# GNU make 3.81 (macOS) and later, any POSIX sh. `make` alone shows the menu.

# The first Python >= 3.11 that runs: version managers put commands on the PATH that only fail. Or: make PYTHON=...
PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3; do \
	"$$python" -c 'import sys; sys.version_info < (3, 11) and sys.exit(1); print(sys.executable)' 2>/dev/null && break; done)
WITH_PYTHON = python="$(PYTHON)"; test -n "$$python" || { \
	echo "Python 3.11 or newer is needed. Install one, or name it: make PYTHON=/path/to/python3.11" >&2; exit 1; };
IN_VENV := .venv/bin/python

# Modules are run with -m, not by their scripts: those name the interpreter by its path, and paths have spaces.
LINT_IMPORTS := -c 'from importlinter.cli import lint_imports_command as run; run()'

.DEFAULT_GOAL := help
.PHONY: help run demo test check lint types contracts format migrate bench fuzz faults lock clean venv venv-dev

help: ## this menu
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

# `exec` makes the service make's own child: Ctrl-C reaches both, make waits for the service to drain, and a TERM sent to
# make is passed on to it. Make stays silent as long as the service answers Ctrl-C with exit status 0; it prints
# "make: *** [run] Error 130" only for a service that ends with another.
run: venv ## start the service, with a database of its own
	@exec $(IN_VENV) -m app serve

demo: venv ## five conversations with the assistant, shown and checked; leaves nothing behind
	@exec $(IN_VENV) -m scripts.demo

# Much of a test is waiting (for a socket to close, a clock to run out): four at a time keep two cores busy.
test: check ## all checks, then all tests
	$(IN_VENV) -m pytest -n 4 --dist worksteal

check: lint types contracts ## formatting, lint, types, import contracts

lint: venv-dev ## formatting and lint
	$(IN_VENV) -m ruff format --check .
	$(IN_VENV) -m ruff check .

types: venv-dev ## mypy, strict
	$(IN_VENV) -m mypy

contracts: venv-dev ## who may import whom
	@$(IN_VENV) $(LINT_IMPORTS)

format: venv-dev ## format the code and mend what lint can mend
	$(IN_VENV) -m ruff check --fix-only .
	$(IN_VENV) -m ruff format .

migrate: venv ## bring the database's schema up to date
	$(IN_VENV) -m app migrate

bench: venv-dev ## measure
	$(IN_VENV) -m benchmarks

fuzz: venv-dev ## tests with long generated inputs
	$(IN_VENV) -m pytest -m fuzz

faults: venv-dev ## tests that kill, restart and cut off
	$(IN_VENV) -m pytest -m faults

LOCK = "$$tools/bin/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	--override requirements-overrides.txt

lock: ## pin requirements*.in anew, with hashes
	@$(WITH_PYTHON) tools=$$(mktemp -d) && trap 'rm -rf "$$tools"' EXIT && \
	"$$python" -m venv "$$tools" && "$$tools/bin/python" -m pip install --quiet --disable-pip-version-check uv && \
	$(LOCK) requirements.in -o requirements.txt && \
	$(LOCK) requirements-dev.in -o requirements-dev.txt

clean: ## remove .venv and caches; the data in .data stays
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .coverage
	find . \( -name .git -o -name .data \) -prune -o -type d -name __pycache__ -prune -exec rm -rf {} +

venv:
	@$(WITH_PYTHON) "$$python" scripts/venv.py run

venv-dev:
	@$(WITH_PYTHON) "$$python" scripts/venv.py dev
