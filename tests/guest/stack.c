// SPDX-License-Identifier: MIT
/*
 * stack - the stack grows by itself, as far as its limit and no further.
 *
 * Promises: recursion to megabytes works; one touch far below the stack
 * pointer makes it grow there; it ends 8 MiB below its top; a mapping in its
 * way stops it with a gap between; fresh stack pages are zero; a child has its
 * own; system calls may write to stack that is not there yet.
 */
#include "tests/guest/guest.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LIMIT	(8u << 20)

static uintptr_t stack_top, stack_foot;

static void find_stack(void)
{
	const char *line = area_of((uintptr_t)__builtin_frame_address(0));

	if (!line || sscanf(line, "%x-%x", &stack_foot, &stack_top) != 2)
		stack_foot = stack_top = 0;
}

static uint32_t dig(uint32_t depth);
static uint32_t (*volatile dig_again)(uint32_t) = dig;

/* A frame of about 4 KiB, checked on the way back. */
static uint32_t dig(uint32_t depth)
{
	uint32_t room[1000];
	uint32_t sum;

	fill((uintptr_t)room, sizeof(room), depth);
	sum = depth ? dig_again(depth - 1) : 0;
	return is_filled((uintptr_t)room, sizeof(room), depth) ? sum + 1 : 0;
}

static int dig_in_child(long depth)
{
	return dig(depth) == (uint32_t)depth + 1 ? 0 : 1;
}

static int dig_for_ever(long unused)
{
	(void)unused;
	return dig(1000000);
}

static int touch_at(long addr)
{
	*(volatile uint8_t *)addr = 1;
	return 0;
}

static void check_where(void)
{
	const char *line = area_of((uintptr_t)__builtin_frame_address(0));

	check(line && strstr(line, "[stack]"), "maps calls it [stack]");
	check(line && strstr(line, " rw-p "), "it is private, read and write");
	check(stack_top <= USER_TOP && stack_top - stack_foot < 1 << 20,
	      "it begins small, below 3 GiB");
}

static void check_growth(void)
{
	uintptr_t before = stack_foot;

	check(exited(run(dig_in_child, 1500), 0), "a child digs 6 MiB");
	find_stack();
	check(stack_foot == before, "the parent's stack has not grown");
	check(dig(550) == 551, "2 MiB of recursion keep every frame");
	find_stack();
	check(stack_top - stack_foot >= 2 << 20 &&
	      stack_top - stack_foot < 3 << 20, "maps shows the new size");
	check(dig(550) == 551, "the same again, where it has grown");
	expect(write_fault(stack_foot - 1), 0, "the next page below");
	expect(write_fault(stack_top - (4 << 20)), 0,
	       "one touch 4 MiB below the top");
	check(is_zero(stack_top - (4 << 20) + 1, (1 << 20) - 1),
	      "the new pages are zero");
	find_stack();
	expect(stack_top - stack_foot, 4 << 20, "it reaches down to there");
}

static void check_limit(void)
{
	struct fault fault;
	uintptr_t below = stack_top - LIMIT - PAGE;

	fault = fault_of(touch_at, stack_top - LIMIT + 16 * PAGE);
	expect(fault.sig, 0, "almost 8 MiB below the top");
	fault = fault_of(touch_at, below);
	check(fault.sig == SIGSEGV && fault.code == SEGV_MAPERR &&
	      fault.addr == below, "a page below that: SIGSEGV, SEGV_MAPERR");
	fault = fault_of(touch_at, stack_top - (64 << 20));
	check(fault.sig == SIGSEGV, "64 MiB below the top: SIGSEGV");
	dies_by(SIGSEGV, dig_for_ever, 0, "recursion without end");
	check(exited(run(dig_in_child, 1900), 0), "7.6 MiB are still possible");
}

static void check_gap(void)
{
	const uintptr_t wall = stack_foot - (3 << 20);

	expect(map(wall, PAGE, RW, ANON | MAP_FIXED_NOREPLACE), wall,
	       "a mapping 3 MiB below the stack");
	fill(wall, PAGE, 1);
	check(fault_of(touch_at, wall + PAGE).sig == SIGSEGV,
	      "the stack does not grow down to touch it");
	check(fault_of(touch_at, wall + 2 * PAGE).sig == SIGSEGV,
	      "nor to leave a single page");
	check(fault_of(touch_at, wall + (2 << 20)).sig == 0,
	      "well above it does grow");
	check(is_filled(wall, PAGE, 1), "the mapping keeps its bytes");
	munmap((void *)wall, PAGE);
	check(fault_of(touch_at, wall + PAGE).sig == 0,
	      "without the mapping it grows past");
}

static int read_below(long fd)
{
	uintptr_t below = stack_foot - 64 * PAGE;

	return read(fd, (void *)below, PAGE + 1) == PAGE + 1 ? 0 : 1;
}

static int exact_limit_read(long fd)
{
	return sys(SYS_read, fd, stack_top - LIMIT - PAGE, 16) == -EFAULT ?
	       0 : 1;
}

static void check_kernel(void)
{
	int fd = open("/dev/zero", O_RDONLY);

	check(exited(run(read_below, fd), 0),
	      "read() to stack that is not there yet makes it grow");
	check(exited(run(exact_limit_read, fd), 0),
	      "beyond the limit it is EFAULT");
	close(fd);
}

static int fill_stack(long seed)
{
	uint32_t room[20000];

	fill((uintptr_t)room, sizeof(room), seed);
	return is_filled((uintptr_t)room, sizeof(room), seed) ? 0 : 1;
}

int main(int argc, char **argv)
{
	volatile uint32_t mine = 77;
	bool all = true;

	(void)argc;
	guest_start(argv);
	find_stack();
	check_where();
	check_growth();
	check_limit();
	check_gap();
	check_kernel();
	for (int i = 0; i < 20; i++)
		all &= exited(run(fill_stack, i), 0);
	check(all && mine == 77, "20 children write their stacks, not ours");
	return guest_end();
}
