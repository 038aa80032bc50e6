# `make` lists what there is. `make demo` and `make test` set up whatever they need.

PYTHON ?= python3
BIN := .venv/bin
# Where the platform that is meant has its logs, if there are several.
FOLDER = build/serve

.DEFAULT_GOAL := help
.PHONY: help setup demo serve run-job logs dead-letters test lint format lock bench openapi stage deploy deploy-plan undeploy-plan clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/.ready node_modules/.ready  ## install everything, once

.venv/.ready: local/requirements.lock
	@command -v $(PYTHON) >/dev/null || { echo "Python is not here. Install 3.11 or newer: https://www.python.org" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$$($(PYTHON) --version) is too old. Install Python 3.11 or newer, or name one: make PYTHON=python3.12" >&2; exit 1; }
	@echo "Setting up Python: the locked packages, in .venv" >&2
	@$(PYTHON) -m venv --clear .venv || { echo "Python's venv module is missing; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@$(BIN)/pip install --quiet --quiet --disable-pip-version-check --require-hashes -r local/requirements.lock >&2
	@touch $@

node_modules/.ready: package-lock.json
	@command -v node >/dev/null && command -v npm >/dev/null || { echo "Node.js is not here. Install version 20 or newer: https://nodejs.org" >&2; exit 1; }
	@echo "Setting up firebase-tools, which starts Google's emulators (half a minute)" >&2
	@npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2
	@touch $@

demo: setup  ## enrich three real shows for two users, on this machine alone
	@$(BIN)/python -m local.demo

serve: setup  ## run the whole platform on this machine, until Ctrl-C (OPTIONS=--help)
	@$(BIN)/python -m local.serve --folder "$(FOLDER)" $(OPTIONS)

run-job: .venv/.ready  ## call a scheduled function of the running platform now: JOB=enrich_sweep
	@$(BIN)/python -m local.run_job $(or $(JOB),$(error Say which job: make run-job JOB=enrich_sweep)) --folder "$(FOLDER)"

LOGS = $(or $(subst -,_,$(OF)),*)

logs:  ## follow the logs of the running platform, or of one function: OF=enrich
	@ls "$(FOLDER)"/logs/*.log >/dev/null 2>&1 || { echo "There are no logs yet. Start the platform in another terminal: make serve" >&2; exit 1; }
	@ls "$(FOLDER)"/logs/$(LOGS).log >/dev/null 2>&1 || { echo "There is no log of $(OF); there are:" $$(basename -s .log -a "$(FOLDER)"/logs/*.log) >&2; exit 1; }
	@tail -n +1 -F "$(FOLDER)"/logs/$(LOGS).log

dead-letters: .venv/.ready  ## show the messages that could not be handled, and why
	@$(BIN)/python -m local.dead_letters --folder "$(FOLDER)"

test: setup lint  ## everything CI runs: lint, types, tests
	@echo "Running the tests (the emulators take some seconds to start)"
	@$(BIN)/python -m pytest

lint: .venv/.ready  ## check style and types
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/mypy --no-error-summary

format: .venv/.ready  ## write the files in the project's style
	@$(BIN)/ruff check --fix --quiet
	@$(BIN)/ruff format --quiet

lock: .venv/.ready  ## resolve the versions anew, within the ranges
	@$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --python-version 3.11 --no-header pyproject.toml --group dev -o local/requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-header -c local/requirements.lock pyproject.toml -o functions/requirements.lock
	@npm install --package-lock-only --ignore-scripts --no-audit --no-fund --loglevel=error

bench: setup  ## measure, each figure against a floor in the same run
	@for each in cold_import claims warm_enrich rush serve_start push_rate fan_out api_routes; do $(BIN)/python -m benchmarks.$$each || exit 1; done

openapi: .venv/.ready  ## write the API's document anew, for who writes clients: openapi.json
	@$(BIN)/python -m local.openapi openapi.json

stage: .venv/.ready  ## copy what is deployed to build/deploy
	@$(BIN)/python functions/stage.py build/deploy
	@echo "Staged in build/deploy" >&2

PLACE = --project="$(PROJECT)" --region="$(REGION)" --app-url="$(APP_URL)" --allowed-origins="$(ALLOWED_ORIGINS)"

deploy: setup stage  ## deploy everything: PROJECT=my-tracker REGION=europe-west1
	@$(BIN)/python functions/deploy.py run $(PLACE)

deploy-plan: setup stage  ## print what deploy would run, as a script: PROJECT=… REGION=…
	@$(BIN)/python functions/deploy.py plan $(PLACE)

undeploy-plan: setup  ## print a script that takes it away again: PROJECT=… REGION=…
	@$(BIN)/python functions/deploy.py undeploy-plan $(PLACE)

clean:  ## remove what was installed and built
	@rm -rf .venv node_modules build .mypy_cache .ruff_cache .pytest_cache .hypothesis
