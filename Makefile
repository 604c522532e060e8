# What is typed often. `make` lists it.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help bootstrap up status down clean-local plan probe call bench check packages toolchain e2e live test

UV_VERSION := 0.13.8
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/jitsi-pulumi
# uv from PATH, else one of our own in the cache (bootstrap puts it there).
export UV ?= $(or $(shell command -v uv 2>/dev/null),$(CACHE)/uv-$(UV_VERSION)/bin/uv)
BASE_PYTHON := $(firstword $(foreach name,python3.13 python3.12 python3.11 python3,$(shell \
	$(name) -c 'import sys; print(sys.executable) if sys.version_info >= (3, 11) else None' 2>/dev/null)))
PYTHON := .venv/bin/python

help: bootstrap ## list the targets
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

bootstrap: ## install the locked Python environment into .venv
	@if [ -z "$(BASE_PYTHON)" ]; then \
		echo "error: Python 3.11 or newer is needed, found $$(python3 --version 2>&1 || true); install one (python3.13, python3.12 or python3.11 on PATH will do)" >&2; exit 1; fi
	@if [ ! -x "$(UV)" ]; then \
		echo "uv is not installed: putting uv $(UV_VERSION) into $(CACHE)"; \
		rm -rf "$(CACHE)/uv-$(UV_VERSION).new"; mkdir -p "$(CACHE)"; \
		"$(BASE_PYTHON)" -m venv "$(CACHE)/uv-$(UV_VERSION).new" >/dev/null || { \
			echo "error: $(BASE_PYTHON) cannot make virtual environments (Debian and Ubuntu: apt-get install python3-venv), or install uv yourself" >&2; exit 1; }; \
		"$(CACHE)/uv-$(UV_VERSION).new/bin/python" -m pip install --quiet --disable-pip-version-check "uv==$(UV_VERSION)"; \
		rm -rf "$(CACHE)/uv-$(UV_VERSION)"; mv "$(CACHE)/uv-$(UV_VERSION).new" "$(CACHE)/uv-$(UV_VERSION)"; fi
	@"$(UV)" sync --quiet --locked $(if $(wildcard .venv),,--python "$(BASE_PYTHON)")

up: bootstrap ## the whole stack on this machine, no account needed; continues what was interrupted
	@$(PYTHON) -m local up $(if $(FILE),--file "$(FILE)",--stack $(or $(STACK),local))

status: bootstrap ## what runs: nodes, bridges, shards, addresses
	@$(PYTHON) -m local status $(if $(FILE),--file "$(FILE)",--stack $(or $(STACK),local))

down: bootstrap ## end what `make up` started; the state stays
	@$(PYTHON) -m local down

clean-local: bootstrap ## end it and forget its state
	@$(PYTHON) -m local down --all

plan: bootstrap ## ports, capacity, cost and findings of a stack: make plan STACK=dev
	@$(PYTHON) -m plan report $(if $(FILE),--file "$(FILE)",--stack $(or $(STACK),local))

probe: bootstrap ## meet a running stack on a real cluster as its users do; needs kubectl: make probe STACK=dev
	@$(PYTHON) -m probe $(if $(FILE),--file "$(FILE)",--stack $(or $(STACK),local))

call: bootstrap ## real browsers meet on a running stack, over UDP and over TURN; needs a Chromium: make call STACK=dev
	@$(PYTHON) -m probe call $(if $(FILE),--file "$(FILE)",--stack $(or $(STACK),local)) $(if $(PEOPLE),--people $(PEOPLE)) $(if $(MINUTES),--minutes $(MINUTES))

bench: bootstrap ## the benchmarks; results go to benchmarks/results/
	@$(PYTHON) -m benchmarks

check: bootstrap ## format, lint, types and the fast tests; needs nothing but the Python package index
	$(PYTHON) -m ruff format --check
	$(PYTHON) -m ruff check
	.venv/bin/pyrefly check --summary=none --min-severity error & types=$$!; $(PYTHON) -m pytest -m "not e2e and not tools and not live" -n 2 --dist worksteal; tests=$$?; wait $$types && exit $$tests
	@echo "deselected: tests that need the engine, the cluster or other tools; make e2e runs them"

packages: bootstrap ## install the Debian packages that the tests run; asks first unless root
	@$(PYTHON) -m local packages

toolchain: bootstrap ## prepare every tool that the tests run
	@$(PYTHON) -m local toolchain --group tests

# Four workers for two cores: these tests wait more than they compute. What fails beside others is run once more alone, and both are printed.
E2E = $(PYTHON) -m pytest -m "e2e or tools or live" -p no:randomly
e2e: packages toolchain ## the tests that need the engine, the embedded cluster and the tools
	$(E2E) -n 4 --dist loadfile --no-loadscope-reorder --durations=25 || { \
		[ $$? -eq 1 ] && echo "once more, alone: what failed while others ran" && \
		$(E2E) --last-failed --last-failed-no-failures none --maxfail 3; }

live: packages ## calls of real browsers through Jitsi's own programs: make live JITSI=DIR (docs/live.md)
	@test -n "$(JITSI)" || { echo "error: JITSI=DIR is missing; docs/live.md says what DIR holds" >&2; exit 1; }
	@$(PYTHON) -m lab.live --jitsi "$(JITSI)"

test: packages check e2e ## everything
