# Targets that run the project make .venv from the lock first; those that check it add what only
# checks and tests need. `make` alone lists the targets.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
DEV_READY := .venv/.dev-ready
FAISS := build/faiss/.ready
BROWSER := build/browser/.ready
NODE_READY := explorer/node_modules/.package-lock.json
# Test files that run at the same time.
WORKERS ?= 2
ROUNDS ?= 500
CRATE ?= results/demo.crate.zip

ifneq ($(shell command -v uv),)
# uv does not read where pip has been told to look for packages.
export UV_FIND_LINKS ?= $(PIP_FIND_LINKS)
MAKE_VENV := uv venv --quiet --seed --allow-existing --python $(PYTHON) .venv
INSTALL := uv pip install --quiet --python $(BIN)/python
else
MAKE_VENV := $(PYTHON) -m venv .venv
INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check --no-compile
endif

# pip would compile 15,000 modules, most of which are never imported: here what we import is, once.
COMPILE := env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -c 'import importlib, pkgutil, polyconcept; \
  [importlib.import_module(one.name) for one in pkgutil.walk_packages(polyconcept.__path__, "polyconcept.")]'

.PHONY: help demo explorer test test-browser test-slurm chaos check lint format bench gpu lock builtin-models clean check-crate

help:
	@echo "make demo            run the embedded study (results/demo/), a few minutes, offline"
	@echo "make check-crate     let rocrate-validator judge the crate CRATE=results/demo.crate.zip"
	@echo "make test            run every test"
	@echo "make test-browser    look at the explorer in chromium and Firefox, where they are (docs/EXPLORER.md)"
	@echo "make explorer        bundle the explorer's page anew; needs Node"
	@echo "make test-slurm      run studies through a private SLURM on this machine (docs/CLUSTER.md)"
	@echo "make chaos           disturb a small study ROUNDS=500 times: kills, edits put back, flipped bytes (THROUGH=slurm)"
	@echo "make check           format, lint, workflow and type checks, then every test"
	@echo "make bench           benchmarks against the limits and the alternatives (docs/PERFORMANCE.md)"
	@echo "make gpu             test, compare and measure a CUDA GPU in 8 minutes (docs/PERFORMANCE.md)"
	@echo "make builtin-models  train the models that the project ships again (up to an hour)"
	@echo "make lock            resolve the dependencies of pyproject.toml anew into the locks and the conda environment"
	@echo
	@echo ".venv/bin/polyconcept --help lists what is done with a study: init, check, plan, run, explain, open, ..."

$(READY): envs/requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python >= 3.11 is needed, found " + sys.version)'
	$(MAKE_VENV)
	$(INSTALL) -r envs/requirements.lock
	$(INSTALL) --no-deps --no-build-isolation -e .
	$(COMPILE)
	touch $@

$(DEV_READY): $(READY) envs/requirements-dev.lock
	$(INSTALL) -r envs/requirements-dev.lock
	touch $@

demo: $(READY)
	$(BIN)/snakemake --workflow-profile profiles/local --configfile studies/demo.yaml
	$(BIN)/snakemake --workflow-profile profiles/local --configfile studies/demo.yaml --report results/demo/report.html
	@echo "explorer:    results/demo/explorer/index.html"
	@echo "report:      results/demo/index.html"
	@echo "figures:     results/demo/figures/"
	@ls results/demo/figures/*.pdf results/demo/figures/*.png | sed 's/^/             /'
	@echo "score table: results/demo/scores.csv (and scores.parquet)"
	@echo "audit view:  results/demo/report.html"

# The validator has an environment of its own, build/crate-validator/, made on first use.
check-crate: $(READY)
	$(BIN)/python tools/check_crate.py $(CRATE)

# One thread each: the models of the tests are so small that more threads only wait for each other.
test: $(DEV_READY)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder --durations=10

# What drives the browser has a folder of its own, build/browser/, made on first use.
$(BROWSER): envs/browser.lock $(DEV_READY)
	$(INSTALL) --target build/browser -r $<
	touch $@

test-browser: $(BROWSER)
	PYTHONPATH=build/browser OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m browser tests/test_*_browser.py

# The bundle is committed: only who changes its source needs Node. axe-core, by which the tests in
# the browser look for barriers, is one of its packages.
$(NODE_READY): explorer/package-lock.json
	cd explorer && npm ci --no-audit --no-fund --silent
	touch $@

explorer: $(NODE_READY)
	cd explorer && npm run check && npm run build

# Starts a SLURM of its own and stops it; skipped with the reason where none can be installed.
test-slurm: $(DEV_READY)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m slurm tests/test_slurm_runs.py --durations=10

# Ends at the first wrong result, and prints the seed that finds it again. MOST_SECONDS bounds it;
# THROUGH=slurm has the study go through a private SLURM.
chaos: $(DEV_READY)
	PYTHONPATH=tests $(BIN)/python tests/chaos.py --rounds $(ROUNDS) $(if $(MOST_SECONDS),--seconds $(MOST_SECONDS)) $(if $(THROUGH),--$(THROUGH))

check: lint test

lint: $(DEV_READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/snakemake --lint --configfile studies/demo.yaml
	$(BIN)/lint-imports
	$(BIN)/mypy

format: $(DEV_READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/snakefmt Snakefile workflow

# faiss has an environment of its own, build/faiss/, made on first use. Where it cannot be made, the
# k-means benchmark does without and says so.
$(FAISS): benchmarks/faiss.lock
	( $(PYTHON) -m venv --clear build/faiss \
	  && build/faiss/bin/pip install --quiet --disable-pip-version-check -r $< \
	  && touch $@ ) || echo "faiss cannot be installed: k-means is measured without it" >&2

# docs/PERFORMANCE.md; WITH="extraction storage" measures only these.
bench: $(DEV_READY) $(FAISS) $(BROWSER)
	PYTHONPATH=build/browser $(BIN)/python benchmarks/run.py $(WITH)

# For a machine with a CUDA GPU; WITH="--quick --device cpu" tries it without one.
gpu: $(DEV_READY)
	$(BIN)/python benchmarks/gpu.py --all $(WITH)

builtin-models: $(READY)
	$(BIN)/python tools/make_builtin_models.py

lock:
	$(PYTHON) tools/lock.py

clean:
	rm -rf results/demo .pytest_cache .hypothesis .mypy_cache .ruff_cache .import_linter_cache
