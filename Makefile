# On a machine with only Python 3.11 or newer and make: each target installs what it needs into .venv.

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: demo test coverage check format bench lowest clean

demo: $(VENV)/installed
	@$(BIN)/sentry-mcp demo

test: $(VENV)/installed
	$(BIN)/pytest --numprocesses auto --dist worksteal

# The same tests, traced, which takes twice as long.
coverage: $(VENV)/installed
	$(BIN)/pytest --numprocesses auto --dist worksteal --cov --cov-report=term --cov-fail-under=95

check: $(VENV)/installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pyright --pythonpath $(BIN)/python
	PYTHONPATH=. $(BIN)/lint-imports --no-logo

format: $(VENV)/installed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/installed
	@for benchmark in benchmarks/*.py; do echo "== $$benchmark"; $(BIN)/python $$benchmark || exit 1; done

# The tests on the lowest versions that pyproject.toml allows.
lowest: $(VENV)/installed
	$(BIN)/pip install --quiet 'uv>=0.9'
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv-lowest
	VIRTUAL_ENV=.venv-lowest $(BIN)/uv pip install --quiet --resolution lowest-direct --editable '.[demo]' --group dev
	.venv-lowest/bin/pytest --numprocesses auto --dist worksteal

$(VENV)/installed: pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed"; exit 1; }
	@echo "Installing into $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	@$(BIN)/python -m pip install --quiet --editable '.[demo]' --group dev
	@touch $@

clean:
	rm -rf .venv .venv-lowest build dist .coverage .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
