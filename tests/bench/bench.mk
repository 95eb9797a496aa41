# SPDX-License-Identifier: MIT
#
# build/bench/user, the costs that a program sees: no libc, as the programs of
# user/, whose start-up code it uses.

BENCH_BINS	:= build/bench/user

build/bench/user.o: tests/bench/user.c user/user.mk tests/bench/bench.mk
	$(call say,CC)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(USER_CFLAGS) -O2 -MMD -MP -c -o $@ $<

build/bench/user: build/bench/user.o build/user/start.S.o build/user/print.c.o
	$(call say,LINK)
	$(Q)$(CC) $(USER_LDFLAGS) -o $@ $^ -lgcc

-include build/bench/user.d
