# Building, checking and deploying template.yaml. Included by the Makefile.
#
# No Docker and no Python of the target's version is needed: bundle/Makefile packs what SAM asks for. With
# TARGET_PYTHON naming a Python 3.13, the bundles carry bytecode, and functions start faster.

ENV ?= dev
VENV ?= .venv
SAM_VENV ?= .venv-sam
SAM_ENVIRONMENT := SAM_CLI_TELEMETRY=0 UV="$(abspath $(VENV))/bin/uv" PYTHON="$(abspath $(VENV))/bin/python"
SAM := $(SAM_ENVIRONMENT) $(SAM_VENV)/bin/sam

.PHONY: build deploy validate sbom

build: $(SAM_VENV)/.ready ## pack the functions and the layer as they are deployed
	$(SAM) build --config-env $(ENV)

deploy: $(SAM_VENV)/.ready ## build and deploy to AWS, from nothing to a working stage: ENV=dev | staging | prod, GUIDED=1
	@$(SAM_ENVIRONMENT) $(PYTHON) -m bundle.deploying --env $(ENV) --sam $(SAM_VENV)/bin/sam $(if $(GUIDED),--guided)

sbom: build ## what the bundles are made of, as CycloneDX, into .build/sbom
	@$(PYTHON) -m bundle.sbom --built .aws-sam/build --out .build/sbom

validate: $(SAM_VENV)/.ready ## check template.yaml; needs no AWS account
	$(SAM) validate --lint

# SAM CLI pins much of what the tests use, so it lives in an environment of its own.
$(SAM_VENV)/.ready: requirements/sam.txt $(READY)
	$(VENV)/bin/uv venv --quiet --clear --python $(VENV)/bin/python $(SAM_VENV)
	$(VENV)/bin/uv pip install --quiet --python $(SAM_VENV)/bin/python --require-hashes -r requirements/sam.txt
	touch $@
