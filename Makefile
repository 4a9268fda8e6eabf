# Shortcuts. `make run` and `make test` work from a bare checkout; the others use the environment they made.
PYTHON ?= python3
OUTILS := .venv/bin
UV ?= $(OUTILS)/uv
# No host, no path in the locks; wheels only; good for every Python from 3.11 on.
COMPILER = $(UV) pip compile --universal --python-version 3.11 --generate-hashes --no-header \
	--only-binary :all: --no-emit-index-url --no-emit-find-links pyproject.toml

.PHONY: run test bench verifier format verrou

run:
	$(PYTHON) lancer.py

test:
	$(PYTHON) lancer.py tests

bench:
	$(OUTILS)/python -m bench

verifier:
	$(OUTILS)/ruff check .
	$(OUTILS)/ruff format --check .
	$(OUTILS)/lint-imports
	$(OUTILS)/djlint templates --lint --quiet
	$(OUTILS)/python manage.py makemigrations --check --dry-run
	$(OUTILS)/mypy

format:
	$(OUTILS)/ruff check --fix .
	$(OUTILS)/ruff format .

# Needs uv (not in the lock: pip install uv).
verrou:
	$(COMPILER) -o requirements.txt
	$(COMPILER) --extra dev -c requirements.txt -o requirements-dev.txt
