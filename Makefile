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

# The race detector needs a C compiler.
RACE      := $(if $(shell command -v $${CC:-cc}),-race)

comma     := ,
NAMES     := $(subst $(comma), ,$(SCENARIO))
GINKGO    := $(GO) tool ginkgo
TALLY     := $(GO) run ./harness/cmd/tally
CORES     := $(shell nproc)
# A drill waits for most of its time: where nothing else is measured, several are run for each core.
MANY      := --procs=$(or $(PROCS),$(shell expr 4 '*' $(CORES)))
FEW       := --procs=$(or $(PROCS),$(CORES))
LIVE      := BADGATEWAY_PROGRAM=$(CURDIR)/$(PROGRAM) $(GINKGO) --tags=live --succinct --silence-skips $$([ -t 2 ] || echo --no-color) \
             --output-dir=$(REPORT) --timeout=60m

.PHONY: help build images scenarios test check lint browser unit live bench fuzz record clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "  make scenarios SCENARIO=wrong-port VERSION=1.18        one scenario, one nginx"
	@echo "  make scenarios LABEL=unreachable,http SHARD=2/5        a fifth of what has both"
	@echo "  make scenarios SCENARIO=wrong-port/http-tcp KEEP=1     leave it broken for you"

build: ## build bin/badgateway
	@CGO_ENABLED=0 $(GO) build -trimpath -o $(PROGRAM) ./harness/cmd/badgateway

images: build ## get the images of nginx VERSION: found, pulled or built; VERSION=all
	@$(PROGRAM) images --proxy-version=$(VERSION)

scenarios: build ## break, diagnose, mend, prove; SCENARIO= LABEL= SHARD= VERSION= KEEP=1
ifneq ($(KEEP),)
	@$(PROGRAM) scenarios run $(NAMES) --proxy-version=$(VERSION) --keep
else
	@$(PROGRAM) images --proxy-version=$(VERSION) $(NAMES)
	@mkdir -p $(REPORT) && rm -f $(REPORT)/*.json $(REPORT)/*.xml $(REPORT)/*.html $(REPORT)/*.md
	@$(LIVE) $(MANY) --label-filter=scenario ./harness/suite -- \
	    --proxy-version=$(VERSION) --scenario='$(SCENARIO)' --label='$(LABEL)' --shard='$(SHARD)' --report=$(abspath $(REPORT)); \
	  status=$$?; $(PROGRAM) scenarios report $(REPORT) && exit $$status
endif

test: ## run everything: lint, unit tests, replay, live; needs Docker
	@mkdir -p $(REPORT) && rm -f $(REPORT)/*.json $(REPORT)/*.xml $(REPORT)/*.html $(REPORT)/*.md
	@$(MAKE) --no-print-directory browser
	@status=0; \
	  $(MAKE) --no-print-directory check || status=1; \
	  $(MAKE) --no-print-directory live || status=1; \
	  $(TALLY) sum $(REPORT)/unit.json $(REPORT)/scenarios-live.json $(REPORT)/live.json || status=1; \
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
	@$(GO) test $(RACE) -json ./... | $(TALLY) unit $(REPORT)/unit.json

live: build
	@mkdir -p $(REPORT)
	@$(PROGRAM) images --proxy-version=all
	@$(LIVE) $(MANY) --label-filter=scenario --json-report=scenarios-live.json ./harness/suite -- \
	    --proxy-version=all --proof --report=$(abspath $(REPORT)); \
	  status=$$?; $(PROGRAM) scenarios report $(REPORT); \
	  $(LIVE) $(FEW) --label-filter='!scenario' --json-report=live.json --junit-report=live.xml ./harness/suite -- \
	    --proxy-version=all && exit $$status

bench: ## measure speed, memory and exactness against their limits; ONLY=regexp
	@CGO_ENABLED=0 $(GO) build -trimpath -o bin/bench ./harness/cmd/bench
	@bin/bench -only '$(ONLY)' -report $(REPORT)

fuzz: ## fuzz every reader of what others write, each for FUZZTIME (1m)
	@for folder in $$(grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n 1 dirname | sort -u); do \
	  for target in $$($(GO) test ./$$folder -list '^Fuzz' | grep '^Fuzz'); do \
	    echo "$$folder $$target"; $(GO) test ./$$folder -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -parallel 1 || exit 1; \
	  done; \
	done

record: build ## record the evidence of every drill anew, for the replay
	@$(LIVE) $(MANY) --label-filter=scenario ./harness/suite -- --proxy-version=all --record=$(CURDIR)/scenarios

clean: build ## remove what runs left in Docker, and what was built here
	@-$(PROGRAM) clean --all --images
	@rm -rf bin $(REPORT)
