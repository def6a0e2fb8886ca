# Every target is one line of work; what it does lives in scripts/.
.PHONY: help up down clean test test-rules lint fmt check console generate bench assure release migrate sbom fuzz

help: ## Show these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' Makefile

up: ## Build, start private PostgreSQL and Redis, and serve at http://127.0.0.1:8080 (PINFOLD__HTTP__PORT, PINFOLD_SPLIT=1)
	@python3 scripts/dev/up.py

down: ## Stop whatever runs of this checkout
	@python3 scripts/dev/down.py

clean: ## Stop it and remove its data (.dev)
	@python3 scripts/dev/down.py --remove

migrate: ## Bring the development database to this checkout's migrations
	@python3 scripts/dev/migrate.py

test: ## Run every test, after installing what they need
	@sh scripts/ci/install.sh && sh scripts/ci/venv.sh && sh scripts/ci/peers.sh && sh scripts/ci/test.sh

test-rules: ## Run the tests of the rules, which need nothing but cargo
	cargo test --locked --package pinfold-core

lint: ## Check format, clippy, documentation, dependencies and file sizes
	@sh scripts/ci/lint.sh

fmt: ## Format the code
	cargo fmt --all

generate: ## Write again what is generated from the code (docs/openapi.json, docs/settings.md)
	@sh scripts/dev/generate.sh

check: ## Run exactly what CI runs
	@bash .ci/run

bench: ## Measure requests/s, CPU and memory against the floor
	@python3 bench/run.py

assure: release ## Measure promises that take longer than CI has, and write docs/assurance.md
	@python3 tests/assurance/run.py

console: ## Build the console, for debug builds and the next release build
	@python3 scripts/dev/console.py

sbom: ## Write the bill of materials (CycloneDX) to target/pinfold.cdx.json
	@python3 scripts/release/sbom.py

fuzz: ## Run every fuzz target for SECONDS each (600)
	@sh scripts/ci/fuzz.sh $(or $(SECONDS),600)

release: console ## Build the release executable: target/release/pinfold
	@sh scripts/release/build.sh
