# Every target works from a fresh clone: it needs Python >= 3.10 and a package index.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
UV_VERSION := 0.13.9
COMPILE = $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.10 --generate-hashes \
    --no-strip-extras --no-emit-index-url --no-header
SEEDS ?= 10000
FORTNIGHTS ?= 100
RUNTIME ?= python3.10
MUTANTS_AT_ONCE ?= 2

SMALL_PROGRAMS := ali-ops aliyun-sdk lepak ops-mcp sqnethelper
LARGE_PROGRAMS := ansible prowler ray scoutsuite

# Install what a file pins. pip is silent for up to a minute, so print a line first.
define install
@echo "installing the $$(grep -c '^[a-z].*==' $(1)) packages of $(1) into $(VENV): up to a minute"
@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r $(1)
endef

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-all simulate fuzz mutate package schemas pictures promises clients small-programs programs remote answers bench check format lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.ready ## build .venv from the pinned requirements

$(VENV)/.ready: requirements.txt requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or newer is needed: make PYTHON=/path/to/python3")'
	@echo "setup: making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV)
	$(call install,requirements-dev.txt)
	@touch $@
	@echo "setup: done; for python -m local in this shell: . $(VENV)/bin/activate"

demo: setup ## a business day and a worked Saturday, emulated
	@$(PY) -m local demo

# Every worker rewrites the asserts of all modules unless Python may keep its bytecode.
test test-all: export PYTHONDONTWRITEBYTECODE =

test: setup ## run all but the slow tests: a minute and a half on two cores
	$(PY) -m pytest -n auto --dist worksteal -m "not slow"

test-all: setup ## run all tests and require 95 % branch coverage; takes minutes
	$(PY) -m pytest -n auto --dist worksteal --cov --cov-report=term --ignore tests/simulation
	$(PY) -m pytest -n auto --dist worksteal tests/simulation

simulate: setup ## run SEEDS=n nights of faults and kills, FORTNIGHTS=n of schedules
	$(PY) -m tests.simulation.simulate $(SEEDS)
	$(PY) -m tests.simulation.fortnights $(FORTNIGHTS)

fuzz: setup ## send 100,000 broken events to every function, and break every ECS response
	$(PY) -m tests.fuzz

mutate: setup ## check that tests catch mutants, all (hours) or of MODULES="a.py b.py"
	$(call install,requirements-mutate.txt)
	rm -rf mutants
	$(VENV)/bin/mutmut run --max-children $(MUTANTS_AT_ONCE) \
	  $(or $(foreach one,$(MODULES),'$(subst /,.,$(one:.py=)).*'),'*')
	$(PY) -m tools.mutate $(MODULES)

package: setup ## build the package for Function Compute in build/code, for RUNTIME=python3.10
	@echo "package: fetching what $(RUNTIME) needs and building build/code: about 20 seconds"
	@$(PY) -m tools.package --runtime $(RUNTIME)

schemas: setup ## write docs/requests from the request types
	$(PY) -m tools.schemas

pictures: setup ## write docs/report*.png, screenshots of a report; needs chromium, fonts-noto-cjk
	$(PY) -m tools.nights --pictures

promises: setup ## write docs/promises.md from the tests' marks
	$(PY) -m tools.promises

clients: setup ## install the official clients that the emulator is tested with
	$(call install,requirements-clients.txt)
	@if command -v npm >/dev/null; \
	then cd tests/clients/node && npm ci --silent --no-audit --no-fund; \
	else echo "npm not found: skipping the Node clients"; fi

answers: setup ## compare recorded ECS responses in DIR=folder with the emulator
	@$(PY) -m tools.answers "$(DIR)"

small-programs: setup ## install the small third-party programs that run against the emulator
	$(PY) -m tools.programs $(SMALL_PROGRAMS)

programs: small-programs ## run third-party programs, unmodified, against the emulator: 3 GB, 15 minutes
	$(PY) -m tools.programs $(LARGE_PROGRAMS)
	PROGRAMS_MUST_BE_THERE=1 $(PY) -m pytest tests/programs

remote: setup ## install the clients that call deployed functions
	$(call install,requirements-remote.txt)

bench: clients ## benchmark cold start and fleets against alternatives; needs no account
	$(PY) -m benchmarks.cold_start
	$(PY) -m benchmarks.fleet
	$(PY) -m benchmarks.scale
	$(PY) -m benchmarks.emulator
	$(PY) -m benchmarks.nights
	$(PY) -m benchmarks.schedules

check: setup ## format, lint, types, import rules
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

format: setup ## format the code
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .

lock: setup ## re-pin the requirements, with hashes
	$(PY) -m pip install --quiet uv==$(UV_VERSION)
	$(COMPILE) --group functions -o requirements.txt
	$(COMPILE) pyproject.toml requirements-dev.in -o requirements-dev.txt
	for name in requirements-remote requirements-clients requirements-mutate; do \
	  $(COMPILE) $$name.in -o $$name.txt || exit 1; done
	for name in $(filter-out aliyun-sdk,$(SMALL_PROGRAMS) $(LARGE_PROGRAMS)); do \
	  $(subst 3.10,3.11.2,$(COMPILE)) tests/programs/requirements/$$name.in \
	    -o tests/programs/requirements/$$name.txt || exit 1; done

clean: ## remove build output
	rm -rf $(VENV) build mutants .coverage* .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
