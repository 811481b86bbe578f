# Two commands matter: `make run` shows the main job on pretend vendors, `make test` proves it.
# Each sets up what it needs in .venv; Python 3.11+ with venv, make and a package index are enough.
# Words for the command itself go into ARGS: make -s run ARGS=--json

VENV := .venv
PY   := $(VENV)/bin/python
ARGS ?=
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$python" && break; done)

# uv is quicker where it is at hand, but does not read pip's configuration (an index of your own, say): pip has the last word.
# A lock names everything, so nothing is resolved anew: pip 23 stumbles over `coverage[toml]` once a newer one is out.
# xero-python comes as source alone, so what builds it is locked and installed first and nothing is built in isolation.
install = { uv pip install --quiet --python $(PY) --no-build-isolation $(1) 2>/dev/null \
	|| $(PY) -m pip install -qq --disable-pip-version-check --no-build-isolation $(1); } >&2

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
.PHONY: help run demo test lint types contracts coverage kills simulate mutants clients bench faults size docs lock clean

help:  ## say what there is to make
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | awk -F '\t' '{ printf "  make %-10s %s\n", $$1, $$2 }'

run: $(VENV)/.ok-run  ## one run of the main job on an embedded sandbox of both vendors, and what happened
	@$(PY) -m sync_worker demo --once $(ARGS)

demo: $(VENV)/.ok-run  ## the same as a daemon, until Ctrl-C
	@$(PY) -m sync_worker demo $(ARGS)

test: $(VENV)/.ok-dev  ## all tests
	@$(PY) -m pytest -q -n auto --maxprocesses 4 $(ARGS)

lint: $(VENV)/.ok-dev  ## the style of the code and of the Dockerfile
	@$(PY) -m ruff check $(ARGS)
	@$(PY) -m ruff format --check
	@$(VENV)/bin/hadolint Dockerfile

types: $(VENV)/.ok-dev  ## mypy, strict
	@$(PY) -m mypy $(ARGS)

contracts: $(VENV)/.ok-dev  ## which room may import which
	@$(VENV)/bin/lint-imports $(ARGS)

coverage: $(VENV)/.ok-dev  ## no branch of the processes, the journal and the payloads is left untried, or it is said why
	@$(PY) -m tests.branches $(ARGS)

kills: $(VENV)/.ok-dev  ## real daemons, and the commands on batches, killed at every moment there is: nothing doubled, nothing lost
	@$(PY) -m tests.kills $(ARGS)

simulate: $(VENV)/.ok-dev  ## every moment at which it may die, and 20,000 random lives on virtual time
	@$(PY) -m tests.simulation $(if $(SEEDS),--seeds $(SEEDS)) $(ARGS)

mutants: $(VENV)/.ok-dev  ## each safety rule taken out of the code once: a named test must notice
	@$(PY) -m tests.mutants $(ARGS)

# Node 20 and npm are for this one alone; where they are missing each test says so and is skipped.
clients: $(VENV)/.ok-dev  ## public clients (jsforce, the sf command line) against the sandbox, in real processes
	@for each in $(dir $(wildcard tests/clients/package.json tests/clients/*/package.json)); do \
		[ $$each/node_modules/.package-lock.json -nt $$each/package-lock.json ] || ! command -v npm >/dev/null \
			|| npm ci --prefix $$each --no-audit --no-fund --loglevel=error >&2 || true; done
	@$(PY) -m pytest -q -m clients $(ARGS) tests/clients

bench: $(VENV)/.ok-dev  ## how many calls 1,000 invoices cost, and 1,000 bills with their papers
	@$(PY) -m tests.bench.calls $(ARGS)

faults: $(VENV)/.ok-dev  ## 10,000 invoices with a fault in 5 % of all calls: clean, and how many calls more
	@$(PY) -m tests.bench.faults $(ARGS)

size: $(VENV)/.ok-dev  ## how much memory 100,000 invoices take
	@$(PY) -m tests.bench.size $(ARGS)

docs: $(VENV)/.ok-dev  ## write the generated pages of docs/ anew
	@$(PY) -m docs.generate $(ARGS)

# Each lock is bound by those before it, so that all three fit into one venv. ARGS=--upgrade takes newer versions.
compile = $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras \
	--custom-compile-command 'make lock' $(ARGS)
lock: $(VENV)/.ok-dev  ## write requirements/*.txt anew from pyproject.toml
	@$(compile) --group build -o requirements/build.txt
	@$(compile) pyproject.toml -c requirements/build.txt -o requirements/runtime.txt
	@$(compile) pyproject.toml --group dev -c requirements/build.txt -c requirements/runtime.txt -o requirements/dev.txt

clean:  ## remove the venv and every cache; journals in var/ stay
	rm -rf $(VENV) build dist .coverage htmlcov .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

# The venv's stamps. A venv knows its own place: one that was copied or moved with the tree is made anew.
ifneq ($(shell cat $(VENV)/.ok-venv 2>/dev/null),$(CURDIR))
.PHONY: $(VENV)/.ok-venv
endif
$(VENV)/.ok-venv: requirements/build.txt
	@test -n '$(PYTHON)' || { echo 'sync-worker needs Python 3.11 or newer; name one: make PYTHON=/path/to/python3.11' >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo '$(PYTHON) is not Python 3.11 or newer; name one that is: make PYTHON=/path/to/python3.11' >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
		|| { echo '$(PYTHON) lacks the venv module; on Debian and Ubuntu: apt-get install python3-venv' >&2; exit 2; }
	@echo 'setting up $(VENV); this happens once' >&2
	@if [ -s $@ ]; then $(PYTHON) -m venv --clear $(VENV); else $(PYTHON) -m venv $(VENV); fi >&2
	@$(call install,--require-hashes --no-deps -r requirements/build.txt)
	@echo '$(CURDIR)' > $@

$(VENV)/.ok-run: $(VENV)/.ok-venv requirements/runtime.txt pyproject.toml
	@$(call install,--require-hashes --no-deps -r requirements/runtime.txt)
	@$(call install,--no-deps -e .)
	@touch $@

$(VENV)/.ok-dev: $(VENV)/.ok-run requirements/dev.txt
	@$(call install,--require-hashes --no-deps -r requirements/dev.txt)
	@touch $@
