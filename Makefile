# What there is to do with this checkout; `make` lists it. What each target makes again is told in docs/maintaining.md.
.DEFAULT_GOAL := help
.PHONY: help check test lint types docs proofs campaigns speed board

help:       # this list
	@grep -E '^[a-z]+: .*# ' $(MAKEFILE_LIST) | sed 's/:.*# /\t/' | expand -t 12

check: test lint types # what every change must pass

test:       # the tests, in parallel
	pytest

lint:       # style and form
	ruff check .
	ruff format --check .

types:      # types of bench, methods and tasks
	mypy

docs:       # what docs/datasets.md, leaderboard.md, methods.md and contract.md say of the code, from the code
	python -m tests.proofs.datasets_page
	python -m tests.proofs.leaderboard_page
	python -m tests.proofs.methods_page
	python -m tests.proofs.contract_page

proofs:     # the tables and the figure of docs/decodability.md (hours; goes on where it stopped) and the phantoms' sheets
	python -m tests.proofs.decodability_table
	python -m tests.proofs.arenas_table
	python -m tests.proofs.phantom_sheet docs/phantom.png
	python -m tests.proofs.phantom_sheets docs

campaigns:  # broken files by the hundred, and a cache whose building is killed (minutes)
	python -m tests.campaigns.mutations 300
	python -m tests.campaigns.kills

speed:      # the tests of speed, one after another
	pytest tests/speed -n 0 -s

board:      # the phantom's leaderboard and the figure of the README (a run takes minutes; none is done twice)
	bench run -m method=erm,adversarial task=cxr seed=0,1,2,3,4 scoring=board
	bench run -m method=erm,adversarial task=cxr task.seed=1,2 scoring=board
	bench run -m method=distortion,group_dro,oracle,race_reader,reweighting task=cxr seed=0 scoring=board
	bench leaderboard task=cxr
