# Two commands: `make forecast` and `make test`. CI runs exactly these targets.
#
#   PYTHON=python3.12     another interpreter (3.11 or newer)
#   TORCH_ARGS="..."      pip options for PyTorch alone. On Linux, PyPI's wheel brings CUDA packages of
#                         several GB; name PyTorch's CPU index here to avoid them, as README.md shows.
#   ARGS="draws=800"      overrides for `make forecast`, options for `make bench`
#   WORKERS=4             processes of `make test`; as many as there are cores if not named
PYTHON ?= python3
TORCH_ARGS ?=
ARGS ?=
WORKERS ?= logical
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: forecast test lint type bench docs lock clean

forecast: .venv/run.stamp
	$(BIN)/forecast run $(ARGS)

test: .venv/test.stamp
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadscope --no-loadscope-reorder \
		--cov --cov-report=term:skip-covered --cov-fail-under=85

lint: .venv/test.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

type: .venv/test.stamp
	$(BIN)/mypy

bench: .venv/run.stamp
	$(BIN)/python scripts/bench_chain.py $(ARGS)

docs: .venv/run.stamp
	$(BIN)/python scripts/build_docs.py

# PyTorch goes first and alone, so that TORCH_ARGS touches nothing else. The comparators go without
# their dependencies, which the locks hold: docs/decisions/0003-dependencies.md says why.
.venv/run.stamp: requirements.lock requirements-comparators.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make forecast PYTHON=python3.12" or 0)'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(PIP) $(TORCH_ARGS) "$$(grep '^torch==' requirements.lock)"
	$(PIP) -r requirements.lock
	$(PIP) --no-deps -r requirements-comparators.lock
	$(PIP) --no-deps --editable .
	touch $@

.venv/test.stamp: .venv/run.stamp requirements-test.lock
	$(PIP) -r requirements.lock -r requirements-test.lock
	touch $@

# Resolve anew from pyproject.toml; commit the three lock files.
lock:
	$(PYTHON) scripts/lock.py

clean:
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
