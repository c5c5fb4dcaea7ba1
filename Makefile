# The whole project in six words; `make help` lists them.
# PYTHON chooses the interpreter: make setup PYTHON=/usr/bin/python3.12

PYTHON ?= $(shell for p in python3.11 python3.12 python3; do \
    $$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
PIP := $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --prefer-binary -c constraints.txt
# A wheel has code for every GPU. Here there is need of code for this machine's alone, and to compile takes minutes.
CUDA := $(shell nvidia-smi -L >/dev/null 2>&1 && echo WM_CUDA_ARCHITECTURES=native || echo WM_CUDA=OFF)
# In a folder of its own, or a wheel built later would find this choice there.
EDITABLE := --no-build-isolation --config-settings cmake.define.$(CUDA) --config-settings build-dir=build/editable --editable
NATIVE := CMakeLists.txt $(shell find csrc -type f)

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint bench build

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-6s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.developer ## make .venv with the pinned dependencies and the native module

demo: $(VENV)/.installed ## drive the arm to goal images and write outputs/demo/report.html
	$(VENV)/bin/wmr demo

test: $(VENV)/.developer ## run every test
	OMP_NUM_THREADS=1 $(VENV)/bin/python -m pytest

lint: $(VENV)/.developer ## formatting, lint, types and the import contract
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/pyright
	$(VENV)/bin/lint-imports

bench: $(VENV)/.installed ## time planning and rollouts on this machine
	$(VENV)/bin/wmr bench rollout
	$(VENV)/bin/wmr bench search

build: $(VENV)/.developer ## build the wheel and smoke-test it in a clean environment
	rm -rf dist
	$(VENV)/bin/python -m build --wheel
	rm -rf build/smoke
	$(VENV)/bin/python -m venv build/smoke
	build/smoke/bin/python -m pip install --quiet --prefer-binary -c constraints.txt dist/*.whl
	cd build/smoke && bin/python ../../tests/smoke_test.py

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "error: no Python 3.11 or 3.12 on PATH; name one with PYTHON=..." >&2; exit 2; }
	@echo "making $(VENV) with $(PYTHON)"
	@$(PYTHON) -m venv $(VENV)

# torch comes first and by exact version, so that nothing later can choose another build of it.
# The build tools live in .venv too: without build isolation a changed source compiles alone.
$(VENV)/.installed: pyproject.toml constraints.txt $(NATIVE) | $(VENV)/bin/python
	@echo "installing the pinned dependencies and building the native module (a few minutes the first time)"
	@$(PIP) torch==2.13.0 cmake ninja pybind11 scikit-build-core
	@$(PIP) $(EDITABLE) .
	@touch $@

$(VENV)/.developer: $(VENV)/.installed
	@echo "installing the developer tools"
	@$(PIP) $(EDITABLE) '.[dev]'
	@touch $@
