# Every target sets up what it needs by itself: Python 3.11 or newer is all that must be there.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test check slow bench clean

.venv/.synced: pyproject.toml uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Tombstone needs Python 3.11 or newer; set PYTHON=/path/to/python3."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv \
	  || { echo "This Python has no venv module; on Debian: apt-get install python3-venv."; exit 1; }
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9'
	$(BIN)/uv sync --frozen --all-extras --quiet
	@touch $@

demo: .venv/.synced ## Start the demo and open the dashboard; Ctrl-C stops it
	@$(BIN)/tombstone demo

check: .venv/.synced ## Style, types and the import law
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: check ## The whole story, on real parts
	$(BIN)/pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder

slow: .venv/.synced ## The long checks; those through PgBouncer need `apt-get install pgbouncer`
	$(BIN)/pytest -m slow

bench: .venv/.synced ## Speed, as ratios to a floor measured in the same run (JSON lines)
	@$(BIN)/python -m tests.benchmarks

clean: ## Forget the environment and the demo's data
	rm -rf .venv demo-data artefacts
