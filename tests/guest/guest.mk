# SPDX-License-Identifier: MIT
#
# The programs that run on the host's Linux and as process 1 of Atlas: every
# tests/guest/*.c but the shared guest.c and rand.c is one, build/guest/<name>.
# What they print must be the same on both.  MAP: their names - flags - the rule.
#
# fuzz_syscalls and hostile are for Atlas alone.

GUESTS_ALONE	:= fuzz_syscalls hostile
GUEST_NAMES	:= $(filter-out guest rand $(GUESTS_ALONE),\
	$(patsubst tests/guest/%.c,%,$(sort $(wildcard tests/guest/*.c))))
GUEST_BINS	:= $(GUEST_NAMES:%=build/guest/%)
RAND_BINS	:= $(addprefix build/guest/,rand_elf rand_files rand_mm)
GUEST_CFLAGS	:= -std=gnu11 -D_GNU_SOURCE -O2 -g -march=i686 -Wall -Wextra \
	-Werror -iquote .

build/guest/%: tests/guest/%.c tests/guest/guest.c tests/guest/guest.h \
		tests/guest/guest.mk
	$(call say,GUEST)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(GUEST_CFLAGS) -static -o $@ $(filter %.c,$^)

$(RAND_BINS): tests/guest/rand.c tests/guest/rand.h

guests: $(GUEST_BINS) ## build the guest programs
.PHONY: guests

# Process 1 of the Linux that runs them where this machine's own cannot.
build/linux/judge: tests/linux/judge.c tests/guest/guest.mk
	$(call say,GUEST)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(GUEST_CFLAGS) -static -o $@ $<

# The same on musl, of Debian's packages for i386, for who asks for it.
MUSL	:= build/i386/musl
MUSL_LIB := $(MUSL)/usr/lib/i386-linux-musl

$(MUSL_LIB)/libc.a: tools/debian
	$(call say,DEBIAN)
	$(Q)tools/debian --alone $(MUSL) musl musl-dev && touch $@

build/musl/hello: tests/musl/hello.c $(MUSL_LIB)/libc.a tests/guest/guest.mk
	$(call say,MUSL)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -O2 -Wall -Wextra -Werror -fno-stack-protector \
		-nostdinc -isystem $(MUSL)/usr/include/i386-linux-musl \
		-static -no-pie -nostdlib -o $@ $(MUSL_LIB)/crt1.o \
		$(MUSL_LIB)/crti.o $< $(MUSL_LIB)/libc.a -lgcc \
		$(MUSL_LIB)/crtn.o
