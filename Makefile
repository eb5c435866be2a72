# Targets that run the project make .venv from the lock first. `make` alone lists the targets.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
FAISS := build/faiss/.ready
# The study of the targets that need one.
STUDY ?= studies/demo.yaml
N ?= 3
SEED ?= 0
# Test files that run at the same time.
WORKERS ?= 2
CRATE ?= results/$(basename $(notdir $(STUDY))).crate.zip

.PHONY: help demo test test-slurm check lint format bench lock builtin-models clean explain plan verify reproduce crate check-crate

help:
	@echo "make demo            run the embedded study (results/demo/), a few minutes, offline"
	@echo "make explain         say what STUDY=studies/demo.yaml would run now, and why (docs/RERUNS.md)"
	@echo "make verify          check every hash and setting of the finished study STUDY=... (docs/AUDIT.md)"
	@echo "make reproduce       do N=3 of its runs again, drawn with SEED=0, and compare"
	@echo "make crate           pack the finished study STUDY=studies/demo.yaml as an RO-Crate (docs/CRATE.md)"
	@echo "make check-crate     let rocrate-validator judge it"
	@echo "make test            run every test"
	@echo "make test-slurm      run studies through a private SLURM on this machine (docs/CLUSTER.md)"
	@echo "make check           format, lint, workflow and type checks, then every test"
	@echo "make plan            what the study STUDY=... would cost: jobs, GPU and CPU hours, disk"
	@echo "make bench           benchmarks against the limits and the alternatives (docs/PERFORMANCE.md)"
	@echo "make builtin-models  train the models that the project ships again (up to an hour)"
	@echo "make lock            resolve the dependencies of pyproject.toml anew into the lock and the conda environment"

$(READY): envs/requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python >= 3.11 is needed, found " + sys.version)'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -r envs/requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

demo: $(READY)
	$(BIN)/snakemake --workflow-profile profiles/local --configfile studies/demo.yaml
	$(BIN)/snakemake --workflow-profile profiles/local --configfile studies/demo.yaml --report results/demo/report.html
	@echo "figures:     results/demo/figures/"
	@ls results/demo/figures/*.pdf results/demo/figures/*.png | sed 's/^/             /'
	@echo "score table: results/demo/scores.csv (and scores.parquet)"
	@echo "report:      results/demo/report.html"

# WITH=--jobs lists every job.
explain: $(READY)
	$(BIN)/python tools/explain.py $(WITH) $(STUDY)

# WITH="--with-vectors --with-text --with-host" packs these as well.
crate: $(READY)
	$(BIN)/python tools/make_crate.py $(WITH) $(STUDY)

# The validator has an environment of its own, build/crate-validator/, made on first use.
check-crate: $(READY)
	$(BIN)/python tools/check_crate.py $(CRATE)

# One thread each: the models of the tests are so small that more threads only wait for each other.
test: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder --durations=10

# Starts a SLURM of its own and stops it; skipped with the reason where none can be installed.
test-slurm: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m slurm tests/test_slurm_runs.py --durations=10

check: lint test

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/snakefmt --check Snakefile workflow/rules
	$(BIN)/snakemake --lint --configfile studies/demo.yaml
	$(BIN)/lint-imports
	$(BIN)/mypy

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/snakefmt Snakefile workflow/rules

# faiss has an environment of its own, build/faiss/, made on first use. Where it cannot be made, the
# k-means benchmark does without and says so.
$(FAISS): benchmarks/faiss.lock
	( $(PYTHON) -m venv --clear build/faiss \
	  && build/faiss/bin/pip install --quiet --disable-pip-version-check -r $< \
	  && touch $@ ) || echo "faiss cannot be installed: k-means is measured without it" >&2

# docs/PERFORMANCE.md; WITH="extraction storage" measures only these.
bench: $(READY) $(FAISS)
	$(BIN)/python benchmarks/run.py $(WITH)

# Before a study runs: jobs, GPU hours, CPU hours and disk by stage.
plan: $(READY)
	$(BIN)/python tools/plan.py $(WITH) $(STUDY)

builtin-models: $(READY)
	$(BIN)/python tools/make_builtin_models.py

lock:
	$(PYTHON) tools/lock.py

verify: $(READY)
	$(BIN)/python tools/verify.py $(STUDY)

# HERE=--here uses the working tree instead of a clone at the recorded commit.
reproduce: $(READY)
	$(BIN)/python tools/reproduce.py $(STUDY) -n $(N) --seed $(SEED) $(HERE)

clean:
	rm -rf results/demo .pytest_cache .hypothesis .mypy_cache .ruff_cache .import_linter_cache
