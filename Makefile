# The targets that people, CI and the git hooks call; `make` alone explains them.

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell [ -x $(BIN)/python ] && echo $(BIN)/python || bash .ci/python)
COMPILED := $(shell find workbench -name "*.p[xy][xd]")
SHARED_CODE := $(shell sed -n 's/^shared_utility_qualified_name = "\(.*\)"/\1/p' pyproject.toml)
EXTRAS := dashboard,export,java,keyring,otel,protobuf,tables,transforms,test
comma := ,
EXTRA_FLAGS := $(foreach extra,$(subst $(comma), ,$(EXTRAS)),--extra $(extra))
BUILD_REQUIRES := import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")
PYTHON_CFLAGS := import sysconfig; print(sysconfig.get_config_var("CFLAGS"))
# The tests start some 200 processes. Without stored bytecode each would compile every module that it imports.
export PYTHONDONTWRITEBYTECODE :=
# Four processes of pytest, because much of the time is waiting; two of them have a Kafka (tests/support/side_by_side.py).
# Browser tests wait most: two more processes, of a run of their own, because the loop of Playwright holds the main thread
# of its process, so that no test of asyncio can follow it there.
SIDE_BY_SIDE := -n 4 --dist loadscope
BROWSER_RUN := $(VENV)/browser-tests
ALONE := not broker and not browser and not notebook and not slow
# Not `python -m pytest`: with this folder on the path pytest takes the egg-info here for a plugin of its own, and
# compiles every module of the package once more for its asserts.
PYTEST := $(BIN)/pytest

.DEFAULT_GOAL := help
.PHONY: help lab demo test suite fast check collect jars fmt docs rates fuzz install ready system builder hooks constraints

help:
	@echo 'make lab      open JupyterLab on the quickstart: embedded cluster, live traffic, no broker needed'
	@echo 'make test     everything: checks, unit, contract suite on a real Kafka, notebooks, widgets in a browser'
	@echo 'make demo     run the whole journey headless; leaves a snapshot and an HTML report'
	@echo 'make fast     the checks, and the tests that need neither broker nor browser'
	@echo 'make check    lint, format, types, layers, spelling'
	@echo 'make fmt      format and apply safe fixes'
	@echo 'make docs     draw the import graph and write the tables of docs/ anew'
	@echo 'make rates    measure the decoder on every variant of records; takes ten minutes of a quiet machine'
	@echo 'make fuzz     fuzz the compiled modules under sanitizers; SECONDS=60 for each target'
	@echo 'make install  virtual environment, system parts (as root with apt), git hooks'
	@echo 'make constraints  pin constraints.txt anew from what pyproject.toml allows'

lab: ready
	$(BIN)/workbench lab

demo: ready
	$(BIN)/workbench demo

# The checks, the packages of the system and our own modules come beside each other: each of mypy, apt and the compilation
# would leave a core idle for half a minute. Make waits for all, and fails when one of them does.
test:
	@$(MAKE) --no-print-directory -j 4 check suite

suite: collect jars system
	@$(PYTEST) tests/browser -n 2 --dist worksteal >$(BROWSER_RUN) 2>&1 & browser=$$!; \
	  $(PYTEST) tests $(SIDE_BY_SIDE) -m 'not browser'; others=$$?; \
	  wait $$browser; seen=$$?; cat $(BROWSER_RUN); exit $$((others || seen))

fast: check
	$(PYTEST) tests $(SIDE_BY_SIDE) -m '$(ALONE)'

# Compiles all that the tests import to bytecode, in two processes; every process of pytest needs it.
collect: $(VENV)/installed
	@$(PYTEST) tests/unit --collect-only -q >$(VENV)/collected-unit 2>&1 & unit=$$!; \
	  $(PYTEST) tests --ignore tests/unit --collect-only -q >$(VENV)/collected 2>&1; others=$$?; \
	  wait $$unit || { tail -40 $(VENV)/collected-unit; exit 1; }; \
	  [ $$others = 0 ] || { tail -40 $(VENV)/collected; exit 1; }

jars: ready
	@$(BIN)/workbench kafka fetch || echo 'Tests that need the packaged Kafka will say so.'

check: $(VENV)/packages
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/codespell

fmt: ready
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

docs: ready
	$(BIN)/python docs/draw_imports.py
	$(BIN)/python docs/write_tables.py

rates: ready
	PYTHONPATH=tests/support $(BIN)/python docs/write_rates.py

fuzz: ready
	$(BIN)/python tests/fuzz/run.py --seconds $(or $(SECONDS),60) --suite

install: ready hooks

ready: system $(VENV)/installed

# What is there is left alone, so this costs nothing the second time. The virtual environment waits for a part of it only.
system: builder
	@PYTHON='$(PYTHON)' bash .ci/system

builder:
	@PYTHON='$(PYTHON)' bash .ci/system build

hooks: $(VENV)/installed
	@if [ -z "$$CI" ] && [ -d .git ] && ! git config core.hooksPath >/dev/null; then \
	  cmp -s .ci/pre-commit .git/hooks/pre-commit || { mkdir -p .git/hooks && cp .ci/pre-commit .git/hooks/pre-commit; }; \
	fi

$(VENV)/bin/python: | builder
	@[ -n '$(PYTHON)' ] || { echo 'Python 3.11 or newer is needed and not on the path. Install it, or: make PYTHON=/its/path'; exit 1; }
	$(PYTHON) -m venv $(VENV)

# uv resolves and links much faster; where it cannot (an index that only pip is set up for), pip does the same.
$(VENV)/packages: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install -q -c constraints.txt uv
	$(BIN)/uv pip install -q --python $(BIN)/python -c constraints.txt -r pyproject.toml $(EXTRA_FLAGS) \
	  || PIP_BUILD_CONSTRAINT=constraints.txt $(BIN)/python -m pip install -q -c constraints.txt -e '.[$(EXTRAS)]'
	@touch $@

# Compiles our own modules, for half a minute: the checks need only the packages, and run meanwhile. Setuptools translates one
# module after the other; those that Cython has translated before, several at once, it takes as they are. Debugging
# information would take a quarter of gcc's time. CFLAGS replaces Python's own flags, so it repeats them; some builds of
# Python ask for -O2.
$(VENV)/installed: $(VENV)/packages $(COMPILED)
	$(BIN)/uv pip install -q --python $(BIN)/python -c constraints.txt cython \
	  && printf '%s\n' $(filter %.pyx,$(COMPILED)) | xargs -P 2 -n 8 $(BIN)/cython -3 --shared $(SHARED_CODE) || true
	DIST_EXTRA_CONFIG=.ci/build.cfg CFLAGS="$$($(BIN)/python -c '$(PYTHON_CFLAGS)') -O3 -g0" $(BIN)/uv pip install -q --python $(BIN)/python -b constraints.txt --no-deps -e . \
	  || PIP_BUILD_CONSTRAINT=constraints.txt $(BIN)/python -m pip install -q --no-deps -e .
	@touch $@

constraints: $(VENV)/installed
	$(BIN)/python -c '$(BUILD_REQUIRES)' | $(BIN)/uv pip compile -q --universal --python-version 3.11 --all-extras \
	  --no-header --no-annotate --no-emit-index-url pyproject.toml - --output-file constraints.txt
