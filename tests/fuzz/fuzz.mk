# SPDX-License-Identifier: MIT
#
# Fuzzing.  Not a part of `make test', which needs no clang for it.
#
#	make fuzz-host			each harness for SECONDS=20, two at once
#	make fuzz-host F=cpio SECONDS=600
#	build/fuzz/cpio FILE		repeat what a run has kept
#	make fuzz-syscalls		any calls with anything, on Atlas itself:
#					CALLS=100000 SEED=1 WORKERS=8 MEM=512
#
# tests/fuzz/fuzz_X.c becomes build/fuzz/X: libFuzzer, with the kernel's pure
# code under ASan and UBSan.  What it learns is kept in build/fuzz/corpus/X;
# an input that breaks a promise, as build/fuzz/X-crash-*.

FUZZ_CC		?= clang-14
SECONDS		?= 20
F		?= $(FUZZERS)

FUZZERS := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_BINS := $(FUZZERS:%=build/fuzz/%)
FUZZ_SRCS := tests/fuzz/fuzz.c tests/host/samples.c \
	$(filter-out mm/vmspace.c fs/%,$(HOST_SRCS))
FUZZ_CFLAGS := $(filter-out -fsanitize% -fno-sanitize% -Werror,$(HOST_CFLAGS)) \
	-O2 -iquote tests/fuzz -Wno-unused-function -Wno-pointer-to-int-cast \
	-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all

build/fuzz/tools: tools/doctor
	$(Q)tools/doctor --install fuzz
	$(Q)mkdir -p $(@D) && touch $@

$(FUZZ_BINS): build/fuzz/%: tests/fuzz/fuzz_%.c $(FUZZ_SRCS) \
		$(wildcard tests/fuzz/*.h tests/host/*.[ch] lib/*.h mm/*.h) \
		| build/fuzz/tools
	$(call say,FUZZCC)
	$(Q)$(FUZZ_CC) $(FUZZ_CFLAGS) -o $@ $< $(FUZZ_SRCS) $(FUZZ_MORE)

build/fuzz/elf: FUZZ_MORE := tests/host/elf_file.c
build/fuzz/elf: kernel/elf.c kernel/elf.h

# What a fuzzer begins with.  More come out of its own search.
build/fuzz/seeds: build/host/samples/names
	$(Q)for fuzzer in $(FUZZERS); do mkdir -p $@/$$fuzzer; done
	$(Q)cp $(<D)/cpio-a.raw $@/cpio
	$(Q)cp $(<D)/cpio-a.* $@/archive
	$(Q)cp $(<D)/small*.gz $(<D)/header.gz $@/inflate
	$(Q)python3 tests/fuzz/tiny_elf.py > $@/elf/tiny
	$(Q)touch $@

fuzz-host: $(F:%=build/fuzz/%) build/fuzz/seeds ## fuzz the pure code with libFuzzer: SECONDS=20 each, F=cpio only that
	@for fuzzer in $(F); do echo $$fuzzer; done | \
		xargs -n 1 -P 2 tests/fuzz/run $(SECONDS)

CALLS		?= 100000
SEED		?= 1
WORKERS		?= 8

fuzz-syscalls: $(KERNEL) build/guest/fuzz_syscalls ## call Atlas with anything, from several processes: CALLS=2000000 SEED=1
	@tests/fuzz/syscalls $(KERNEL) $(CALLS) $(SEED) $(WORKERS)

.PHONY: fuzz-host fuzz-syscalls
