// SPDX-License-Identifier: MIT
/*
 * munmap - any part of anything can be unmapped.
 *
 * Promises: head, middle, tail, ranges across areas and holes; what is already
 * unmapped is no error; the rest keeps its bytes; a later touch is SIGSEGV with
 * SEGV_MAPERR at the very byte; bad arguments are EINVAL and change nothing;
 * memory that comes back is zero; nothing is used up by doing it often.
 */
#include "tests/guest/guest.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define ARENA		0x40000000u
#define ARENA_PAGES	64u
#define AT(page)	(ARENA + (page) * PAGE)

static long unmap(uintptr_t addr, size_t size)
{
	return sys(SYS_munmap, addr, size);
}

static void fresh(unsigned int page, unsigned int nr, int prot)
{
	map(AT(page), nr * PAGE, RW, ANON | MAP_FIXED);
	fill(AT(page), nr * PAGE, 1);
	mprotect((void *)AT(page), nr * PAGE, prot);
}

static void check_parts(void)
{
	fresh(0, 12, RW);
	expect(unmap(AT(0), 2 * PAGE), 0, "the head");
	areas_are(ARENA, ARENA_PAGES, "2-12 rw-p", "leaves the rest");
	expect(unmap(AT(10), 2 * PAGE), 0, "the tail");
	areas_are(ARENA, ARENA_PAGES, "2-10 rw-p", "leaves the rest");
	expect(unmap(AT(5), 2 * PAGE), 0, "the middle");
	areas_are(ARENA, ARENA_PAGES, "2-5 rw-p 7-10 rw-p", "leaves two parts");
	check(is_filled(AT(2), 3 * PAGE, 1) && is_filled(AT(7), 3 * PAGE, 1),
	      "both with their bytes");
	expect(read_fault(AT(5)), SEGV_MAPERR, "the first byte of the hole");
	expect(write_fault(AT(7) - 1), SEGV_MAPERR,
	       "the last byte of the hole");
	expect(read_fault(AT(7)), 0, "the byte behind it is there");
	expect(unmap(AT(3), 1), 0, "one byte");
	areas_are(ARENA, ARENA_PAGES, "2-3 rw-p 4-5 rw-p 7-10 rw-p",
		  "is one page");
	expect(unmap(AT(7), PAGE + 1), 0, "4097 bytes");
	areas_are(ARENA, ARENA_PAGES, "2-3 rw-p 4-5 rw-p 9-10 rw-p",
		  "are two pages");
	check(is_filled(AT(2), PAGE, 1) && is_filled(AT(4), PAGE, 1) &&
	      is_filled(AT(9), PAGE, 1), "the single pages keep their bytes");
	expect(unmap(AT(0), ARENA_PAGES * PAGE), 0, "all, across the holes");
	areas_are(ARENA, ARENA_PAGES, "", "nothing is left");
}

static void check_across(void)
{
	fresh(0, 4, RW);
	fresh(4, 4, PROT_READ);
	fresh(10, 4, PROT_NONE);
	map(AT(16), 4 * PAGE, RW, SHARED | MAP_FIXED);
	fill(AT(16), 4 * PAGE, 2);
	areas_are(ARENA, ARENA_PAGES, "0-4 rw-p 4-8 r--p 10-14 ---p 16-20 rw-s",
		  "four areas of four kinds");
	expect(unmap(AT(2), 16 * PAGE), 0, "from inside the first to the last");
	areas_are(ARENA, ARENA_PAGES, "0-2 rw-p 18-20 rw-s", "leaves two ends");
	check(is_filled(AT(0), 2 * PAGE, 1) && is_filled(AT(18), 2 * PAGE, 2),
	      "with their bytes");
	expect(unmap(AT(2), 16 * PAGE), 0, "the same again is no error");
	expect(unmap(AT(30), PAGE), 0, "nor is a place never mapped");
	expect(unmap(AT(1), 17 * PAGE + 1), 0, "edges round up to pages");
	areas_are(ARENA, ARENA_PAGES, "0-1 rw-p 19-20 rw-s",
		  "on one side only");
	unmap(ARENA, ARENA_PAGES * PAGE);
}

static void check_errors(void)
{
	fresh(0, 4, RW);
	expect(unmap(AT(0), 0), -EINVAL, "length 0");
	expect(unmap(AT(60), 0), -EINVAL, "length 0 where nothing is");
	expect(unmap(AT(0) + 1, PAGE), -EINVAL, "unaligned");
	expect(unmap(AT(1) - 1, 1), -EINVAL, "unaligned by the end of a page");
	expect(unmap(USER_TOP, PAGE), -EINVAL, "at 3 GiB");
	expect(unmap(USER_TOP - PAGE, 2 * PAGE), -EINVAL, "across 3 GiB");
	expect(unmap(0xFFFFF000, PAGE), -EINVAL, "the last page of all");
	expect(unmap(AT(0), 0xFFFFF000), -EINVAL, "a length that wraps");
	expect(unmap(AT(0), 0xFFFFFFFF), -EINVAL, "the longest length");
	expect(unmap(AT(0), USER_TOP - ARENA + 1), -EINVAL,
	       "one byte too many");
	areas_are(ARENA, ARENA_PAGES, "0-4 rw-p", "changed nothing");
	check(is_filled(AT(0), 4 * PAGE, 1), "not a byte");
	unmap(ARENA, ARENA_PAGES * PAGE);
}

static int touch(long addr)
{
	return *(volatile char *)addr;
}

static void check_after(void)
{
	struct fault fault;

	fresh(0, 4, RW);
	unmap(AT(1), PAGE);
	fault = fault_of(touch, AT(1) + 1234);
	check(fault.sig == SIGSEGV && fault.code == SEGV_MAPERR &&
	      fault.addr == AT(1) + 1234,
	      "a touch is SIGSEGV, SEGV_MAPERR, at the very byte");
	dies_by(SIGSEGV, touch, AT(1), "without a handler it kills");
	map(AT(1), PAGE, RW, ANON | MAP_FIXED);
	check(is_zero(AT(1), PAGE), "mapped again the page is zero");
	check(is_filled(AT(0), PAGE, 1) && is_filled(AT(2), 2 * PAGE, 1),
	      "between neighbours that are not");
	areas_are(ARENA, ARENA_PAGES, "0-4 rw-p", "and one area with them");
	unmap(ARENA, ARENA_PAGES * PAGE);
}

static void check_often(void)
{
	bool all = true;

	for (unsigned int i = 0; i < 500; i++) {
		all &= map(AT(0), 16 * PAGE, RW, ANON | MAP_FIXED) == AT(0);
		fill(AT(i % 16), PAGE, i);
		all &= is_zero(AT((i + 1) % 16), 64);
		all &= unmap(AT(0), 16 * PAGE) == 0;
	}
	check(all, "500 times mapped, touched and unmapped");
	for (unsigned int page = 0; page < ARENA_PAGES; page += 2)
		all &= map(AT(page), PAGE, RW, ANON | MAP_FIXED) == AT(page);
	for (unsigned int page = 1; page < ARENA_PAGES; page += 2)
		all &= unmap(AT(page), PAGE) == 0;
	check(all && unmap(AT(0), ARENA_PAGES * PAGE) == 0,
	      "32 single pages go by one call");
	areas_are(ARENA, ARENA_PAGES, "", "nothing is left");
}

int main(int argc, char **argv)
{
	(void)argc;
	guest_start(argv);
	check_parts();
	check_across();
	check_errors();
	check_after();
	check_often();
	return guest_end();
}
