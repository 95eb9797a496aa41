# SPDX-License-Identifier: MIT
#
# What the cells loader-* and badinit-* of tests/run boot:
#
#   build/loader/shim.elf	the loader that lies about memory (shim.c)
#   build/loader/args		prints its arguments, for -initrd
#   build/loader/args-pie	the same as a static position-independent program
#   build/loader/args-dynamic	the same, but it needs an interpreter
#   build/loader/args.o		the same, not even linked
#
# The shim lies at 32 MiB, out of Atlas's way.  MAP: flags - rules.

LOADER_BINS := $(addprefix build/loader/,shim.elf args args-pie args-dynamic \
	args.o)
LOADER_CFLAGS := -std=gnu11 -ffreestanding -m32 -march=i686 \
	-mgeneral-regs-only -O1 -fno-pic -fno-pie -fno-stack-protector \
	-fno-strict-aliasing -fno-asynchronous-unwind-tables -Wall -Wextra -Werror
LOADER_LDFLAGS := -m32 -nostdlib -static -no-pie -Wl,--build-id=none \
	-Wl,-z,noexecstack,-z,noseparate-code,-Ttext-segment=0x02000000 \
	-Wl,--no-warn-rwx-segments

build/loader/shim.elf: tests/loader/start.S tests/loader/shim.c \
		tests/loader/loader.mk
	$(call say,LINK)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(LOADER_CFLAGS) $(LOADER_LDFLAGS) -o $@ \
		tests/loader/start.S tests/loader/shim.c -lgcc

build/loader/args: LOADER_LINK := -static
build/loader/args-pie: LOADER_LINK := -static-pie -fPIE
build/loader/args-dynamic: LOADER_LINK :=
build/loader/args.o: LOADER_LINK := -c

build/loader/args build/loader/args-pie build/loader/args-dynamic \
build/loader/args.o: tests/loader/args.c tests/loader/loader.mk
	$(call say,GUEST)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -O2 -Wall -Wextra -Werror $(LOADER_LINK) -o $@ $<
