# make run    open the window (ARGS="--demo" passes arguments); without a display, draw it to liqdesk.png
# make test   style, types and every test
# make bench  timings, with what they are held against beside them
# make trials what is read from the map held against ten simulated months
# make bands  how often 80 % bands hold the truth of ten simulated months (ARGS="--data FOLDER" adds real ones)
# make chaos  everything goes wrong two thousand times, beside an unbroken twin (ARGS="--events 2000 --seed 7")
# make soak   ten simulated days at 600 times speed, watching memory
# make kill   a recorder killed at a hundred random instants
# make fuzz   damaged bytes at every door (ARGS="--seconds 600 --seed 7"); failing inputs are saved in build/fuzz
# make truth  how well the map and naive ones recover the true density of the built-in market (ARGS="--seeds 10")
# make study  what further information would gain over 1 min candles, where the truth is known (ARGS="--seeds 10")
# make ledger 30 simulated days of ten seeds: what the ledger says of the engine, and of a map that knows nothing
# make pictures  the window in every size, look and state, and every dialog, into build/pictures (ARGS="--only dark,cards");
#                fails on text that is cut, shortened, written over another or too faint
# make package  the frozen program in build/frozen and, in dist, what is given to people on this system (ARGS="freeze" names steps)
# make package-roots  as root: installs, uses and removes the package in fresh Debian 12 and 13, and runs the AppDir in a bare one
# make audit  bandit over the program; known faults of what it stands on
#
# Needs git, make and python3 >= 3.11 with venv. Everything else is added on the first call.

ARGS ?=

# The environment's own Python where it works, else the first on the path that can make one.
PYTHON := $(shell for p in .venv/bin/python python3 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' 2>/dev/null \
	&& { echo "$$p"; break; }; done)
BIN := .venv/bin
LIVE := tests/e2e tests/chaos  # they follow a market in its own time, and come after the tests that fill both cores

.PHONY: run test explore ledger bench trials bands chaos soak kill fuzz truth study pictures audit package package-roots lint dev clean need-python
.DEFAULT_GOAL := run
unexport PYTHONDONTWRITEBYTECODE  # what was compiled once is kept: hundreds of programs start in the tests

need-python:
	@test -n "$(PYTHON)" || { echo "liqdesk needs python3 3.11 to 3.14 with venv (Debian: apt-get install python3 python3-venv)" >&2; exit 1; }

run: need-python
	@$(PYTHON) packaging/bootstrap.py run $(ARGS)

dev: need-python
	@$(PYTHON) packaging/bootstrap.py dev

lint: dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: lint
	$(BIN)/python -m liqdesk kernels
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest -n 3 --dist loadfile $(foreach d,$(LIVE),--ignore=$(d))
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest -n 3 --dist worksteal $(LIVE)

explore: dev
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest -n 2 --dist loadfile -m hypothesis --hypothesis-profile=explore $(ARGS)

bench: dev
	$(BIN)/python tests/bench/bench.py $(ARGS)

ledger: dev
	PYTHONPATH=. $(BIN)/python tests/lab/ledgers.py $(ARGS)

bands: dev
	PYTHONPATH=. $(BIN)/python tests/insight/bands_held.py $(ARGS)

trials: dev
	PYTHONPATH=. $(BIN)/python tests/insight/trials.py $(ARGS)

chaos: dev
	$(BIN)/python tests/chaos/chaos.py $(ARGS)

soak: dev
	$(BIN)/python tests/soak/soak.py $(ARGS)

kill: dev
	$(BIN)/python tests/kill/kill.py $(ARGS)

fuzz: dev
	nice $(BIN)/python tests/fuzz/fuzz.py $(ARGS)

truth: dev
	nice $(BIN)/python tests/lab/truth.py $(ARGS)

study: dev
	nice $(BIN)/python tests/lab/information.py $(ARGS)

pictures: dev
	$(BIN)/python tests/pictures/pictures.py $(ARGS)

audit: dev
	$(BIN)/python packaging/audit.py $(ARGS)

package: need-python
	@$(PYTHON) packaging/build.py $(ARGS)

package-roots: need-python
	@$(PYTHON) packaging/linux/roots.py $(ARGS)

clean:
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .benchmarks *.egg-info liqdesk.png
	find liqdesk tests packaging -name __pycache__ -type d -prune -exec rm -rf {} +
