# airloom: make run · make test · make test-ams · make build · make lint · make bench · make soak · make fuzz
#
# Every target does all it needs first: packages by apt (it says which and why),
# FFmpeg 7.1 (built once, about 5 minutes, cached outside the tree), Go modules,
# the web page. Nothing has to be run before it.

SHELL  := /bin/bash
BIN    := bin/airloom
CACHE  := $(or $(AIRLOOM_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/airloom)
LINT   := $(CACHE)/golangci-lint-v2.15.0
LAL    := $(CACHE)/lalserver-v0.37.4
LALGO  := github.com/q191201771/lal
AMS    := $(CACHE)/ant-media-server-2.17.1
CGO    := env=$$(configs/ffmpeg/env.sh) && eval "$$env" &&
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
# Tests run a package at a time: many of them measure time on a real clock.
TEST   := go test -p 1 -timeout 20m
# These measure no time, or only wait: two of them run beside each other.
BESIDE := ./web ./web/hooks ./cmd/internal/... ./configs/... ./playlist/... ./playout/asrun ./playout/clip ./playout/ingest ./playout/probe ./playout/vet ./output/...
# Tests have the binary and every tool that setup brings: one missing is a failure.
WITH   := AIRLOOM_BIN=$(CURDIR)/$(BIN) AIRLOOM_TOOLS=1
FUZZTIME ?= 30s

.PHONY: build run test test-pure test-ams lint looks bench soak setup setup-test setup-ams lal ui clean fuzz

build: setup ui
	@$(CGO) go build -trimpath -buildvcs=false -ldflags '-s -w -X main.version=$(VERSION)' -o $(BIN) ./cmd/airloom
	@echo "$(BIN) is ready"

run: build
	@exec $(BIN) demo

setup:
	@configs/setup.sh build
	@configs/ffmpeg/build.sh >/dev/null

setup-test:
	@configs/setup.sh test
	@configs/ffmpeg/build.sh >/dev/null
	@$(MAKE) --no-print-directory lal

# What is pure Go must stay so: it builds without a C compiler.
PURE := ./configs/... ./playlist/... ./playout ./playout/media ./playout/timeline ./playout/levels ./playout/control/... ./playout/asrun ./playout/rehearse ./output/... ./web/...

test: setup-test build
	@CGO_ENABLED=0 go vet $(PURE)
	@$(CGO) export $(WITH) && beside=$$(go list $(BESIDE)) && alone=$$(go list ./... | grep -vxF "$$beside") && \
		{ $(TEST) -p 2 $$beside; failed=$$?; $(TEST) $$alone && exit $$failed; }

# Against a real Ant Media Server, which it brings (a JDK 17 and 300 MB): about 5 minutes.
test-ams: setup-ams build
	@$(CGO) $(WITH) AIRLOOM_AMS=1 $(TEST) -count 1 -v -run AMS ./cmd/airloom

# The pure packages alone: needs Go and nothing else.
test-pure:
	@CGO_ENABLED=0 $(TEST) $(PURE)

# A short run of each fuzz target of what people write; FUZZTIME=1h is a long one.
fuzz:
	@grep -ro --include='*_test.go' 'func Fuzz[A-Za-z0-9]*' playlist configs | sed 's|/[^/]*:func | |' | while read -r dir name; do \
		echo "$$name in $$dir, for $(FUZZTIME)"; \
		CGO_ENABLED=0 go test -run xxx -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) "./$$dir" </dev/null || exit 1; \
	done

# The long versions of the measurements: hours.
soak: setup-ams build
	@$(CGO) $(WITH) AIRLOOM_SOAK=1 AIRLOOM_AMS=1 go test -p 1 -timeout 6h -v -run 'Soak|Row|Plan|Month|Killed' ./cmd/... ./playlist/... ./playout/...

# What it costs, against the ffmpeg program; the figures are left in bin/bench.json.
bench: setup-test build
	@rm -f bin/bench.json
	@$(CGO) $(WITH) AIRLOOM_BENCH=$(CURDIR)/bin/bench.json go test -p 1 -count 1 -timeout 60m -run 'Row08|Bench' -v ./cmd/...
	@$(CGO) go test -p 1 -run xxx -bench . ./playout/... ./encoder/...
	@cat bin/bench.json && echo

# Pictures of every page of the desk, to be looked at: bin/looks.
looks: setup-test build
	@$(CGO) $(WITH) AIRLOOM_LOOKS=$(CURDIR)/bin/looks go test -count 1 -timeout 60m -run Desk08 -v ./cmd/airloom

lint: setup $(LINT)
	@list=$$(find . -name node_modules -prune -o -name '*.go' -print0 | xargs -0 gofmt -l); \
		test -z "$$list" || { echo "$$list"; echo "gofmt these files"; exit 1; }
	@$(CGO) $(LINT) run --allow-serial-runners ./...

$(LINT):
	@echo "lint: building golangci-lint v2.15.0, once (some minutes)"
	@mkdir -p $(CACHE)
	@GOBIN=$(CACHE)/lint-bin GOFLAGS= go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
	@mv $(CACHE)/lint-bin/golangci-lint $@ && rmdir $(CACHE)/lint-bin

# A media server for the tests. `go install module/program@version` will not take
# it (its own list of versions is refused), as a part of a module it comes.
lal: $(LAL)
	@:
$(LAL):
	@echo "test: building lalserver v0.37.4, once"
	@mkdir -p $(CACHE) && work=$$(mktemp -d $(CACHE)/lal.XXXXXX) && trap 'rm -rf "$$work"' EXIT && cd "$$work" && \
		export GOFLAGS= GOWORK=off && go mod init lal 2>/dev/null && \
		{ go get $(LALGO)@v0.37.4 $(LALGO)/pkg/logic@v0.37.4 2>said || { cat said; exit 1; }; } && \
		go build -trimpath -o lalserver $(LALGO)/app/lalserver && mv lalserver $@

# Ant Media Server, Community, for `make test-ams`. Whoever cannot have it tests without.
setup-ams: setup-test
	@configs/setup.sh ams
	@[ -d $(AMS) ] || $(MAKE) --no-print-directory $(AMS) || \
		echo "SKIPPED: Ant Media Server 2.17.1 could not be had, as said above, and nothing is tested against it"

$(AMS):
	@echo "test-ams: fetching Ant Media Server 2.17.1, once (some 300 MB)"
	@mkdir -p $(CACHE) && work=$$(mktemp -d $(CACHE)/ams.XXXXXX) && trap 'rm -rf "$$work"' EXIT && \
		timeout 900 mvn -q -B dependency:get -Dartifact=io.antmedia:ant-media-server:2.17.1:zip:community -Dtransitive=false </dev/null && \
		unzip -q "$${M2_REPO:-$$HOME/.m2/repository}/io/antmedia/ant-media-server/2.17.1/ant-media-server-2.17.1-community.zip" -d "$$work" && \
		mv -T "$$work/ant-media-server" $@

# The desk that the binary carries.
UI := $(shell find web/ui -path web/ui/node_modules -prune -o -path web/ui/dist -prune -o -path web/ui/e2e -prune -o -name schema.d.ts -prune -o -type f -print 2>/dev/null) web/openapi.yaml
ui: web/ui/dist/index.html
web/ui/dist/index.html: web/ui/node_modules/.package-lock.json $(UI)
	@cd web/ui && npm run --silent build
	@touch $@
web/ui/node_modules/.package-lock.json: web/ui/package-lock.json
	@command -v npm >/dev/null || configs/setup.sh build
	@cd web/ui && npm ci --no-audit --no-fund --loglevel=error && touch node_modules/.package-lock.json

clean:
	rm -rf bin web/ui/dist/* web/ui/node_modules
