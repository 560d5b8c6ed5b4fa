# For a kernel tree:
#   make -f PATH/kernel.mk modalloc-gate BASE=origin/master ARCH=arm64 KERNEL_CONFIG=~/build/.config
#   make -f PATH/kernel.mk modalloc-gate BASE=origin/master TABLES=tools/modalloc/tables
#
# BASE           the revision that the guarantees are those of
# ARCH           the architecture whose execmem_arch_setup() is read, as the tree has it
# KERNEL_CONFIG  its configuration; .config of the tree if left out
# TABLES         or else files and folders in which tables are written out

BASE ?= HEAD
TABLES ?=
ARCH ?=
KERNEL_CONFIG ?=
MODALLOC ?= modalloc

of_tree = $(and $(ARCH),--arch $(ARCH)) $(and $(KERNEL_CONFIG),--kernel-config $(KERNEL_CONFIG))

.PHONY: modalloc-gate modalloc-verify

modalloc-gate:
	@$(MODALLOC) gate --base $(BASE) $(if $(TABLES),$(TABLES),$(of_tree))

modalloc-verify:
	@$(MODALLOC) verify $(or $(TABLES),$(if $(ARCH),. $(of_tree),$(error say which: ARCH=... or TABLES=FILE...)))
