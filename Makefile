# make demo      install into .venv and serve the page at http://127.0.0.1:7860   (make demo ARGS="--port 7861")
# make test      install what the tests need, and run them                        (make test ARGS="-k titling")
# make test-all  the same with those that take long: most in a browser, processes that are killed, clusters
# make test-pythons    all of it on every Python from 3.10 to 3.13 that is installed, each in its own .venv-3.x
# make audit     ask a database on the network what is known against the pins
# make bench     ours beside the others, a short form            (make bench ARGS="--data DIR", ARGS="titling reading")
# make recipes   install what recipes/ trains with (torch): their tests are left out without it
# make setup     install only      make lint / fix   look over the code / mend it      make clean   remove all that make made
#
# Wants Python 3.10 to 3.13; another one than the first found: make demo PYTHON=/path/to/python3.  uv is used when present.

VENV ?= .venv
ARGS ?=
PY := $(VENV)/bin/python
PIP := $(PY) -m pip install --disable-pip-version-check --no-input
UV := $(shell command -v uv 2>/dev/null)
export PYTHON

PYTEST := $(PY) -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

.PHONY: demo test test-all test-pythons audit bench recipes setup lint fix clean
.DEFAULT_GOAL := setup

demo: $(VENV)/.app-stamp
	$(PY) app.py $(ARGS)

test: $(VENV)/.dev-stamp
	$(PYTEST) -m "not network and not long" $(ARGS)

test-all: $(VENV)/.dev-stamp
	$(PYTEST) $(ARGS)

test-pythons:
	@told=; found=; failed=; \
	for version in 3.10 3.11 3.12 3.13; do \
	    python=; \
	    if [ -n "$(UV)" ]; then python=$$(uv python find $$version 2>/dev/null); fi; \
	    if [ -z "$$python" ]; then python=$$(command -v python$$version); fi; \
	    if [ -z "$$python" ] || ! "$$python" -c "" 2>/dev/null; then told="$$told $$version:missing"; continue; fi; \
	    found=yes; echo "== Python $$version"; \
	    if $(MAKE) --no-print-directory test-all VENV=.venv-$$version PYTHON=$$python; \
	    then told="$$told $$version:passed"; else told="$$told $$version:FAILED"; failed=yes; fi; \
	done; \
	echo; for line in $$told; do echo "== Python $${line%%:*}: $${line#*:}"; done; \
	[ -n "$$found" ] && [ -z "$$failed" ]

# Two runs, because bert4keras asks for a Keras that TensorFlow does not work with.
audit: $(VENV)/pyvenv.cfg
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && $(PY) -m venv "$$folder" && \
	"$$folder/bin/python" -m pip install --quiet --disable-pip-version-check --no-input pip-audit && \
	"$$folder/bin/pip-audit" -r requirements.txt && \
	"$$folder/bin/pip-audit" --no-deps -r pre-requirements.txt

bench: $(VENV)/.bench-stamp
	$(PY) -m benchmarks $(ARGS)

recipes: $(VENV)/.recipes-stamp

setup: $(VENV)/.app-stamp

lint: $(VENV)/.dev-stamp
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

fix: $(VENV)/.dev-stamp
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

clean:
	rm -rf "$(VENV)" .venv-3.* .pytest_cache .ruff_cache .hypothesis .gradio
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Two steps with pip, because bert4keras asks for a Keras that TensorFlow does not work with; with uv, an override.
$(VENV)/.app-stamp: pre-requirements.txt requirements.txt
	@$(MAKE) --no-print-directory $(VENV)/pyvenv.cfg
ifneq ($(UV),)
	echo "keras>=3.12" > $(VENV)/override.txt
	uv pip install --python $(PY) --override $(VENV)/override.txt -r pre-requirements.txt -r requirements.txt
else
	$(PIP) -r pre-requirements.txt
	$(PIP) -r requirements.txt
	@echo "pip may have said above that bert4keras wants keras<=2.3.1: that is expected, it runs on tf-keras here."
endif
	@touch $@

$(VENV)/.%-stamp: requirements-%.txt $(VENV)/.app-stamp
ifneq ($(UV),)
	uv pip install --python $(PY) -r $<
else
	$(PIP) -r $<
endif
	@touch $@

$(VENV)/.bench-stamp: requirements-recipes.txt

# The first Python that fits.  One that is named but does not run (a shim, say) is passed over.
$(VENV)/pyvenv.cfg:
	@fits='import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))'; \
	for python in "$$PYTHON" python3.13 python3.12 python3.11 python3.10 python3 python; do \
	    if [ -n "$$python" ] && "$$python" -c "$$fits" 2>/dev/null; then found=$$python; break; fi; \
	    if [ -n "$$python" ] && [ "$$python" = "$$PYTHON" ]; then break; fi; \
	done; \
	if [ -n "$(UV)" ]; then uv venv "$(VENV)" --python "$${found:-3.12}"; exit; fi; \
	if [ -z "$$found" ]; then \
	    echo "No Python 3.10 to 3.13 was found: install one, or name it with make PYTHON=/path/to/python3." >&2; exit 1; \
	fi; \
	echo "making $(VENV) with $$("$$found" --version)"; \
	"$$found" -m venv "$(VENV)" || { rm -rf "$(VENV)"; \
	    echo "$$found cannot make virtual environments: install its venv package (Debian: python3-venv), or uv." >&2; exit 1; }
