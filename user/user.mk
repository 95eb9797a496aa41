# SPDX-License-Identifier: MIT
#
# The programs that need no libc: build/user/tour.  Code and data lie in pages
# of their own, from 0x08048000, where i386 programs have always begun; symbols
# are kept for gdb.  They run on Linux as well.  MAP: flags - rules.

USER_CFLAGS := -std=gnu11 -ffreestanding -m32 -march=i686 -mgeneral-regs-only \
	-Os -g -fno-pic -fno-pie -fno-stack-protector -fno-common \
	-fno-asynchronous-unwind-tables -Wall -Wextra -Werror -iquote .
USER_LDFLAGS := -m32 -nostdlib -static -no-pie -Wl,--build-id=none \
	-Wl,-z,noexecstack,-z,noseparate-code,-Ttext-segment=0x08048000

build/user/%.c.o: user/%.c user/user.mk
	$(call say,CC)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(USER_CFLAGS) -MMD -MP -c -o $@ $<

build/user/%.S.o: user/%.S user/user.mk
	$(call say,AS)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(USER_CFLAGS) -MMD -MP -c -o $@ $<

build/user/tour: build/user/start.S.o build/user/tour.c.o build/user/print.c.o
	$(call say,LINK)
	$(Q)$(CC) $(USER_LDFLAGS) -o $@ $^ -lgcc

-include $(wildcard build/user/*.d)
