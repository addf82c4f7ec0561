# The one list of commands. Each step says what it does; a missing tool is named with the way to get it.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

NODE_MAJOR_MIN := 20
RUST_MIN := $(shell sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
say = @printf '\n== %s\n' "$(1)"

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-12s %s\n", $$1, $$2 }' Makefile

# -- use --------------------------------------------------------------------------------------------

.PHONY: run
run: need-rust web ## build and start a server on ./hookflow-data, with an example to call
	$(call say,build hookflow (the first time takes a few minutes))
	@cargo build --profile quick --locked -p hookflow
	@printf '\n== hookflow serve\n'
	@exec target/quick/hookflow serve --welcome examples/payment-callback.yaml

.PHONY: web
web: web/dist/index.html ## build the web UI, if anything of it has changed; the next build of hookflow embeds it

WEB_SOURCES = $(shell find web -name node_modules -prune -o -path web/dist -prune -o -type f -print)
web/dist/index.html: web/node_modules/.made $(WEB_SOURCES)
	$(call say,build the web UI)
	@npm run build --prefix web --silent
	@touch web/dist/.gitkeep $@

web/node_modules/.made: web/package-lock.json | need-node
	$(call say,packages of the web UI)
	@npm ci --prefix web --no-audit --no-fund --loglevel=error
	@touch $@

# -- prove ------------------------------------------------------------------------------------------

.PHONY: test
test: need-rust need-curl need-node fmt-check lint tidy codegen-check web-check web unit browser ## everything CI needs

.PHONY: fmt
fmt: need-rust need-fmt ## format the code
	@cargo fmt --all

.PHONY: fmt-check
fmt-check: need-rust need-fmt
	$(call say,format)
	@cargo fmt --all --check || { echo 'run `make fmt`' >&2; exit 1; }

.PHONY: lint
lint: need-rust need-clippy ## clippy, warnings are errors
	$(call say,lint)
	@cargo clippy --workspace --all-targets --all-features --locked --quiet -- -D warnings

.PHONY: tidy
tidy: need-rust ## house rules
	$(call say,tidy)
	@cargo run --quiet --locked -p xtask -- tidy

.PHONY: codegen-check
codegen-check: need-rust
	$(call say,generated files are up to date)
	@cargo run --quiet --locked -p xtask -- codegen --check

.PHONY: codegen
codegen: need-rust ## write what is generated from the code
	@cargo run --quiet --locked -p xtask -- codegen

.PHONY: unit
unit: need-rust need-curl need-postgres need-sqlite3 need-openssl need-slowhttptest need-systemd e2e/node_modules/.made target/venv/.made target/alertmanager/.made target/nginx/.made ## all tests
	$(call say,tests)
	@mkdir -p target
	cargo test --workspace --all-features --locked 2>&1 | tee target/tests.log
	HOOKFLOW_TEST_DATABASE=postgres cargo test --workspace --all-features --locked --test http 2>&1 | tee -a target/tests.log
	awk '/^test result/ { passed += $$4; failed += $$6 } END { printf "\ntests: %d passed, %d failed\n", passed, failed }' target/tests.log

.PHONY: web-check
web-check: web/node_modules/.made web/tools/apigen/node_modules/.made ## formatter, lints, types and unit tests of the web UI
	$(call say,web: lint and types)
	@npm run check --prefix web --silent
	$(call say,web: the client is made from the description of the API)
	@mkdir -p target
	@web/tools/apigen/node_modules/.bin/openapi-typescript docs/reference/openapi.json --alphabetize --output target/schema.d.ts >/dev/null
	@cmp target/schema.d.ts web/src/api/schema.d.ts || { echo 'run `npm run api --prefix web`' >&2; exit 1; }
	$(call say,web: tests)
	@npm test --prefix web --silent

# Run on PostgreSQL, too.
JOURNEYS := whole editor-publish executions.spec requests.spec settings

.PHONY: browser
browser: need-rust need-chromium need-postgres web e2e/node_modules/.made ## the real binary in a real browser; BROWSER='spec or -g title' for some
	$(call say,build hookflow with the web UI in it)
	@cargo build --workspace --locked --all-features --bin hookflow --example cluster
	$(call say,browser)
	@e2e/node_modules/.bin/tsc -p e2e/browser
	@e2e/node_modules/.bin/playwright test -c e2e/browser $(BROWSER)
	[ -n '$(BROWSER)' ] || BROWSER_ON=postgres e2e/node_modules/.bin/playwright test -c e2e/browser $(JOURNEYS)

SCREENS := contact-sheet.jpg workflows-light-wide.png trigger-light-wide.png condition-light-wide.png executions-light-wide.png failed-light-wide.png requests-light-wide.png editor-dark-wide.png

.PHONY: screens
screens: ## pictures for the docs, and every screen on one sheet: light and dark, wide and narrow
	@$(MAKE) --no-print-directory browser BROWSER=contact-sheet
	@mkdir -p docs/screens
	@cp $(addprefix target/browser/screens/,$(SCREENS)) docs/screens/

web/tools/apigen/node_modules/.made: web/tools/apigen/package-lock.json | need-node
	@npm ci --prefix web/tools/apigen --no-audit --no-fund --loglevel=error
	@touch $@

# Packages that tests compare against, or run.
e2e/node_modules/.made: e2e/package-lock.json | need-node
	$(call say,packages of the tests)
	@npm ci --prefix e2e --no-audit --no-fund --loglevel=error
	@touch $@

# Optional: without them the tests that need them say SKIPPED.
target/venv/.made: e2e/requirements.txt
	$(call say,Python packages of the tests)
	@if python3 -c 'import ensurepip, venv' 2>/dev/null; then
	  python3 -m venv --clear target/venv
	  target/venv/bin/pip install --quiet --disable-pip-version-check --requirement $<
	  touch $@
	else
	  echo 'SKIPPED (needs python3): its HTTP clients; apt-get install python3 python3-venv'
	fi

target/alertmanager/.made: e2e/alertmanager.sh e2e/unpack.sh
	$(call say,Alertmanager for the tests)
	@e2e/alertmanager.sh $(@D) || echo 'SKIPPED (needs the Debian package prometheus-alertmanager): Alertmanager'

target/nginx/.made: e2e/nginx.sh e2e/unpack.sh
	$(call say,nginx for the tests)
	@e2e/nginx.sh $(@D) || echo 'SKIPPED (needs the Debian package nginx): the proxy of compose.yaml'

# -- look for trouble ----------------------------------------------------------------------------------

FUZZ_SECONDS ?= 60
FUZZ_TARGETS ?= $(notdir $(wildcard fuzz/seeds/*))
FUZZ_HOST = $(shell rustc -vV | sed -n 's/^host: //p')
CARGO_FUZZ := target/tools/bin/cargo-fuzz

.PHONY: fuzz
fuzz: need-rust need-c++ $(CARGO_FUZZ) ## make up inputs until a reader breaks: FUZZ_SECONDS=60 a target, FUZZ_TARGETS=all
	$(call say,build the fuzz targets)
	@$(CARGO_FUZZ) fuzz build --fuzz-dir fuzz/targets --target-dir target/fuzz/build --sanitizer none --codegen-units 16
	$(call say,fuzz each target for $(FUZZ_SECONDS) seconds)
	@for target in $(FUZZ_TARGETS); do
	  fuzz/run.sh target/fuzz/build/$(FUZZ_HOST)/release/$$target $$target $(FUZZ_SECONDS) target/fuzz
	done

CARGO_FUZZ_VERSION := 0.13.2
$(CARGO_FUZZ):
	$(call say,cargo-fuzz $(CARGO_FUZZ_VERSION))
	@cargo install cargo-fuzz --version $(CARGO_FUZZ_VERSION) --locked --root target/tools --quiet

.PHONY: move-large
move-large: need-rust need-postgres ## 200,000 executions to SQLite and back, killed half-way each time: minutes, 2 GB
	$(call say,move 200000 executions out and back)
	@MOVE_EXECUTIONS=200000 cargo test --locked --all-features -p hookflow --test moving -- --nocapture a_history_is_moved_out_and_back

.PHONY: docker-steps
docker-steps: need-rust need-curl need-node ## every step of the Dockerfile in an empty folder, without Docker: ten minutes, 3 GB
	$(call say,the steps of the Dockerfile)
	@DOCKER_STEPS=1 cargo test --locked --all-features -p hookflow --test deploy -- --nocapture the_image_is_built_from_an_empty_folder_and_runs

# -- measure ----------------------------------------------------------------------------------------

.PHONY: bench
bench: need-rust peers ## load the release binary beside what limits it, about 40 minutes and 18 GB; writes docs/benchmarks.md
	$(call say,build for speed)
	@cargo build --release --locked -p hookflow -p bench -p limit
	$(call say,bench: beside the limits)
	@target/release/bench throughput
	$(call say,bench: PostgreSQL)
	@target/release/bench --cores 4 nodes
	$(call say,bench: history)
	@target/release/bench history
	$(call say,bench: the live feed)
	@target/release/bench live
	@target/release/bench page

.PHONY: peers
peers: ## install what Hookflow is measured beside: up to ten minutes and 3 GB; what cannot be installed is left out
	$(call say,peers of the bench)
	@bench/peers/install.sh target/bench/peers

PROOFS ?= crash killed power eio full chain ask frozen takeover database partition backlog isolation overload rolling rolled clock clocks upgrade retries leak slow

.PHONY: prove
prove: need-rust target/nginx/.made ## break the release binary on purpose, about an hour and 3 GB; PROOFS='crash chain' for some; writes docs/proofs.md
	$(call say,build for speed, and a canary)
	@cargo build --release --locked -p hookflow -p prove
	@cargo build --profile quick --locked -p hookflow --features testing
	@mkdir -p target/canary
	@mv target/quick/hookflow target/canary/hookflow
	@broken=
	for row in $(PROOFS); do
	  printf '\n== prove %s\n' "$$row"
	  target/release/prove "$$row" || broken="$$broken $$row"
	done
	@target/release/prove page
	[ -z "$$broken" ] || { echo "broken:$$broken" >&2; exit 1; }

# -- the house --------------------------------------------------------------------------------------

.PHONY: clean
clean: ## remove what was built; data stay
	@cargo clean
	@rm -rf e2e/node_modules web/node_modules web/tools/apigen/node_modules
	@find web/dist -mindepth 1 ! -name .gitkeep -delete

.PHONY: need-rust
need-rust:
	@command -v cargo >/dev/null && command -v rustc >/dev/null \
	  || { echo 'Rust $(RUST_MIN) or later is missing: install it with rustup, https://rustup.rs' >&2; exit 1; }
	@have="$$(rustc --version | cut -d' ' -f2)"
	@printf '%s\n' $(RUST_MIN) "$$have" | sort -C -V \
	  || { echo "Rust $(RUST_MIN) or later is needed, this is $$have: rustup update" >&2; exit 1; }
	@command -v cc >/dev/null || { echo 'A C compiler is missing (SQLite is built from source): apt-get install build-essential' >&2; exit 1; }

.PHONY: need-c++
need-c++:
	@command -v c++ >/dev/null || { echo 'A C++ compiler is missing (libFuzzer is built from source): apt-get install g++' >&2; exit 1; }

.PHONY: need-fmt need-clippy
need-fmt need-clippy: need-%: need-rust
	@cargo $* --version >/dev/null 2>&1 || { echo 'cargo $* is missing: rustup component add rustfmt clippy' >&2; exit 1; }

.PHONY: need-curl
need-curl:
	@command -v curl >/dev/null || { echo 'curl is missing (tests run the lines of the README): apt-get install curl' >&2; exit 1; }

# Its programs are enough: tests start servers of their own, each in a folder and on a port of its own. Debian's package
# would start one more, for ever, unless it is told not to.
NO_CLUSTER := /etc/postgresql-common/createcluster.d/hookflow-tests.conf
.PHONY: need-postgres
need-postgres:
	@compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || {
	  [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	    && install -d $(dir $(NO_CLUSTER)) && echo 'create_main_cluster = off' >$(NO_CLUSTER) \
	    && apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql >/dev/null \
	    && rm $(NO_CLUSTER)
	} || { echo 'The programs of a PostgreSQL server are missing (tests start one): apt-get install postgresql' >&2; exit 1; }

.PHONY: need-openssl
need-openssl:
	@command -v openssl >/dev/null || {
	  [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	    && apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends openssl >/dev/null
	} || { echo 'openssl is missing (tests make certificates): apt-get install openssl' >&2; exit 1; }

.PHONY: need-sqlite3
need-sqlite3:
	@command -v sqlite3 >/dev/null || {
	  [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	    && apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends sqlite3 >/dev/null
	} || { echo 'sqlite3 is missing (tests run the lines of the guides): apt-get install sqlite3' >&2; exit 1; }

# Optional: without it the tests that need it say SKIPPED.
.PHONY: need-slowhttptest
need-slowhttptest:
	@command -v slowhttptest >/dev/null || {
	  [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	    && apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends slowhttptest >/dev/null
	} || echo 'SKIPPED (needs slowhttptest): slow senders; apt-get install slowhttptest'

# Optional, as above: systemd judges its unit, strace sees what the program asks of the kernel.
.PHONY: need-systemd
need-systemd:
	@{ command -v systemd-analyze && command -v strace; } >/dev/null || {
	  [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	    && apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends systemd strace >/dev/null
	} || echo 'SKIPPED (needs systemd and strace): the systemd unit; apt-get install systemd strace'

# Debian's package; another Chromium by CHROMIUM=path.
.PHONY: need-chromium
need-chromium:
	@command -v "$${CHROMIUM:-chromium}" >/dev/null || {
	  [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	    && apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null
	} || { echo 'Chromium is missing (tests of the web UI run in it): apt-get install chromium' >&2; exit 1; }

.PHONY: need-node
need-node:
	@command -v node >/dev/null && command -v npm >/dev/null \
	  || { echo 'Node $(NODE_MAJOR_MIN) or later with npm is missing: https://nodejs.org, or apt-get install nodejs npm' >&2; exit 1; }
	@major="$$(node --version | sed -E 's/^v([0-9]+).*/\1/')"
	@[ "$$major" -ge $(NODE_MAJOR_MIN) ] || { echo "Node $(NODE_MAJOR_MIN) or later is needed, this is $$(node --version)" >&2; exit 1; }
