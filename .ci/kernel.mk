# For a kernel tree: make -f PATH/kernel.mk modalloc-gate BASE=origin/master TABLES=arch/nios2/mm
#
# BASE    the revision that the guarantees are those of
# TABLES  files and folders in which tables stand; the whole tree if left out

BASE ?= HEAD
TABLES ?=
MODALLOC ?= modalloc

.PHONY: modalloc-gate modalloc-verify

modalloc-gate:
	@$(MODALLOC) gate --base $(BASE) $(TABLES)

modalloc-verify:
	@$(MODALLOC) verify $(or $(TABLES),$(error say which: TABLES=FILE...))
