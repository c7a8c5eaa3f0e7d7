# The template's, which `make update` keeps up to date: make your changes in the Makefile.

# The scripts read these. What is empty is not exported, since the application may have a setting of
# that name; MAKE_VERSION keeps the list from being empty, which would export everything.
export MAKE_VERSION $(if $(ENGINE),ENGINE) $(if $(EXTRAS),EXTRAS) $(if $(PLATFORM),PLATFORM) \
	$(if $(PORT),PORT) $(if $(BIND_HOST),BIND_HOST)

# What your shell has set for another project changes nothing here. Kept is what belongs to you or
# the machine: indexes and logins, the network, caches, where Pythons and the environment are.
taken := UV_% PYTHON% PYENV_VERSION PYTEST_% PY_IGNORE_% COVERAGE_% COV_CORE_% MYPY% RUFF_% TY_% \
	PYREFLY_% VIRTUAL_ENV CONDA_PREFIX CDPATH SHELLOPTS BASHOPTS GREP_OPTIONS MAKEFILES \
	GIT_DIR GIT_COMMON_DIR GIT_%_FILE GIT_%WORK_TREE GIT_OBJECT_DIRECTORY GIT_ALTERNATE_% \
	GIT_REPLACE_% GIT_NO_REPLACE_% GIT_INTERNAL_% GIT_PREFIX GIT_NAMESPACE GIT_CONFIG GIT_TRACE% \
	GIT_ATTR_SOURCE GIT_%_PATHSPECS GIT_EXTERNAL_DIFF GIT_DIFF_OPTS GIT_DEFAULT_% \
	SOURCE_DATE_EPOCH DOCKER_DEFAULT_PLATFORM BUILDX_BUILDER BUILDX_GIT_% BUILDX_NO_% \
	BUILDAH_FORMAT BUILDAH_HISTORY BUILDAH_LAYERS PODMAN_USERNS
kept := UV_IMAGE UV_INDEX UV_%INDEX_URL UV_DEFAULT_INDEX UV_%_USERNAME UV_%_PASSWORD UV_%_TOKEN \
	UV_PUBLISH_% UV_%_ENDPOINT_URL UV_CONFIG_FILE UV_KEYRING_PROVIDER UV_CREDENTIALS_DIR \
	UV_%_MIRROR UV_HTTP_% UV_%_TIMEOUT UV_OFFLINE UV_NATIVE_TLS UV_SYSTEM_CERTS UV_INSECURE_HOST \
	UV_CACHE_DIR UV_NO_CACHE UV_LINK_MODE UV_CONCURRENT_% UV_NO_PROGRESS UV_PROJECT_ENVIRONMENT \
	UV_TOOL_% UV_PYTHON_% UV_%MANAGED_PYTHON PYTHON_IMAGE PYTHON_KEYRING_BACKEND \
	PYTHONPYCACHEPREFIX PYTHONDONTWRITEBYTECODE PYTHONUNBUFFERED MYPY_CACHE_DIR RUFF_CACHE_DIR \
	RUFF_NO_CACHE RUFF_OUTPUT_FORMAT
# What a command or the Makefile sets is meant.
unexport $(foreach name,$(filter-out $(kept),$(filter $(taken),$(.VARIABLES))), \
	$(if $(filter environment,$(origin $(name))),$(name)))
# DEV=0 is for production.
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
# The engine is asked once, and not by each of the commands; needs-engine waits for it in CI.
export ENGINE_ANSWER := $(shell CI= ENGINE=$(ENGINE) sh make/engine 2>/dev/null)
endif
UV_RUN ?= $(UV) run --locked # as targets of older Makefiles call it

help:
	@sh make/help

# Where it is missing, also under -B.
.env:
	@sh make/env --new
	test -e .env || cp .env.example .env

hooks: install
	@sh make/hooks

# needs-lock, needs-env, ...: what a command needs, or one line that says how to get it.
needs-%:
	@sh make/needs $*
needs-python:
	@sh make/moved && sh make/needs python
needs-port: needs-env # where uv is missing, the engine says whether the port is free
	@$(if $(filter uv,$(UV)),sh make/needs port)

# ARGS is for what stands beside `check`, whose parts run whole.
check $(if $(filter check,$(MAKECMDGOALS)),test): override ARGS :=

# -i lets `check` pass whatever fails, -t runs nothing, -k goes on to `push` after a failed build.
short_flags := $(filter-out -%,$(firstword $(MAKEFLAGS)))
ifneq ($(findstring i,$(short_flags))$(findstring t,$(short_flags)),)
$(error make -i and -t hide what fails: leave them out, or unset MAKEFLAGS)
else ifneq ($(findstring n,$(short_flags))$(findstring q,$(short_flags)),)
$(warning make -n and -q run nothing: leave them out, or unset MAKEFLAGS)
endif
$(if $(filter deploy push save up,$(MAKECMDGOALS)),$(eval MAKEFLAGS := -S $(MAKEFLAGS)))

# What is typed or comes from git is looked at as data, before a recipe's shell reads it.
%-name: export NAME = $(IMAGE):$(if $(filter file,$(origin TAG)),$(TAG),$(value TAG))
needs-name:
	@sh make/name

# Targets are commands, not files, and run one after the other, also under -j.
.PHONY: help hooks $(shell sed -n 's/^\([a-z][a-z0-9_-]*\):.*/\1/p' \
	$(filter-out make/machine.mk,$(MAKEFILE_LIST)))
.NOTPARALLEL:
VPATH :=
.DEFAULT_GOAL := help
