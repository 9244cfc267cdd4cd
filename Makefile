# The verbs of this project. `make help` lists them.

VENV := .venv
PYTHON := $(VENV)/bin/python
UV := $(VENV)/bin/uv
READY := $(VENV)/.ready
NODE_READY := console/node_modules/.ready
UV_VERSION := 0.13.9
LOCK := ../$(UV) pip compile --quiet --upgrade --generate-hashes --universal --python-version 3.11 \
  --no-emit-index-url --no-emit-find-links

# Each worker of the tests, and each process that they start, would compile every module anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup run up down status test check chaos bench prove eval screenshots dashboard format lock clean

help: ## list the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) $(NODE_READY) ## the project's own environment, with everything that the other verbs need

# A stack is started by these: a port that is taken is told before the minutes that the environment takes.
run up: PORT := --port

$(READY): requirements/dev.txt
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Error: python3 must be Python 3.11 or newer," \
	  "and it is $$(python3 --version 2>&1). Put a newer one first in PATH, under the name python3." >&2; exit 1; }
	@python3 -m local.environment python --uv $(UV_VERSION) $(PORT)
	@touch $@

# Node itself is among the requirements, so that no machine needs one of its own.
$(NODE_READY): console/package.json console/package-lock.json | $(READY)
	@$(PYTHON) -m local.environment console
	@touch $@

run: $(READY) ## the main job on this machine: the stack, the sample events, and what became of them
	@$(PYTHON) -m local run $(if $(ONCE),--once)

up: $(READY) ## only the stack, in the background
	@$(PYTHON) -m local up

down: $(READY) ## stop the stack; it keeps everything
	@$(PYTHON) -m local down

status: $(READY) ## what runs, and where
	@$(PYTHON) -m local status

# Tests of a whole stack wait for much of their time: they go first when they do not, in two processes with a stack each.
test: $(READY) $(NODE_READY) ## every test but the long proofs
	@$(PYTHON) -m pytest tests/stack --numprocesses 2 > .stack-tests.log 2>&1 & stack=$$!; \
	trap "kill $$stack 2>/dev/null" INT TERM; \
	nice $(PYTHON) -m pytest --ignore tests/stack --numprocesses auto --maxprocesses 3 --dist worksteal; others=$$?; \
	echo "Waiting for the tests of a whole stack, which ran beside."; wait $$stack; stack=$$?; cat .stack-tests.log; \
	exit $$((others > stack ? others : stack))

check: $(READY) ## formatting, lint, types, import rules
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	PYTHONPATH=layers/common:functions:. $(VENV)/bin/lint-imports --no-cache

chaos: $(READY) ## the long proofs: a hundred thousand histories, and the stack with killed workers
	$(PYTHON) -m pytest tests/simulation --histories 100000 --share 1
	$(PYTHON) -m pytest tests/stack/test_convergence.py --instances 300
	$(PYTHON) -m pytest tests/functional/test_api_push_logs.py tests/functional/test_api_ai_tasks.py \
	  --logs 100000 --tasks 20000
	$(PYTHON) -m pytest tests/functional/test_large_instances.py tests/functional/test_ai_costs.py \
	  --crowded 10000 --assignees 200
	$(PYTHON) -m pytest tests/unit/ai/test_mangled_answers.py tests/functional/test_bulk_replay_of_thousands.py \
	  --answers 10000 --replayed 5000

dashboard: $(READY) ## a picture of the dashboard as template.yaml defines it, into docs
	@$(PYTHON) -m local.dashboard

screenshots: $(READY) $(NODE_READY) ## a picture of every view of the console, into docs/console
	@PYTHONPATH=layers/common:functions:. $(PYTHON) -m tests.console.pictures

bench: $(READY) ## speed and cost, as ratios to something that runs beside it
	$(PYTHON) -m bench

prove: $(READY) ## what docs/performance.md and docs/capacity.md claim, measured anew: ONLY=step, SEEDS=10, ROWS=1000000
	@$(PYTHON) -m proof $(ONLY) $(if $(SEEDS),--seeds $(SEEDS)) $(if $(EVENTS),--events $(EVENTS)) $(if $(ROWS),--rows $(ROWS))

eval: $(READY) ## how well an AI platform reads the golden forms: PLATFORM=simulator, readers, checks, obeying, or a file that describes one
	@$(PYTHON) -m evaluation $(or $(PLATFORM),simulator) $(if $(ONLY),--only '$(ONLY)') $(if $(WORKERS),--workers $(WORKERS)) \
		$(if $(MASKING),--masking) $(if $(FLIPS),--flips) $(if $(PICTURE),--picture '$(PICTURE)') $(if $(LOG),--log '$(LOG)') $(if $(DATA),--data '$(DATA)')

format: $(READY) ## format and mend what can be mended
	$(VENV)/bin/ruff check --fix --quiet . || true
	$(VENV)/bin/ruff format .

lock: $(READY) ## lock the requirements anew
	cd console && PATH="$(abspath $(VENV))/bin:$$PATH" npm update --package-lock-only --loglevel=error
	cd requirements && for name in layer dev sam sbom; do $(LOCK) $$name.in -o $$name.txt; done
	cd requirements && for name in ai_analyze admin_api; do $(LOCK) -c layer.txt $$name.in -o $$name.txt; done

clean: ## remove what was made here, but for the stack's state
	rm -rf $(VENV) .venv-sam console/node_modules .build .aws-sam .mypy_cache .ruff_cache .hypothesis

include build.mk
