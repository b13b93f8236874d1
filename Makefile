PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
# Tests that run side by side: they share no Salt master.
SIDE_BY_SIDE := tests/api tests/corpus tests/minion
JOBS ?= 2
# Tests in a browser; the rest has a Salt master, and waits more than it computes.
BROWSER := tests/console

.DEFAULT_GOAL := help
.PHONY: help demo test test-browser test-salt check slow-api slow-salt screenshots format translations lock clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/ready ## a real Salt master, minion and API on this machine; ARGS=--once ends after the summary
	@exec $(BIN)/python demo/demo.py $(ARGS)

test: $(VENV)/ready ## the tests that a change must pass; ARGS goes to pytest
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest -m "not slow" -n $(JOBS) $(SIDE_BY_SIDE) $(ARGS) || [ $$? = 5 ]
	@$(MAKE) --no-print-directory --output-sync=target -j 2 test-browser test-salt

test-browser:
	$(BIN)/python -m pytest -m "not slow" -n $(JOBS) $(BROWSER) $(ARGS) || [ $$? = 5 ]

test-salt:
	$(BIN)/python -m pytest -m "not slow" $(patsubst %,--ignore=%,$(SIDE_BY_SIDE) $(BROWSER)) $(ARGS) || [ $$? = 5 ]

check: test ## make test, then the slow matrix
	@$(MAKE) --no-print-directory --output-sync=target -j 2 slow-api slow-salt

slow-api:
	$(BIN)/python -m pytest -m slow $(SIDE_BY_SIDE) $(BROWSER) $(ARGS)

slow-salt:
	$(BIN)/python -m pytest -m slow $(patsubst %,--ignore=%,$(SIDE_BY_SIDE) $(BROWSER)) $(ARGS)

screenshots: $(VENV)/ready ## pictures of every page of the console, in .screenshots/
	PICTURES=.screenshots $(BIN)/python -m pytest -q tests/console/test_pages.py $(ARGS)

format: $(VENV)/ready ## put the code into its one format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(VENV)/ready: requirements/lock.txt requirements/salt.txt ## the environment that all targets run in
	@requirements/install.sh $(PYTHON) $(VENV)
	@touch $@

TEXTS := cmdb_api/translations
translations: $(VENV)/ready ## bring the texts of pages and the messages of services into the files of translators
	$(BIN)/pybabel -q extract -F babel.cfg -k _l -k _lp:1c,2 --omit-header --sort-output --no-location \
	    -o build/messages.pot .
	$(BIN)/pybabel -q update -i build/messages.pot -d $(TEXTS) -l zh --omit-header \
	    --no-fuzzy-matching --ignore-obsolete --no-wrap
	$(BIN)/python tools/messages.py --update

lock: $(VENV)/ready ## resolve requirements/lock.in into lock.txt anew
	$(BIN)/pip install -q uv
	$(BIN)/uv pip compile --index-strategy unsafe-best-match --python-platform linux \
	    --python-version 3.11 --no-emit-package salt --no-emit-package timelib \
	    --no-header --no-annotate requirements/lock.in -o requirements/lock.txt

clean: ## remove what the other targets made
	rm -rf $(VENV) .venv-matrix .demo .screenshots build dist *.egg-info .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +
