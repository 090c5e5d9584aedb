# Everything that people and machines do with this project; `make help` lists it.

GO        ?= go
PROGRAM   := bin/badgateway
SCENARIO  ?=
LABEL     ?=
SHARD     ?=
VERSION   ?= 1.30
KEEP      ?=
PROCS     ?=
REPORT    ?= report
ONLY      ?=
FUZZTIME  ?= 1m

# Tests of what was recorded of every drill. They are of one goroutine, and take ten times as long under the race detector.
RECORDED  := ^(TestReplay|TestConfusion|TestPages)

# The race detector needs a C compiler.
RACE      := $(if $(shell command -v $${CC:-cc}),-race)

comma     := ,
NAMES     := $(subst $(comma), ,$(SCENARIO))
TALLY     := $(GO) run ./harness/cmd/tally
SUITE     := harness/suite/suite.test
# Drills: one process runs as many at a time as the machine bears, or PROCS of them.
DRILLS    := cd harness/suite && BADGATEWAY_PROGRAM=$(CURDIR)/$(PROGRAM) ./$(notdir $(SUITE)) --ginkgo.label-filter=scenario \
             --ginkgo.succinct --ginkgo.silence-skips --ginkgo.timeout=90m --report=$(abspath $(REPORT)) --procs=$(or $(PROCS),0) > /dev/null
# The other live specs: Ginkgo divides them among processes.
OTHERS    := BADGATEWAY_PROGRAM=$(CURDIR)/$(PROGRAM) $(GO) tool ginkgo --procs=$(or $(PROCS),$(shell nproc)) --label-filter='!scenario' \
             --succinct --silence-skips $$([ -t 2 ] || echo --no-color) --output-dir=$(REPORT) --timeout=60m
# What is interrupted starts nothing more.
STOP      := trap 'exit 130' INT TERM
# The versions of nginx that make test runs: of the older ones a sample, unless VERSION=all asks for all of them.
TESTED    := --proxy-version=all $(if $(filter all,$(VERSION)),,--sample)
# A program is built when a file is newer.
newer      = test -z "$$(find . -name .git -prune -o -path ./bin -prune -o -path ./$(REPORT) -prune -o -name "*.test" -o -type f -newer $(1) -print -quit 2>&1)"

.PHONY: help build suite images scenarios test check lint browser unit live drills others bench fuzz record clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "  make scenarios SCENARIO=wrong-port VERSION=1.18        one scenario, one nginx"
	@echo "  make scenarios LABEL=unreachable,http SHARD=2/5        a fifth of what has both"
	@echo "  make scenarios SCENARIO=wrong-port/http-tcp KEEP=1     leave it broken for you"

build: ## build bin/badgateway
	@$(call newer,$(PROGRAM)) || CGO_ENABLED=0 $(GO) build -trimpath -o $(PROGRAM) ./harness/cmd/badgateway && touch $(PROGRAM)

suite: build
	@$(call newer,$(SUITE)) || $(GO) test -c -tags=live -o $(SUITE) ./harness/suite && touch $(SUITE)

images: build ## get the images of nginx VERSION: found, pulled or built; VERSION=all
	@$(PROGRAM) images --proxy-version=$(VERSION)

scenarios: suite ## break, diagnose, mend, prove; SCENARIO= LABEL= SHARD= VERSION= KEEP=1
ifneq ($(KEEP),)
	@$(PROGRAM) scenarios run $(NAMES) --proxy-version=$(VERSION) --keep
else
	@$(DRILLS) --proxy-version=$(VERSION) --scenario='$(SCENARIO)' --label='$(LABEL)' --shard='$(SHARD)'
endif

test: ## run everything: lint, unit tests, replay, live; needs Docker. VERSION=all: every drill on every nginx
	@mkdir -p $(REPORT) && rm -f $(REPORT)/*.json $(REPORT)/*.xml $(REPORT)/*.html $(REPORT)/*.md
	@$(STOP); status=0; \
	  $(MAKE) --no-print-directory browser suite || exit 1; \
	  $(PROGRAM) images --proxy-version=all > $(REPORT)/images.txt 2>&1 & images=$$!; \
	  $(MAKE) --no-print-directory lint || status=1; \
	  wait $$images || status=1; cat $(REPORT)/images.txt; \
	  for part in unit drills others; do $(MAKE) --no-print-directory $$part || status=1; done; \
	  $(TALLY) sum $(REPORT)/unit.json $(REPORT)/drills-live.json $(REPORT)/live.json || status=1; \
	  exit $$status

check: lint unit ## run all that needs no Docker: lint, unit tests, replay

lint:
	@test -z "$$(gofmt -l .)" || { echo "gofmt is needed:"; gofmt -l .; exit 1; }
	@$(GO) mod tidy -diff
	@$(GO) vet -tags=live ./...
	@$(GO) tool staticcheck -tags=live ./...

# The report's page is tried in a browser; without one these tests say that they were left out.
browser:
	@command -v chromium >/dev/null || { test "$$(id -u)" = 0 && command -v apt-get >/dev/null \
	  && { apt-get -qq update; DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends chromium fonts-dejavu-core; } >/dev/null 2>&1; } \
	  || echo "no chromium, and it could not be installed: the report is not tried in a browser"

unit:
	@mkdir -p $(REPORT)
	@test -n "$(RACE)" || echo "no C compiler: the race detector is left out"
	@export GORACE=atexit_sleep_ms=0; { $(GO) test $(RACE) -json $$($(GO) list ./... | grep -v /harness/drill$$); \
	   $(GO) test $(RACE) -json -skip '$(RECORDED)' ./harness/drill; \
	   $(GO) test -json -run '$(RECORDED)' ./harness/drill; } | $(TALLY) unit $(REPORT)/unit.json

live: drills others ## run all that needs Docker

drills: suite
	@mkdir -p $(REPORT)
	@$(DRILLS) $(TESTED) --proof --ginkgo.json-report=$(abspath $(REPORT))/drills-live.json

others: suite
	@mkdir -p $(REPORT)
	@$(OTHERS) --json-report=live.json --junit-report=live.xml $(SUITE) -- --proxy-version=all

bench: ## measure speed, memory and exactness against their limits; ONLY=regexp
	@CGO_ENABLED=0 $(GO) build -trimpath -o bin/bench ./harness/cmd/bench
	@bin/bench -only '$(ONLY)' -report $(REPORT)

fuzz: ## fuzz every reader of what others write, each for FUZZTIME (1m)
	@for folder in $$(grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n 1 dirname | sort -u); do \
	  for target in $$($(GO) test ./$$folder -list '^Fuzz' | grep '^Fuzz'); do \
	    echo "$$folder $$target"; $(GO) test ./$$folder -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -parallel 1 || exit 1; \
	  done; \
	done

record: suite ## record the evidence of every drill anew, for the replay
	@$(DRILLS) --proxy-version=all --record=$(CURDIR)/scenarios

clean: build ## remove what runs left in Docker, and what was built here
	@-$(PROGRAM) clean --all --images
	@rm -rf bin $(REPORT)
