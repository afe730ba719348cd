# make run     build .venv, install, start the daemon on ./imd-data; ARGS='...' is passed on to it
# make test    what the tests need, then the tests; TESTS=tests.core narrows
# make check   lint, types, import rules, docs, and of the widget types, tests, sizes, and that it is built as committed
# make widget  the embedded chat, from widget/ into imd/protocols/web/static (node and npm; the result is committed)
# make bench   imd beside twistd words, ngIRCd and InspIRCd, as ratios; BENCH='...' is passed on
# make soak    an hour of a thousand clients in minutes, with cuts and restarts; SOAK='...' is passed on
#
# Written for GNU make 3.81 and up, the one macOS has.

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell tools/find-python)
ARGS ?=
TESTS ?= tests
# More for trial, for example TRIAL=--rterrors or TRIAL=-j2.
TRIAL ?=
# More for the benchmark, for example BENCH='--only costs --seconds 1 --repeat 1'.
BENCH ?=
# More for the soak, for example SOAK='--store redis --seed 7'.
SOAK ?=

# Warnings are errors, so that what Twisted or Python will drop is seen a release early;
# development mode also reports files and sockets left open, and coroutines nobody awaited.
STRICT := -X dev -W error -bb

METADATA := setup.cfg pyproject.toml imd/__init__.py requirements/dev.txt tools/build-venv

.PHONY: help run test test-only check lint types imports docs coverage bench soak widget widget-check wheel clean

help:
	@sed -n 's/^# make/make/p' Makefile

run: $(VENV)/.installed
	@echo "imd: starting; when it is ready it says where each door is. Then try, in other terminals:"
	@echo "       irssi -c 127.0.0.1 -p 6667                an IRC client of your choice, as a guest"
	@echo "       $(BIN)/imc --register alice@127.0.0.1  the terminal client, with a new account"
	@echo "       http://localhost:8080/demo/               chat in a web page, in any browser: whoever has an account answers"
	@echo "       curl http://127.0.0.1:8080/health         the web listener; ws://127.0.0.1:8080/ is IRC by WebSocket"
	@echo "       $(BIN)/imdctl status                   what the operator sees"
	@echo "     Ctrl-C stops the daemon; what it knows is kept."
	@# No pid file: a second daemon may be started beside this one; the store's lease keeps them apart.
	@exec $(BIN)/twistd --nodaemon --pidfile= imd $(ARGS)

test: $(VENV)/.installed-test
	@tools/test-programs
	$(MAKE) test-only

test-only: $(VENV)/.installed-test
	@mkdir -p build
	$(BIN)/python $(STRICT) -m twisted.trial --temp-directory build/trial $(TRIAL) $(TESTS)

check: lint types imports docs widget-check

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed-dev
	$(BIN)/mypy

imports: $(VENV)/.installed-dev
	$(BIN)/lint-imports

docs: $(VENV)/.installed-dev
	$(BIN)/sphinx-build -W --keep-going -q -b html docs build/docs

coverage: $(VENV)/.installed-dev
	@tools/test-programs
	$(BIN)/coverage erase
	$(BIN)/coverage run -m twisted.trial --temp-directory build/trial $(TRIAL) $(TESTS)
	$(BIN)/coverage combine -q
	$(BIN)/coverage report

bench: $(VENV)/.installed-test
	@tools/bench-programs
	$(BIN)/python -m tests.bench $(BENCH)

soak: $(VENV)/.installed-test
	$(BIN)/python -m tests.soak $(SOAK)

widget:
	tools/widget build

widget-check:
	tools/widget check

wheel: $(VENV)/.installed-dev
	$(BIN)/python -m build --no-isolation --outdir build/dist .

clean:
	rm -rf $(VENV) build dist widget/node_modules *.egg-info .mypy_cache .ruff_cache .hypothesis .import_linter_cache _trial_temp*
	rm -f .coverage .coverage.* twisted/plugins/dropin.cache
	find imd tests tools docs twisted -name __pycache__ -type d -prune -exec rm -rf {} +

# Each stamp is younger than the metadata it was installed from; a change installs anew.
$(VENV)/.installed: $(METADATA)
	@tools/build-venv "$(PYTHON)" $(VENV) ""
	@touch $@

$(VENV)/.installed-test: $(METADATA)
	@tools/build-venv "$(PYTHON)" $(VENV) "[test]"
	@touch $(VENV)/.installed $@

$(VENV)/.installed-dev: $(METADATA)
	@tools/build-venv "$(PYTHON)" $(VENV) "[dev]"
	@touch $(VENV)/.installed $(VENV)/.installed-test $@
