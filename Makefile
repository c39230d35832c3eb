# The commands of this repository, each a line or two. `make help` lists them.
SHELL := bash
.DEFAULT_GOAL := help

# The lock pins Debian's security updates by name and hash, and Debian drops a version once a newer one
# is out. A test machine may go on with the newer one: its images are marked unlocked, and nothing
# unlocked leaves it.
ALLOW_UNLOCKED = echo "PLINTH_UNLOCKED=allow: a locked .deb that Debian has dropped is replaced by its successor" >&2; PLINTH_UNLOCKED=allow

.PHONY: help pictures demo api lambda test offline clones verify lint lock bump mirror services prove bench

help:    ## this list
	@sed -nE 's/^([a-z]+): *## (.*)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

demo:    ## build, test, publish, invoke, change and deliver, on this machine: about 50 lines
	@$(ALLOW_UNLOCKED) ci/demo

# make exports what its command line sets; a NAME of the shell's (some have one) is not meant.
api:     ## the whole API over HTTP on this machine: its template's routes, the authorizer, the containers
	@ci/services start
	@$(ALLOW_UNLOCKED) ./pants package base:image lambdas:: >&2
	@$(ALLOW_UNLOCKED) ./pants run tests/pipeline/serve.py -- dist $(if $(PORT),--port=$(PORT))

lambda:  ## NAME=hello: writes the new lambda lambdas/hello, with tests that pass
	@ci/new-lambda "$(if $(filter command,$(origin NAME)),$$NAME)"

test:    ## every test, of the plugins too
	@ci/services start
	@ci/services browser
	@$(ALLOW_UNLOCKED) ./pants test ::

offline: ## every test again, after `make test`, with no network but loopback
	@$(ALLOW_UNLOCKED) ci/offline ./pants --no-pantsd test ::

clones:  ## two clones of this commit, built from nothing, give the same images
	@$(ALLOW_UNLOCKED) ci/clones

verify:  ## RELEASE=<id>: does the registry have what was released, and its commit give it again?
	@ci/verify $(or $(RELEASE),$(error which one? make verify RELEASE=2026-11-22.1))

lint:    ## formatting, style, types, shell scripts, locks; and what may enter
	@ci/lint
	@./pants lint ::

lock:    ## every lock again, at the versions that it has; prints what moved
	@ci/lock

bump:    ## PACKAGE=boto3: the newest version of a locked Python package; prints what moved
	@ci/lock $(addprefix --upgrade-package ,$(or $(PACKAGE),$(error which one? make bump PACKAGE=boto3)))

mirror:  ## every locked .deb into the registry on loopback, so that this commit can be built for as long as that lives
	@ci/services start
	@ci/mirror

services: ## starts the Docker engine and the registry that tests need, where they are not running
	@ci/services start

pictures: ## the picture of the README again, from what is really printed
	@3rdparty/tools/python ci/pictures.py

prove:   ## random changes of this repository: does `affected` name exactly the images and tests that differ?
	@$(ALLOW_UNLOCKED) bench/prove

bench:   ## the figures that the documentation quotes, measured on this machine
	@bench/run
