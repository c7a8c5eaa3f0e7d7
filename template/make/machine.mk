# What the Makefile needs of the machine. This folder is the template's, and `make update` keeps it
# up to date: make your changes in the Makefile.

# The scripts read these. What is empty is not exported, since the application may have a setting of
# that name; MAKE_VERSION keeps the list from being empty, which would export everything.
export MAKE_VERSION $(if $(ENGINE),ENGINE) $(if $(EXTRAS),EXTRAS) $(if $(PLATFORM),PLATFORM) \
	$(if $(PORT),PORT) $(if $(BIND_HOST),BIND_HOST)

# What your shell has set for another project changes nothing here. DEV=0 is for production.
unexport CDPATH VIRTUAL_ENV UV_EXCLUDE_NEWER UV_FORK_STRATEGY UV_FROZEN UV_NO_DEFAULT_GROUPS \
	UV_NO_DEV UV_NO_GROUP UV_NO_SOURCES UV_NO_SYNC UV_PRERELEASE UV_PROJECT UV_PYTHON \
	UV_RESOLUTION UV_WORKING_DIR
ifeq ($(DEV),0)
export UV_NO_DEV := 1
export UV_NO_DEFAULT_GROUPS := true
endif

# In CI pytest also writes what platforms show: the tests, and the coverage where it is measured.
ifdef CI
export PYTEST_ADDOPTS += --junit-xml=test-results/junit.xml $(if \
	$(shell grep -x 'name = "pytest-cov"' uv.lock), \
	--cov-report=term --cov-report=xml:test-results/coverage.xml)
endif

# uv, or where it is missing uv in the builder image, where a service publishes its port.
UV := $(if $(shell command -v uv 2>/dev/null),uv,sh make/uv)
ifneq ($(UV),uv)
run: UV += --publish
# The engine is asked once, and not by each of the commands.
export ENGINE_ANSWER := $(shell ENGINE=$(ENGINE) sh make/engine 2>/dev/null)
endif
# Targets that were added to a Makefile before this folder existed call it so.
UV_RUN ?= $(UV) run --locked

help:
	@sh make/help

# Without `export`, which uv and shells read, and engines do not.
.env:
	sed 's/^export //' .env.example >.env

hooks: install
	@sh make/hooks

# needs-lock, needs-env, ...: what a command needs, or one line that says how to get it.
needs-%:
	@sh make/needs $*

# What is typed or comes from git is looked at as data, before a recipe's shell reads it.
%-name: export NAME = $(IMAGE):$(if $(filter file,$(origin TAG)),$(TAG),$(value TAG))
needs-name:
	@sh make/name

# Targets are commands, not files, and run one after the other, also under -j.
.PHONY: help hooks $(shell sed -n 's/^\([a-z][a-z0-9_-]*\):.*/\1/p' $(firstword $(MAKEFILE_LIST)))
.NOTPARALLEL:
.DEFAULT_GOAL := help
