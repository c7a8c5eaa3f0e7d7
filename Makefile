# The commands of this repository, for people and CI alike. `make` lists them.

# The engine of the container tests: docker, podman or none; empty for the first that is running.
ENGINE ?=
# Arguments for pytest, as in make test ARGS="-k settings", for make lock and make matrix.
ARGS ?=
# Set to run slow tests, too, and all parameters of the others (30 minutes on two cores, not 12).
ALL ?=
# How often make bench measures; its results are the medians.
ROUNDS ?= 5
# The Python that the tests run on, such as 3.14; empty for that of .python-version.
TEST_PYTHON ?=
# The folder for make demo; empty for a new one.
DEMO ?=

# uv: the installed one, or the locked version, which the first command fetches into .uv.
UV := $(or $(shell command -v uv 2>/dev/null),.uv/bin/uv)
UV_VERSION := $(shell sed -n '/^name = "uv"$$/{n;s/^version = "\(.*\)"/\1/p;}' uv.lock)
DEFAULT_PYTHON := $(shell sed -n '/^python_version:/,/default:/s/.*else .\([0-9.]*\).*/\1/p' copier.yml)
# What a shell sets for another project changes neither the tools nor the locks.
unexport VIRTUAL_ENV UV_EXCLUDE_NEWER UV_FORK_STRATEGY UV_FROZEN UV_NO_DEV UV_PRERELEASE UV_PROJECT UV_PYTHON UV_RESOLUTION

help: # Lists the comments behind the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  %-8s %s\n", $$1, $$2}' Makefile

demo: .venv/ready ## Render the default project into a new folder, and use it
	@demo='$(DEMO)'; demo=$${demo:-$$(mktemp -d "$${TMPDIR:-/tmp}/run-anywhere.XXXXXX")/my-app}; echo "Looking for the newest Python that uv finds or can fetch"; \
	for python in $$(ls lock | grep '^3' | sort -r); do \
		$(UV) python find "$$python" >/dev/null 2>&1 || UV_HTTP_RETRIES=1 $(UV) python install --quiet "$$python" 2>/dev/null && break; \
	done; \
	test "$$python" = $(DEFAULT_PYTHON) || echo "Python $$python instead of the default $(DEFAULT_PYTHON): it is the newest on this machine."; \
	.venv/bin/copier copy --quiet --defaults --vcs-ref=HEAD --data "python_version=$$python" "$(CURDIR)" "$$demo" \
	&& export PATH="$(abspath $(dir $(UV))):$$PATH" && cd "$$demo" \
	&& echo "Rendered into $$demo; there: make start check run" && $(MAKE) start check run \
	&& if docker info >/dev/null 2>&1 || podman info >/dev/null 2>&1; then \
		echo "A container engine is running, so: make build up down" && $(MAKE) build up down; fi \
	&& echo "The demo is in $$demo"

check: lint types test ## Lint, types and all tests (ENGINE=none skips the container tests)

# The scripts of a generated project.
SCRIPTS := $(shell grep -l '^.!/bin/sh' template/make/*)

lint: .venv/ready ## Lint, and check the formatting
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	cd template && ../.venv/bin/shellcheck --external-sources $(SCRIPTS:template/%=%)
	.venv/bin/shfmt --indent 4 --diff $(SCRIPTS) template/make/lib.sh

format: .venv/ready ## Fix lint errors, format, and update the checksums of template/make
	.venv/bin/ruff check --fix
	.venv/bin/ruff format
	.venv/bin/shfmt --indent 4 --write $(SCRIPTS) template/make/lib.sh
	cd template/make && cksum $$(LC_ALL=C ls | grep -v checksums) >checksums

types: .venv/ready ## Check the types
	.venv/bin/mypy

test: .venv/ready ## Run the tests (ARGS="-k ...", ENGINE=podman, ALL=1)
	.venv/bin/pytest --engine='$(ENGINE)' $(if $(ALL),--all) $(ARGS)

matrix: .venv/ready ## Run make check on fresh Debians with other Pythons, engines and users (ARGS="--list")
	.venv/bin/python -m tests.support.machines.matrix $(ARGS)

bench: .venv/ready ## Measure the image and the commands, and write bench/RESULTS.md (ROUNDS=5)
	@$(UV) run --quiet --locked --group bench --python .venv/bin/python python -m bench --engine='$(ENGINE)' --rounds=$(ROUNDS)

pictures: .venv/ready ## Record the terminal sessions, and update the tables of docs/
	@$(UV) run --quiet --locked --group pictures --python .venv/bin/python python -m docs.pictures.sessions
	@.venv/bin/python -m docs.pictures.tables

lock: .venv/ready ## Update each lock/3.x/uv.lock, in a container if its Python is not installed
	.venv/bin/python -m lock.relock $(ARGS)

upgrade: ## Upgrade the tools, and the packages and actions of generated projects (weekly in CI)
	$(UV) lock --upgrade
	$(UV) lock --upgrade-package uv==$$(sed -n '/^name = "uv-build"$$/{n;s/^version = "\(.*\)"/\1/p;}' uv.lock)
	$(MAKE) lock ARGS=--upgrade
	.venv/bin/python -m lock.actions

pin: .venv/ready ## Pin the base images of generated projects, if both have the same Python (weekly in CI)
	@for python in $$(ls lock | grep '^3'); do \
		project=$$(mktemp -d) && .venv/bin/copier copy --quiet --defaults --vcs-ref=HEAD --data "python_version=$$python" '$(CURDIR)' "$$project" \
		&& echo "Python $$python" && $(MAKE) --silent --no-print-directory -C "$$project" pin \
		&& (cd "$$project" && cat .python-version && sed -n 's/^ARG [A-Z]*_IMAGE=//p' Dockerfile) >"$$project.images" \
		&& mv "$$project.images" lock/$$python/images || failed="$$failed $$python"; rm -rf "$$project" "$$project.images"; \
	done; test -z "$$failed" || { echo "not pinned:$$failed" >&2; exit 1; }

changes: ## Print the newest version in CHANGELOG.md, and its changes
	@awk '/^## / { if (found) exit } /^## \[[0-9]/ { found = 1; $$0 = substr($$2, 2, length($$2) - 2) } found; END { exit !found }' CHANGELOG.md

clean: ## Remove what the commands created
	rm -rf .uv .venv .hypothesis .*_cache

SYNC = $(UV) sync --locked --quiet $(TEST_PYTHON:%=--python %)
# Python 3.11, as in .python-version, or the machine's own if uv can't fetch that. A uv.toml that the
# lock does not fit (exclude-newer) is not read; one that it fits may name a company's index.
.venv/ready: pyproject.toml uv.lock | $(UV)
	@$(UV) python find $(TEST_PYTHON) >/dev/null 2>&1 || UV_HTTP_RETRIES=1 $(UV) python install --quiet $(TEST_PYTHON) 2>/dev/null || export UV_PYTHON=python3; \
	$(SYNC) 2>/dev/null || UV_NO_CONFIG=1 $(SYNC)
	@touch $@

.uv/bin/uv:
	@echo "Fetching uv $(UV_VERSION) into .uv"
	@python3 -m venv .uv && .uv/bin/pip install --quiet uv==$(UV_VERSION) || { rm -rf .uv; \
		echo "uv can't be fetched with python3 and pip; install it: https://docs.astral.sh/uv/getting-started/installation" >&2; exit 1; }

.PHONY: help demo check lint format types test matrix bench pictures lock upgrade pin changes clean
