# What a person or CI does here. `make` alone lists it.

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
py := .venv/bin/python

# Tests start hundreds of processes: with the bytecode kept, collecting them takes a third of the time.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test test-sqlite test-postgresql test-browser check format lock bench clean \
    system-run system-test load

help:  ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: system-run .venv/run load  ## Set up what is missing, then serve (PORT=8000)
	@echo "policygen serves http://$(HOST):$(PORT)/ (Ctrl-C stops it)"
	@export POLICYGEN_SITE_URL=$${POLICYGEN_SITE_URL:-http://$(HOST):$(PORT)}; \
	    exec $(py) setup/container/together.py $(py) manage.py runserver $(HOST):$(PORT) $(worker)

test: test-sqlite test-postgresql test-browser  ## Run every test; one of the three: make test-browser

test-sqlite: system-test .venv/test
	@$(py) -m tests.whole_day
	$(py) -m pytest -n auto --dist worksteal -m "not browser"

test-postgresql: system-test .venv/test
	@$(py) -m tests.whole_day
	$(py) setup/postgres_cluster.py $(py) -m pytest -n auto --dist worksteal -m "database and not browser"

test-browser: system-test .venv/test
	@$(py) -m tests.whole_day
	$(py) -m pytest -n auto --dist worksteal -m browser

check: system-run .venv/test  ## Lint, types, imports, deployment settings, migrations
	$(py) -m ruff check
	$(py) -m ruff format --check
	$(py) -m mypy
	.venv/bin/lint-imports
	POLICYGEN_ENV=production POLICYGEN_ALLOWED_HOSTS=policies.example.org \
	    POLICYGEN_SMTP_URL=console POLICYGEN_MAIL_FROM=no-reply@policies.example.org \
	    POLICYGEN_SECRET_KEY=$$($(py) -c "import secrets; print(secrets.token_urlsafe(60))") \
	    $(py) manage.py check --deploy --fail-level WARNING
	$(py) manage.py makemigrations --check --dry-run

format: .venv/test  ## Format the code and mend what ruff can mend
	$(py) -m ruff check --fix
	$(py) -m ruff format

lock: .venv/test  ## Compile requirements/ from pyproject.toml (LOCK=--upgrade for newer ones)
	$(compile) --output-file requirements/run.txt
	$(compile) --group test --constraint requirements/run.txt --output-file requirements/test.txt
	$(compile) --group bench --constraint requirements/test.txt --output-file requirements/bench.txt

bench: system-test .venv/bench  ## Measure against the targets (not a test)
	$(py) -m bench

clean:  ## Remove what was built: .venv and the caches, never var/ with its database
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Without Redis, what waits in batches is done beside the server.
worker = $(if $(REDIS_URL)$(REDIS_URL_FILE),,+ $(py) manage.py work)

load:
	@$(py) manage.py migrate --verbosity 0
	@$(py) manage.py createcachetable --verbosity 0
	@$(py) manage.py load_library
	@$(py) manage.py purge_drafts
	@$(py) manage.py clearsessions

# Each of the files .venv/run, .venv/test and .venv/bench says that the requirements of its name are installed.
# Only wheels: what would run somebody's build script has no hash to hold it.
install := $(py) -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps \
    --only-binary :all: --requirement
compile := .venv/bin/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 \
    --generate-hashes --no-annotate --no-emit-index-url --custom-compile-command "make lock" $(LOCK)

.venv/pyvenv.cfg:
	@setup/system-packages.sh build
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "policygen needs Python 3.11 or newer, and $(PYTHON) is $$($(PYTHON) --version)."; \
	      echo "Name a newer one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv .venv

.venv/run: requirements/run.txt | .venv/pyvenv.cfg
	$(install) $<
	@touch $@

.venv/test: requirements/test.txt | .venv/run
	$(install) $<
	@touch $@

.venv/bench: requirements/bench.txt | .venv/test
	$(install) $<
	@touch $@

system-run:
	@setup/system-packages.sh build run

system-test:
	@setup/system-packages.sh build run test
