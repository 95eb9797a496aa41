// SPDX-License-Identifier: MIT
/*
 * mremap - memory that grows, shrinks and moves, and keeps its bytes.
 *
 * Promises: the tail goes, whatever it spans; growth in place if there is
 * room, elsewhere only with MREMAP_MAYMOVE; MREMAP_FIXED replaces what is
 * there; MREMAP_DONTUNMAP leaves zeros behind; a private page moved between
 * processes that share it is still copied by who writes; protections move
 * along; an old size of 0 is a second view of shared memory; each refusal is
 * Linux's and leaves the bytes alone; and it costs no fault.
 */
#include "tests/guest/guest.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

#define ARENA		0x40000000u
#define ARENA_PAGES	64u
#define AT(page)	(ARENA + (page) * PAGE)
#define MOVE		MREMAP_MAYMOVE
#define MOVE_TO		(MREMAP_MAYMOVE | MREMAP_FIXED)
#define MOVE_OUT	(MREMAP_MAYMOVE | MREMAP_DONTUNMAP)

static long remap(uintptr_t addr, size_t old_size, size_t size, int flags,
		  uintptr_t to)
{
	return sys(SYS_mremap, addr, old_size, size, flags, to);
}

static void clear(void)
{
	munmap((void *)ARENA, ARENA_PAGES * PAGE);
}

/* A pattern that, unlike fill()'s, knows no address: one for each @colour. */
static void paint(uintptr_t at, unsigned int colour, unsigned int nr)
{
	uint32_t *word = (uint32_t *)at;

	for (unsigned int i = 0; i < nr * PAGE / 4; i++)
		word[i] = (colour * (PAGE / 4) + i) * 2654435761u;
}

static bool holds(uintptr_t at, unsigned int colour, unsigned int nr)
{
	const uint32_t *word = (const uint32_t *)at;

	for (unsigned int i = 0; i < nr * PAGE / 4; i++)
		if (word[i] != (colour * (PAGE / 4) + i) * 2654435761u)
			return false;
	return true;
}

/* Page n of the arena has colour n. */
static void fresh(unsigned int page, unsigned int nr, int prot)
{
	map(AT(page), nr * PAGE, RW, ANON | MAP_FIXED);
	paint(AT(page), page, nr);
	if (prot != RW)
		mprotect((void *)AT(page), nr * PAGE, prot);
}

static void check_shrink(void)
{
	fresh(0, 8, RW);
	fresh(10, 2, PROT_READ);
	expect(remap(AT(0), 8 * PAGE, 6 * PAGE - 5, 0, 0), AT(0), "shrink");
	areas_are(ARENA, ARENA_PAGES, "0-6 rw-p 10-12 r--p", "the tail goes");
	expect(remap(AT(2), 2 * PAGE, PAGE, 0, 0), AT(2), "in the middle");
	areas_are(ARENA, ARENA_PAGES, "0-3 rw-p 4-6 rw-p 10-12 r--p",
		  "a hole is left");
	expect(remap(AT(4), 7 * PAGE, PAGE, 0, 0), AT(4), "over a hole");
	areas_are(ARENA, ARENA_PAGES, "0-3 rw-p 4-5 rw-p 11-12 r--p",
		  "what is behind it goes as well");
	check(holds(AT(0), 0, 3) && holds(AT(4), 4, 1) && holds(AT(11), 11, 1),
	      "the rest has its bytes");
	expect(read_fault(AT(5)), SEGV_MAPERR, "the tail cannot be read");
	expect(remap(AT(0), 3 * PAGE, 3 * PAGE, 0, 0), AT(0),
	       "the same size is no change");
	expect(remap(AT(0), 40 * PAGE, 40 * PAGE, 0, 0), AT(0),
	       "even if it is not there");
	clear();
}

static void check_grow(void)
{
	long to;

	fresh(0, 4, RW);
	expect(remap(AT(0), 4 * PAGE, 6 * PAGE, 0, 0), AT(0), "grow");
	expect(remap(AT(3), 3 * PAGE, 5 * PAGE, MOVE, 0), AT(3),
	       "by its last part");
	areas_are(ARENA, ARENA_PAGES, "0-8 rw-p", "one area");
	check(holds(AT(0), 0, 4) && is_zero(AT(4), 4 * PAGE),
	      "the old bytes, then zeros");
	map(AT(10), PAGE, PROT_READ, ANON | MAP_FIXED);
	expect(remap(AT(0), 8 * PAGE, 11 * PAGE, 0, 0), -ENOMEM,
	       "not over another area");
	expect(remap(AT(0), 4 * PAGE, 5 * PAGE, 0, 0), -ENOMEM,
	       "not in the middle");
	expect(remap(AT(0), 8 * PAGE, 10 * PAGE, 0, 0), AT(0),
	       "but up to it");
	areas_are(ARENA, ARENA_PAGES, "0-10 rw-p 10-11 r--p", "all is used");
	to = remap(AT(0), 10 * PAGE, 12 * PAGE, MOVE, 0);
	check(!is_error(to) && (uintptr_t)to != AT(0), "or it moves");
	areas_are(ARENA, ARENA_PAGES, "10-11 r--p", "all of it");
	check(holds(to, 0, 4) && is_zero(to + 4 * PAGE, 8 * PAGE),
	      "with its bytes, and more zeros");
	expect(read_fault(AT(0)), SEGV_MAPERR, "the old place is empty");
	munmap((void *)to, 12 * PAGE);
	clear();
}

static void check_fixed(void)
{
	fresh(0, 6, RW);
	fresh(20, 8, PROT_READ);
	expect(remap(AT(1), 2 * PAGE, 2 * PAGE, MOVE_TO, AT(22)), AT(22),
	       "from the middle into the middle");
	areas_are(ARENA, ARENA_PAGES,
		  "0-1 rw-p 3-6 rw-p 20-22 r--p 22-24 rw-p 24-28 r--p",
		  "replaces what was there");
	check(holds(AT(22), 1, 2) && holds(AT(20), 20, 2) &&
	      holds(AT(24), 24, 4), "each page has its bytes");
	expect(remap(AT(22), 2 * PAGE, 4 * PAGE, MOVE_TO, AT(30)), AT(30),
	       "moved and grown");
	check(holds(AT(30), 1, 2) && is_zero(AT(32), 2 * PAGE), "zeros behind");
	expect(remap(AT(30), 4 * PAGE, PAGE, MOVE_TO, AT(40)), AT(40),
	       "moved and shrunk");
	areas_are(ARENA, ARENA_PAGES,
		  "0-1 rw-p 3-6 rw-p 20-22 r--p 24-28 r--p 40-41 rw-p",
		  "nothing stays behind");
	check(holds(AT(40), 1, 1), "the first page has its bytes");
	expect(remap(AT(24), PAGE, PAGE, MOVE_TO, AT(26)), AT(26),
	       "within one area");
	check(holds(AT(26), 24, 1) && holds(AT(25), 25, 1) &&
	      holds(AT(27), 27, 1), "each page has its bytes");
	expect(write_fault(AT(26)), SEGV_ACCERR, "read-only as it was");
	clear();
}

static void check_dontunmap(void)
{
	long to;

	fresh(0, 6, RW);
	to = remap(AT(2), 2 * PAGE, 2 * PAGE, MOVE_OUT, 0);
	check(!is_error(to), "move and leave an area");
	check(holds(to, 2, 2), "the bytes are there");
	check(is_zero(AT(2), 2 * PAGE), "zeros are here");
	areas_are(ARENA, ARENA_PAGES, "0-6 rw-p", "in the same area");
	paint(AT(2), 99, 1);
	check(holds(to, 2, 1), "they have nothing in common");
	expect(remap(AT(4), PAGE, PAGE, MOVE_OUT | MOVE_TO, AT(20)), AT(20),
	       "to a fixed place");
	check(holds(AT(20), 4, 1) && is_zero(AT(4), PAGE) &&
	      holds(AT(5), 5, 1), "the same there");
	munmap((void *)to, 2 * PAGE);
	clear();
	map(AT(0), 2 * PAGE, RW, SHARED | MAP_FIXED);
	paint(AT(0), 7, 2);
	expect(remap(AT(0), 2 * PAGE, 2 * PAGE, MOVE_OUT | MOVE_TO, AT(8)),
	       AT(8), "shared memory");
	check(holds(AT(0), 7, 2) && holds(AT(8), 7, 2),
	      "is then seen twice");
	clear();
}

static int touch(long addr)
{
	return *(volatile char *)addr;
}

static void check_second_view(void)
{
	struct fault fault;
	long to;

	map(AT(0), 4 * PAGE, RW, SHARED | MAP_FIXED);
	paint(AT(0), 3, 4);
	to = remap(AT(1), 0, 2 * PAGE, MOVE, 0);
	check(!is_error(to), "a second view of shared memory");
	check(!memcmp((void *)to, (void *)AT(1), 2 * PAGE), "the same bytes");
	*(volatile uint32_t *)to = 0x12345678;
	check(*(volatile uint32_t *)AT(1) == 0x12345678,
	      "what is written here is seen there");
	expect(remap(AT(3), 0, 2 * PAGE, MOVE_TO, AT(10)), AT(10),
	       "a view beyond the end");
	fault = fault_of(touch, AT(11) + 5);
	check(fault.sig == SIGBUS && fault.code == BUS_ADRERR &&
	      fault.addr == AT(11) + 5, "is SIGBUS there");
	expect(remap(AT(0), 0, PAGE, 0, 0), -ENOMEM, "none without MAYMOVE");
	munmap((void *)AT(0), 4 * PAGE);
	check(*(volatile uint32_t *)to == 0x12345678,
	      "it outlives the first");
	munmap((void *)to, 2 * PAGE);
	clear();
	fresh(0, 2, RW);
	expect(remap(AT(0), 0, PAGE, MOVE, 0), -EINVAL,
	       "not of private memory");
	clear();
}

static int child_moves(long arg)
{
	bool ok;

	(void)arg;
	if (remap(AT(0), 4 * PAGE, 4 * PAGE, MOVE_TO, AT(20)) != (long)AT(20))
		return 1;
	ok = holds(AT(20), 0, 4);
	paint(AT(20), 77, 1);
	return ok && holds(AT(21), 1, 3) ? 0 : 2;
}

static void check_kept(void)
{
	long faults, to = 0;

	fresh(0, 4, RW);
	check(exited(run(child_moves, 0), 0), "a child moves what it shares");
	check(holds(AT(0), 0, 4), "the parent's is as it was");
	expect(remap(AT(0), 4 * PAGE, 4 * PAGE, MOVE_TO, AT(8)), AT(8),
	       "the parent moves");
	check(holds(AT(8), 0, 4), "its bytes");
	mprotect((void *)AT(9), PAGE, PROT_NONE);
	expect(remap(AT(9), PAGE, PAGE, MOVE_TO, AT(30)), AT(30),
	       "what cannot be read moves");
	expect(read_fault(AT(30)), SEGV_ACCERR, "and still cannot");
	mprotect((void *)AT(30), PAGE, RW);
	check(holds(AT(30), 1, 1), "until it may again");
	clear();
	fresh(0, 32, RW);
	faults = minor_faults();
	for (int i = 0; i < 100; i++)
		to = remap(i % 2 ? AT(32) : AT(0), 32 * PAGE, 32 * PAGE,
			   MOVE_TO, i % 2 ? AT(0) : AT(32));
	paint(AT(0), 5, 32);
	check(to == (long)AT(0) && minor_faults() - faults < 32,
	      "moving to and fro takes no fault");
	clear();
}

static void check_tables(void)
{
	const uintptr_t from = 0x50000000, to = 0x60000000 + 1000 * PAGE;
	const size_t size = 16 << 20;
	bool ok = true;

	map(from, size, RW, ANON | MAP_FIXED);
	for (size_t at = 0; at < size; at += 37 * PAGE)
		paint(from + at, at, 1);
	expect(remap(from, size, size, MOVE_TO, to), to, "16 MiB, sparse");
	for (size_t at = 0; at < size; at += 37 * PAGE)
		ok &= holds(to + at, at, 1);
	check(ok, "arrive with all they had");
	check(is_zero(to + PAGE, 36 * PAGE), "and zeros between");
	expect(remap(to, size, size + PAGE, MOVE_TO, from), from, "and back");
	for (size_t at = 0; at < size; at += 37 * PAGE)
		ok &= holds(from + at, at, 1);
	check(ok, "unharmed");
	munmap((void *)from, size + PAGE);
}

static void check_errors(void)
{
	fresh(0, 4, RW);
	fresh(4, 2, PROT_READ);
	expect(remap(AT(0), PAGE, PAGE, 8, 0), -EINVAL, "an unknown flag");
	expect(remap(AT(0), PAGE, PAGE, MREMAP_FIXED, AT(20)), -EINVAL,
	       "FIXED without MAYMOVE");
	expect(remap(AT(0), PAGE, PAGE, MREMAP_DONTUNMAP, AT(20)), -EINVAL,
	       "DONTUNMAP without MAYMOVE");
	expect(remap(AT(0), PAGE, 2 * PAGE, MOVE_OUT, AT(20)), -EINVAL,
	       "DONTUNMAP with another size");
	expect(remap(AT(0) + 1, PAGE, PAGE, 0, 0), -EINVAL, "unaligned");
	expect(remap(AT(0), PAGE, 0, 0, 0), -EINVAL, "to nothing");
	expect(remap(AT(0), PAGE, 0xffffffff, MOVE, 0), -EINVAL,
	       "a size that wraps to nothing");
	expect(remap(AT(40), PAGE, PAGE, 0, 0), -EFAULT, "nothing is there");
	expect(remap(AT(40), PAGE, 2 * PAGE, MOVE, 0), -EFAULT, "nor to grow");
	expect(remap(AT(0), 5 * PAGE, 6 * PAGE, MOVE, 0), -EFAULT,
	       "growth of more than one area");
	expect(remap(AT(0), PAGE, PAGE, MOVE_TO, AT(20) + 1), -EINVAL,
	       "to an unaligned place");
	expect(remap(AT(0), 2 * PAGE, 2 * PAGE, MOVE_TO, AT(1)), -EINVAL,
	       "onto itself");
	expect(remap(AT(1), 2 * PAGE, 2 * PAGE, MOVE_TO, AT(0)), -EINVAL,
	       "from the other side");
	expect(remap(AT(0), PAGE, 2 * PAGE, MOVE_TO, USER_TOP - PAGE), -EINVAL,
	       "across 3 GiB");
	expect(remap(AT(0), 4 * PAGE, 0xbf000000, MOVE, 0), -ENOMEM,
	       "more than there can be");
	areas_are(ARENA, ARENA_PAGES, "0-4 rw-p 4-6 r--p", "changed nothing");
	check(holds(AT(0), 0, 6), "not a byte");
	clear();
}

int main(int argc, char **argv)
{
	(void)argc;
	guest_start(argv);
	check_shrink();
	check_grow();
	check_fixed();
	check_dontunmap();
	check_second_view();
	check_kept();
	check_tables();
	check_errors();
	return guest_end();
}
