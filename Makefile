# Every target makes its own virtual environment with pip and sets up what it needs.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin

# Types are checked beside the tests.
MAKEFLAGS += --jobs=2

.PHONY: demo test fast check style types tests quick-tests clean

## Paint a sentence: a moving landscape in out/demo.mp4, within minutes, offline but for pip.
demo: $(VENV)/.installed
	@mkdir -p out
	$(BIN)/conclvd generate \
	  "Chinese landscape painting at dawn, steep peaks in mist, a boat drifts to the left" \
	  --seed 7 -o out/demo.mp4
	@echo "Open out/demo.mp4 in any video player."

## Everything: style, types, import layers, all tests. The same as .ci/run.
test: types tests

## The same with the quick part of the tests.
fast: types quick-tests

check: style types

style: $(VENV)/.installed-test
	$(BIN)/ruff check src tests benchmarks
	$(BIN)/ruff format --check src tests benchmarks
	$(BIN)/lint-imports

types: style
	$(BIN)/mypy

tests: style
	$(BIN)/python -m pytest -n 2 --dist loadfile

quick-tests: style
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not slow"

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

# pip alone knows the CPU build of torch; torchvision must stay out (CONTRIBUTING.md).
$(VENV)/.installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --constraint constraints.txt torch
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[test]"
	touch $@

clean:
	rm -rf $(VENV) out build dist src/*.egg-info
