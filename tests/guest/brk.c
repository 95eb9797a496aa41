// SPDX-License-Identifier: MIT
/*
 * brk - the heap's end moves up and down.
 *
 * Promises: the system call answers the new break, or the old one when it
 * refuses; any byte may be the break; new memory is zero, also where there was
 * some before; what lies below the break stays; it refuses to go below its
 * beginning, into another mapping or into the kernel; maps calls it [heap].
 */
#include "tests/guest/guest.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static uintptr_t brk_to(uintptr_t addr)
{
	return sys(SYS_brk, addr);
}

static uintptr_t heap;		/* page-aligned, behind libc's own */

static void check_moves(void)
{
	expect(brk_to(0), heap, "brk(0) tells the break");
	expect(brk_to(heap + 10 * PAGE), heap + 10 * PAGE, "ten pages up");
	check(is_zero(heap, 10 * PAGE), "are zero");
	fill(heap, 10 * PAGE, 1);
	expect(read_fault(heap + 10 * PAGE), SEGV_MAPERR, "and not one more");
	expect(brk_to(heap + 4 * PAGE), heap + 4 * PAGE, "six pages down");
	check(is_filled(heap, 4 * PAGE, 1), "the rest keeps its bytes");
	expect(read_fault(heap + 4 * PAGE), SEGV_MAPERR, "the others are gone");
	expect(brk_to(heap + 10 * PAGE), heap + 10 * PAGE, "up again");
	check(is_zero(heap + 4 * PAGE, 6 * PAGE) &&
	      is_filled(heap, 4 * PAGE, 1), "what comes back is zero");
	expect(brk_to(heap), heap, "all the way down");
	expect(read_fault(heap), SEGV_MAPERR, "nothing is left");
}

static void check_bytes(void)
{
	expect(brk_to(heap + 1), heap + 1, "one byte up");
	expect(write_fault(heap + PAGE - 1), 0, "gives a page");
	expect(read_fault(heap + PAGE), SEGV_MAPERR, "and not two");
	fill(heap, PAGE, 2);
	expect(brk_to(heap + 100), heap + 100, "99 bytes more");
	expect(brk_to(heap + PAGE), heap + PAGE, "to the page's end");
	check(is_filled(heap, PAGE, 2), "keep the page");
	expect(brk_to(heap + PAGE + 1), heap + PAGE + 1, "a byte behind it");
	check(is_zero(heap + PAGE, PAGE), "is another page");
	expect(brk_to(heap + 50), heap + 50, "down into the first page");
	check(is_filled(heap, PAGE, 2), "which stays whole");
	expect(read_fault(heap + PAGE), SEGV_MAPERR, "the second is gone");
	expect(brk_to(heap), heap, "down to where it began");
}

static void check_refusals(void)
{
	const uintptr_t wall = heap + 64 * PAGE;
	uintptr_t low;

	brk_to(heap + 4 * PAGE);
	fill(heap, 4 * PAGE, 3);
	expect(map(wall, PAGE, RW, ANON | MAP_FIXED_NOREPLACE), wall,
	       "a mapping 64 pages up");
	fill(wall, PAGE, 4);
	expect(brk_to(wall + PAGE), heap + 4 * PAGE, "over it: refused");
	expect(brk_to(wall + 1), heap + 4 * PAGE, "into it: refused");
	expect(brk_to(wall), heap + 4 * PAGE, "right below it: refused");
	expect(brk_to(wall - PAGE), wall - PAGE, "a page below it: allowed");
	check(is_filled(wall, PAGE, 4) && is_filled(heap, 4 * PAGE, 3),
	      "both keep their bytes");
	munmap((void *)wall, PAGE);
	expect(brk_to(wall + PAGE), wall + PAGE, "without it there is room");
	expect(brk_to(USER_TOP), wall + PAGE, "to 3 GiB: refused");
	expect(brk_to(USER_TOP + PAGE), wall + PAGE, "beyond: refused");
	expect(brk_to(0xFFFFFFFF), wall + PAGE, "to the last byte: refused");
	expect(brk_to((uintptr_t)&low + PAGE), wall + PAGE,
	       "over the stack: refused");
	low = (uintptr_t)check_refusals;
	expect(brk_to(low), wall + PAGE, "into the text: refused");
	expect(brk_to(1), wall + PAGE, "to byte 1: refused");
	check(is_filled(heap, 4 * PAGE, 3), "nothing changed");
	brk_to(heap);
}

static int grow_in_child(long unused)
{
	(void)unused;
	if (brk_to(0) != heap + 2 * PAGE || !is_filled(heap, 2 * PAGE, 5))
		return 1;
	if (brk_to(heap + 9 * PAGE) != heap + 9 * PAGE)
		return 2;
	fill(heap, 9 * PAGE, 6);
	return 0;
}

static void check_others(void)
{
	const char *line;

	brk_to(heap + 2 * PAGE);
	fill(heap, 2 * PAGE, 5);
	line = area_of(heap);
	check(line && strstr(line, "[heap]") && strstr(line, " rw-p "),
	      "maps calls it [heap]");
	check(exited(run(grow_in_child, 0), 0), "a child moves its own break");
	check(brk_to(0) == heap + 2 * PAGE && is_filled(heap, 2 * PAGE, 5),
	      "the parent's stays");
	expect(munmap((void *)heap, PAGE), 0, "a page of it is unmapped");
	expect(brk_to(heap + 3 * PAGE), heap + 3 * PAGE, "it still grows");
	check(is_filled(heap + PAGE, PAGE, 5) &&
	      is_zero(heap + 2 * PAGE, PAGE), "at its end");
	expect(brk_to(heap), heap, "and shrinks over the hole");
	check(sbrk(PAGE) == (void *)heap && sbrk(0) == (void *)(heap + PAGE),
	      "libc's sbrk agrees");
	check(sbrk(-(int)PAGE) == (void *)(heap + PAGE) &&
	      sbrk(0) == (void *)heap, "in both directions");
}

static void check_big(void)
{
	const size_t size = 32 << 20;
	bool all = true;

	expect(brk_to(heap + size), heap + size, "32 MiB up");
	for (size_t at = 0; at < size; at += 1 << 20) {
		fill(heap + at, 64, at);
		all &= is_filled(heap + at, 64, at);
	}
	check(all, "sparsely used");
	for (unsigned int i = 0; i < 300; i++) {
		all &= brk_to(heap + i * 100) == heap + i * 100;
		all &= brk_to(heap) == heap;
	}
	check(all, "300 times up and down");
}

int main(int argc, char **argv)
{
	(void)argc;
	guest_start(argv);
	heap = (brk_to(0) + PAGE - 1) & -PAGE;
	brk_to(heap);
	check_moves();
	check_bytes();
	check_refusals();
	check_others();
	check_big();
	return guest_end();
}
