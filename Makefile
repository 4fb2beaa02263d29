# The only commands that a new machine needs: `make demo` and `make test` set everything up by themselves.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
KERAS_VENV ?= .venv-keras
KERAS_READY := $(KERAS_VENV)/.ready

.PHONY: demo test test-keras docs-keras sweep check format docs lock clean

$(READY): pyproject.toml requirements.lock
	tools/install.sh $(PYTHON) $(VENV) requirements.lock

$(KERAS_READY): pyproject.toml requirements-keras.lock
	tools/install.sh $(PYTHON) $(KERAS_VENV) requirements-keras.lock

# Even colours want a stronger penalty, and few minutes want small networks:
# docs/quality.md has the figures.
demo: $(READY)
	$(BIN)/steadygan train glyphs --minutes 4 --out runs/demo --overwrite --set width=32 \
		--set r1.gamma=1 --set r2.gamma=1
	@echo "Look at runs/demo/report.html (all of it) or at the newest picture in runs/demo/samples/"

test: $(READY)
	tools/install_system_packages.sh
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal --cov --cov-report=term --cov-fail-under=90

# In an environment of its own, which has TensorFlow and JAX as well; each backend is a process of its own.
test-keras: $(KERAS_READY)
	tools/test_keras.sh $(KERAS_VENV)/bin/python

# Writes the table of docs/keras.md anew, by asking each backend; tests fail when it is stale.
docs-keras: $(KERAS_READY)
	$(KERAS_VENV)/bin/python tools/write_keras_table.py

# Trains every pair of heuristics by itself, and every recipe with and without each; names all that fail.
sweep: $(READY)
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal -m sweep

# Compares each heuristic that runs in a step of Keras with the package, by itself, on each backend.
sweep-keras: $(KERAS_READY)
	tools/test_keras.sh $(KERAS_VENV)/bin/python -m sweep

check: $(READY)
	$(BIN)/ruff format --check src tests benchmarks
	$(BIN)/ruff check src tests benchmarks
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY)
	$(BIN)/ruff format src tests benchmarks
	$(BIN)/ruff check --fix src tests benchmarks

# Writes docs/heuristics.md, docs/settings.md and the list of heuristics; tests fail when they are stale.
docs: $(READY)
	$(BIN)/python tools/write_docs.py

# Writes the newest versions that pyproject.toml admits; torch without the build tag of one machine.
lock: $(READY) $(KERAS_READY)
	tools/lock.sh $(BIN)/python > requirements.lock.new && mv requirements.lock.new requirements.lock
	tools/lock.sh $(KERAS_VENV)/bin/python > requirements-keras.lock.new && mv requirements-keras.lock.new requirements-keras.lock

clean:
	rm -rf $(VENV) $(KERAS_VENV) .mypy_cache .pytest_cache .ruff_cache .coverage* dist
