# SPDX-License-Identifier: MIT
#
# Units on the build machine: the kernel's pure code under ASan and UBSan.
#
# tests/host/test_X.c becomes the program build/host/X.  All of HOST_SRCS is in
# one archive behind it, and the linker takes from there only what is asked for
# and missing: a test that defines alloc_pages() itself gets its own, and one
# that does not gets the buddy allocator, if that is in HOST_SRCS.
#
# Headers of hardware are replaced by those in tests/host/fake.
#
#	make host-tests		builds and runs them all
#	SEED=1 build/host/lib_rbtree '*augmented*'
#
# MAP: the sources under test - flags - rules.  A unit that includes its source
# (test_buddy.c does) needs no line in HOST_SRCS.

HOST_SRCS := $(wildcard lib/*.c) mm/vma.c mm/vmspace.c \
	fs/path.c fs/dentry.c fs/mount.c fs/inode.c fs/cred.c

HOST_CFLAGS := -std=gnu11 -O1 -g -DHOST_TEST -DDEBUG -U_FORTIFY_SOURCE \
	-fno-strict-aliasing -fno-omit-frame-pointer -Wall -Wextra -Werror \
	-fsanitize=address,undefined -fno-sanitize-recover=all \
	-iquote tests/host/fake -iquote . -iquote tests/host \
	-include tests/host/names.h

HOST_TESTS := $(patsubst tests/host/test_%.c,%,$(wildcard tests/host/test_*.c))
HOST_BINS := $(HOST_TESTS:%=build/host/%)
HOST_OBJS := $(sort $(HOST_SRCS:%.c=build/host/%.o))

build/host/%.o: %.c tests/host/host.mk
	$(call say,HOSTCC)
	$(Q)mkdir -p $(@D)
	$(Q)$(HOSTCC) $(HOST_CFLAGS) -MMD -MP -c -o $@ $<

build/host/atlas.a: $(HOST_OBJS)
	$(Q)rm -f $@ && ar rcs $@ $^

$(HOST_BINS): build/host/%: build/host/tests/host/test_%.o \
		build/host/tests/host/host.o build/host/tests/host/samples.o \
		build/host/atlas.a
	$(call say,HOSTLD)
	$(Q)$(HOSTCC) $(HOST_CFLAGS) -o $@ $^

build/host/elf: build/host/tests/host/elf_file.o

# What the tests of unpackers unpack.
build/host/samples/names: tests/host/samples.py
	$(call say,SAMPLES)
	$(Q)python3 $< $(@D)

build/host/lib_inflate build/host/lib_archive: \
		| build/host/samples/names

host-tests: $(HOST_BINS) ## run the units of tests/host on this machine, under sanitizers
	@failed=; for unit in $^; do $$unit || failed="$$failed $$unit"; done; \
	test -z "$$failed" || { echo "failed:$$failed" >&2; false; }

.PHONY: host-tests
-include $(HOST_OBJS:.o=.d) $(HOST_TESTS:%=build/host/tests/host/test_%.d) \
	build/host/tests/host/host.d build/host/tests/host/samples.d \
	build/host/tests/host/elf_file.d
