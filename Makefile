# The one entry. `make help` lists what there is.
SHELL := /bin/bash
.DEFAULT_GOAL := help
# The ONNX runtime sends usage data unless told not to.
export ORT_DISABLE_TELEMETRY := 1
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

# A cluster of your own is used only when it is named on the command line; a KUBECONFIG that
# happens to be in the environment is not.
ifneq ($(origin KUBECONFIG),command line)
unexport KUBECONFIG
override undefine KUBECONFIG
endif

.PHONY: help setup dev dev-server python-venv check test test-long test-changed test-e2e test-faults test-clients test-docs chart-programs demo demo-circle demo-down serve conformance model evaluate export bench-server bench-truth bench-overload bench-operator bench-enrichment bench-capture soak generate format images chart sbom end-to-end publish-chart cluster-up cluster-down

help: ## Lists the targets
	@awk -F ':.*## ' '/^##@ / { printf "\n%s\n", substr($$0, 5) } /^[a-z0-9-]+:.*## / { printf "  make %-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

node_modules/.package-lock.json: package-lock.json
	@echo "Installing the npm packages"
	@SCARF_ANALYTICS=false npm ci --no-fund --no-audit --loglevel=error
	@touch $@

# One test looks at the API's documentation as a browser shows it.
/usr/bin/chromium:
	@echo "Installing chromium"
	@apt-get update -q >/dev/null && apt-get install -qy --no-install-recommends chromium >/dev/null

# Capture is tested with a real database. Debian would start one on this machine as well.
/usr/lib/postgresql/15/bin/initdb:
	@echo "Installing PostgreSQL"
	@mkdir -p /etc/postgresql-common
	@test -e /etc/postgresql-common/createcluster.conf || \
	  echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
	@apt-get update -q >/dev/null && apt-get install -qy --no-install-recommends \
	  -o Dpkg::Options::=--force-confold postgresql-15 >/dev/null

# Debian has Python without what an environment is made with.
python-venv:
	@python3 -c 'import ensurepip' 2>/dev/null || { echo "Installing python3-venv" && \
	  apt-get update -q >/dev/null && apt-get install -qy --no-install-recommends python3-venv >/dev/null; }

# What the chart's tests need beside helm; the demo does not.
chart-programs: setup
	@node tools/chart-programs/main.ts

##@ Try it

demo: setup ## From nothing to a measured P95. Your own cluster: make demo KUBECONFIG=… REGISTRY=…
	@node tools/demo.ts $(if $(KUBECONFIG),--kubeconfig $(KUBECONFIG)) $(if $(REGISTRY),--registry $(REGISTRY))

demo-circle: setup ## A model learns from its traffic: capture, labels, training, gated rollout
	@node tools/demo.ts --circle $(if $(KUBECONFIG),--kubeconfig $(KUBECONFIG)) $(if $(REGISTRY),--registry $(REGISTRY))

demo-down: node_modules/.package-lock.json ## Removes every trace of the demo
	@node tools/demo.ts --down $(if $(KUBECONFIG),--kubeconfig $(KUBECONFIG))

serve: node_modules/.package-lock.json ## The server with the French model on http://localhost:8080
	@MODEL_PATH=model/intent-fr.onnx DRAIN_SECONDS=0 node server/src/serve/main.ts

##@ Develop

setup: node_modules/.package-lock.json ## Installs everything: npm and Debian packages, Kubernetes, helm, k6
	@node tools/cluster/main.ts build

dev: setup ## The operator from its sources against the test cluster, restarted on change
	@node tools/dev.ts operator

dev-server: node_modules/.package-lock.json ## The server from its sources with the French model, restarted on change
	@node tools/dev.ts server

generate: node_modules/.package-lock.json ## Writes what is derived from the CRD and values.yaml
	@node --run generate

format: node_modules/.package-lock.json ## Formats all files
	@node --run format

cluster-up: setup ## Starts the test cluster and prints the path of its kubeconfig
	@node tools/cluster/main.ts up

cluster-down: node_modules/.package-lock.json ## Removes the test cluster
	@node tools/cluster/main.ts down

##@ Test

check: setup chart-programs /usr/bin/chromium /usr/lib/postgresql/15/bin/initdb ## Format, lint, types, generated files, and all tests that need no cluster
	@node --run check

test: setup chart-programs /usr/bin/chromium /usr/lib/postgresql/15/bin/initdb python-venv ## All tests, on a test cluster that is started and removed
	@node tools/test.ts --static --cluster

test-long: setup chart-programs /usr/bin/chromium /usr/lib/postgresql/15/bin/initdb python-venv ## What is too long for each change: figures, pipelines, examples and guides
	@node tools/test.ts --long

test-changed: setup chart-programs /usr/bin/chromium /usr/lib/postgresql/15/bin/initdb ## Only the tests without a cluster that changes since main can affect
	@node tools/test.ts --changed

test-e2e: setup chart-programs ## Only the tests on the test cluster, which keeps running
	@node tools/cluster/main.ts up
	@node tools/test.ts test/e2e

test-docs: setup ## Only the tests of the documents: YAML, links, and commands on the test cluster
	@node tools/cluster/main.ts up
	@node tools/test.ts test/docs test/e2e/documents

test-clients: node_modules/.package-lock.json python-venv ## Only the tests with third-party clients and models
	@node tools/test.ts test/clients

test-faults: setup ## Ten thousand requests during each fault; none may be lost. One fault: ONLY='words of its title'
	@node tools/cluster/main.ts up
	@node test/faults/main.ts $(if $(ONLY),--only "$(ONLY)")

soak: node_modules/.package-lock.json ## A million requests; fails if memory grows or an answer is wrong
	@node tools/bench/soak/main.ts $(if $(REQUESTS),--requests $(REQUESTS))

##@ Measure

bench-server: setup python-venv ## Our server beside other servers, 20 minutes (ARGS=--quick for a trial)
	@node tools/bench/server/main.ts run $(ARGS)

bench-truth: setup python-venv ## Our load generator beside vegeta and Locust, 10 minutes (ARGS=--quick)
	@node tools/bench/generator/main.ts run $(ARGS)

bench-overload: setup ## A slow model at two and four times its capacity
	@node tools/bench/overload/main.ts $(ARGS)

bench-operator: setup ## The operator with up to 5,000 models, one hour (ARGS=--quick)
	@node tools/bench/operator/main.ts $(ARGS)

bench-capture: setup /usr/lib/postgresql/15/bin/initdb ## What capture costs a request, 10 minutes (ARGS=--quick)
	@node tools/bench/capture/main.ts $(ARGS)

bench-enrichment: setup /usr/lib/postgresql/15/bin/initdb ## Enrichment in bulk beside one request at a time, and queues of millions (ARGS=--quick)
	@node tools/bench/enrichment/main.ts $(ARGS)

##@ Models and protocol

model: node_modules/.package-lock.json ## Trains the French model from its corpus
	@node model/src/main.ts train

evaluate: node_modules/.package-lock.json ## Evaluates the French model: make evaluate DATA=file.json
	@node model/src/main.ts evaluate $(if $(DATA),--data $(DATA))

export: node_modules/.package-lock.json ## Exports labelled sentences: make export DATABASE_FOLDER=… ARGS='--model ns/name'
	@node server/src/export/main.ts $(ARGS)

conformance: node_modules/.package-lock.json ## Tests any Open Inference Protocol server: make conformance URL=http://… MODEL=name
	@node tools/conformance/main.ts $(if $(URL),--url $(URL)) $(if $(MODEL),--model $(MODEL)) $(if $(INPUTS),--inputs $(INPUTS))

##@ Build and release

images: setup ## Builds and loads the three images, or pushes them: make images REGISTRY=…
	@node tools/cluster/main.ts images $(if $(REGISTRY),--registry $(REGISTRY))

chart: setup ## Checks the chart and packages it into dist/chart
	@node tools/pipeline/main.ts chart

sbom: node_modules/.package-lock.json ## Writes an inventory (SPDX) of each image in dist/images
	@node tools/pipeline/main.ts sbom

end-to-end: setup ## Installs dist/ in the test cluster and waits until a model meets its SLO
	@node tools/pipeline/main.ts end-to-end

publish-chart: setup
	@node tools/pipeline/main.ts publish-chart
