# Two commands matter: `make run` and `make test`. The rest is for working on the project.
.DEFAULT_GOAL := help
.PHONY: help run test lint format bench lock vendor lab-up lab-down clean

PYTHON := .venv/bin/python
BOOTSTRAP := @sh cloudportal/setup/bootstrap.sh
DATABASE := $(PYTHON) -m cloudportal.setup.database
export PYTHONUNBUFFERED := 1

help: ## This list
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' $(MAKEFILE_LIST) | while IFS='|' read -r name text; do printf '  make %-10s %s\n' "$$name" "$$text"; done

run: ## A whole cloud on this machine; PORT= and HOST= choose where it listens, Ctrl-C stops it
	$(BOOTSTRAP) run
	@exec $(PYTHON) -m cloudportal.setup.run

test: ## Lint and all tests; ARGS= goes to pytest
	$(BOOTSTRAP) test
	@$(DATABASE) --test run -- $(PYTHON) -m cloudportal.setup.check test $(ARGS)

lint: ## Style, types, dependencies between packages, migrations, templates
	$(BOOTSTRAP) test
	@$(DATABASE) --test run -- $(PYTHON) -m cloudportal.setup.check lint

format: ## Bring code and templates into shape
	@$(PYTHON) -m ruff check --fix --quiet . || true
	@$(PYTHON) -m ruff format --quiet .
	@find templates -name '*.html' -exec .venv/bin/djade --target-version 5.2 {} +

bench: ## Measure; results go to .local/bench.json
	$(BOOTSTRAP) run
	@exec $(PYTHON) -m cloudportal.bench $(ARGS)

lock: ## Write the lock files anew; UPGRADE=1 takes the newest versions
	@sh cloudportal/setup/lock.sh
	@cd static && npm install --package-lock-only

vendor: ## Copy the front-end packages' files to static/vendor again
	@npm ci --prefix static --no-progress
	@$(PYTHON) -m cloudportal.setup.vendor

lab-up: ## OVN and two KVM hosts in private namespaces
	@$(PYTHON) -m cloudportal.lab up

lab-down: ## Stop them; networks and machines stay defined
	@$(PYTHON) -m cloudportal.lab down

clean: ## Forget everything that was made: data, disks, caches, packages
	@[ ! -x $(PYTHON) ] || { $(PYTHON) -m cloudportal.lab down; $(DATABASE) stop; $(DATABASE) --test stop; }
	rm -rf .local .static .venv static/vendor static/node_modules .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
