# Every habit of the project. `make help` lists them.
PY ?= python3
BIN := .venv/bin
# Chapters at the same time; by default as many as there are processors.
JOBS_OPTION := $(if $(JOBS),--jobs $(JOBS))
PYTEST := $(BIN)/python -m pytest -q -n 2 --dist loadscope
# Compile once: without bytecode every kernel recompiles pandas and matplotlib.
export PYTHONDONTWRITEBYTECODE :=
export PYTHONHASHSEED := 0
export UV_SYSTEM_CERTS := 1
export MPLBACKEND := agg
# Another dataset may be named from any folder.
ifdef PERSONOMICS_DATA
override PERSONOMICS_DATA := $(abspath $(PERSONOMICS_DATA))
export PERSONOMICS_DATA
endif

.DEFAULT_GOAL := help
.PHONY: help book test check validate verify notebooks figures pdf zip bench lock clean distclean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# uv installs in seconds; where it is not to be had, pip reads the same lock slowly.
.venv/.ready: requirements.lock pyproject.toml
	@$(PY) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed; call make PY=python3.11 …")'
	@echo "setting up .venv (once)" >&2
	@$(PY) -m venv .venv
	@$(BIN)/python -m pip install -q --disable-pip-version-check uv==0.13.9 \
	  && $(BIN)/uv pip install -q --python $(BIN)/python --require-hashes -r requirements.lock \
	  || $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

book: .venv/.ready ## build the book into _build/html
	@$(BIN)/personomics book $(JOBS_OPTION)

validate: .venv/.ready ## check the data folder
	@$(BIN)/personomics validate

# The tests are about the shipped data, whatever folder is named for the book, and no
# process of theirs may use the network.
TESTING := env -u PERSONOMICS_DATA PERSONOMICS_OFFLINE=1
test: .venv/.ready ## run every test (browser tests when Chromium is found)
	@$(TESTING) $(MAKE) -s book
	@$(TESTING) $(PYTEST) -rs
	@$(TESTING) $(PYTEST) --nbval --nbval-sanitize-with tests/sanitize.cfg chapters

check: .venv/.ready ## lint, types, spelling, data
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/codespell
	@$(BIN)/personomics validate

verify: .venv/.ready ## make everything anew and compare it with what is committed
	@$(BIN)/personomics verify

notebooks: .venv/.ready ## execute the chapters in place
	@$(BIN)/personomics notebooks $(JOBS_OPTION)

figures: .venv/.ready ## draw every figure into figures/
	@$(BIN)/personomics figures

pdf: .venv/.ready ## print the whole book into one PDF (needs Chromium)
	@$(BIN)/personomics pdf

zip: .venv/.ready ## pack the book into one file that opens by double click
	@$(BIN)/personomics zip

# Peers live in an environment of their own; it needs the network once.
.venv-bench/.ready: bench/requirements.lock .venv/.ready
	@echo "setting up .venv-bench (once)" >&2
	@$(PY) -m venv .venv-bench
	@$(BIN)/uv pip install -q --python .venv-bench/bin/python --require-hashes -r bench/requirements.lock
	@touch $@

bench: .venv-bench/.ready ## speed and fidelity beside peers
	@$(BIN)/python bench/book.py
	@$(BIN)/python bench/map.py
	@$(BIN)/python bench/engagement.py
	@.venv-bench/bin/python bench/medline.py $(CURDIR)/$(BIN)/python
	@.venv-bench/bin/python bench/fidelity.py

lock: .venv/.ready ## resolve requirements.in into requirements.lock and environment.yml
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --no-annotate requirements.in -o requirements.lock

clean: ## remove what was built
	@rm -rf _build

distclean: clean ## remove the environment as well
	@rm -rf .venv .venv-bench *.egg-info
