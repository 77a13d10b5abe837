# Two commands are the whole set-up: `make demo` and `make test`.
PYTHON ?= python3
PORT ?= 8866
WORKERS ?= $(shell n=$$(nproc 2>/dev/null || echo 2); [ $$n -gt 4 ] && echo 4 || { [ $$n -lt 2 ] && echo 2 || echo $$n; })
BIN = .venv/bin
PARTS = lab form panels oracle reading laws spark engines kills exports rest
INSTALLED = .venv/.installed
TEST_INSTALLED = .venv/.test-installed
# the tests start hundreds of processes: what they import is compiled once, not in each
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test test-long lint docs words bench bench-earlier bench-page vega pictures clean

demo: $(INSTALLED)  ## opens the page on the built-in demo data
	$(BIN)/custdyn app --source demo --port $(PORT) --open

test: lint  ## everything that must never break: style, types, layers, tests, coverage
	$(BIN)/python -m slipcover -m pytest -n $(WORKERS) --dist worksteal -m "not long"
	$(BIN)/python -m tests.support.coverage

test-long: $(TEST_INSTALLED)  ## the large counts in eleven parts, or PART=kills; CUSTDYN_LEDGERS=20000 for more
	@for part in $(or $(PART),$(PARTS)); do \
	  echo "part $$part"; \
	  CUSTDYN_LEDGERS=$${CUSTDYN_LEDGERS:-1000} $(BIN)/pytest -n $(WORKERS) --dist worksteal --part $$part || code=$$?; \
	done; exit $${code:-0}

lint: $(TEST_INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(TEST_INSTALLED)  ## the generated tables of docs/
	$(BIN)/python -m tests.support.docs

words: $(TEST_INSTALLED)  ## the catalogue of all texts, from which translations are made
	$(BIN)/python -m tests.support.words

bench: $(TEST_INSTALLED)  ## whole reports against one read of the columns, and against hand-written peers
	$(BIN)/python -m tests.bench.report
	$(BIN)/python -m tests.bench.growth
	$(BIN)/python -m tests.bench.everyday
	$(BIN)/python -m tests.bench.reading
	$(BIN)/python -m tests.bench.rollups

bench-earlier: $(TEST_INSTALLED)  ## the same reports and calls in CHECKOUT=, an earlier one, in turn
	$(BIN)/python -m tests.bench.earlier $(CHECKOUT)

bench-page: $(TEST_INSTALLED)  ## the page in Chromium: opening, tables, searching, Cancel
	$(BIN)/python -m tests.bench.page

vega: $(TEST_INSTALLED)  ## Vega, Vega-Lite and Vega-Embed in one script, for charts without a network
	$(BIN)/python -m tests.support.vega

pictures: $(TEST_INSTALLED)  ## the pictures of the README, from the real page
	$(BIN)/python -m tests.browser.pictures

$(INSTALLED): pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --editable ".[mail]"
	touch $@

$(TEST_INSTALLED): pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --editable ".[test]"
	touch $(INSTALLED) $@

clean:
	rm -rf .venv dist .coverage* .hypothesis .mypy_cache .ruff_cache .import_linter_cache
