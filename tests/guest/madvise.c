// SPDX-License-Identifier: MIT
/*
 * madvise - advice, and what may be asked: madvise, mincore, mlock, msync.
 *
 * Promises: DONTNEED makes private memory zero and leaves shared memory as it
 * is; REMOVE makes shared memory zero for every process; POPULATE is a touch;
 * fork leaves out, wipes or copies as it was told; advice cuts areas and joins
 * them; holes are ENOMEM when all the rest is done; locked memory refuses to
 * be dropped, is there, and lets go when it is unlocked; mincore tells what is
 * in memory; bad arguments have Linux's errors, in Linux's order.
 */
#include "tests/guest/guest.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ	22
#define MADV_POPULATE_WRITE	23
#endif

#define ARENA		0x40000000u
#define ARENA_PAGES	64u
#define AT(page)	(ARENA + (page) * PAGE)

static long advise(uintptr_t addr, size_t size, int advice)
{
	return sys(SYS_madvise, addr, size, advice);
}

static void clear(void)
{
	munmap((void *)ARENA, ARENA_PAGES * PAGE);
}

static void fresh(unsigned int page, unsigned int nr, int flags)
{
	map(AT(page), nr * PAGE, RW, flags | MAP_FIXED);
	fill(AT(page), nr * PAGE, page);
}

/* mincore of @nr pages, as text; or NULL. */
static const char *in_core(unsigned int page, unsigned int nr)
{
	static char text[ARENA_PAGES + 1];
	unsigned char got[ARENA_PAGES];

	if (sys(SYS_mincore, AT(page), nr * PAGE, (uintptr_t)got))
		return NULL;
	for (unsigned int i = 0; i < nr; i++)
		text[i] = '0' + (got[i] & 1);
	text[nr] = '\0';
	return text;
}

static void in_core_is(unsigned int page, unsigned int nr, const char *want,
		       const char *sentence)
{
	const char *got = in_core(page, nr);

	check(got && !strcmp(got, want), "%s", sentence);
	if (!got || strcmp(got, want))
		note("got %s, want %s", got ? got : "an error", want);
}

/* ----------------------------------------------------------------- drop */

static void check_dontneed(void)
{
	fresh(0, 6, ANON);
	expect(advise(AT(1), 2 * PAGE - 7, MADV_DONTNEED), 0, "DONTNEED");
	check(is_zero(AT(1), 2 * PAGE), "makes whole pages zero");
	check(!is_zero(AT(0), PAGE) && !is_zero(AT(3), 3 * PAGE),
	      "and no other");
	areas_are(ARENA, ARENA_PAGES, "0-6 rw-p", "the area stays");
	mprotect((void *)AT(0), 6 * PAGE, PROT_NONE);
	expect(advise(AT(0), 6 * PAGE, MADV_DONTNEED), 0,
	       "whatever its protection");
	mprotect((void *)AT(0), 6 * PAGE, RW);
	check(is_zero(AT(0), 6 * PAGE), "all zero");
	clear();
	fresh(0, 4, SHARED);
	expect(advise(AT(0), 4 * PAGE, MADV_DONTNEED), 0, "of shared memory");
	check(is_filled(AT(0), 4 * PAGE, 0), "it forgets nothing");
	clear();
	fresh(0, 4, ANON);
	expect(advise(AT(0), 4 * PAGE, MADV_FREE), 0, "FREE");
	fill(AT(0), 2 * PAGE, 5);
	check(is_filled(AT(0), 2 * PAGE, 5), "what is written later stays");
	clear();
}

static int punch(long arg)
{
	(void)arg;
	return advise(AT(1), 2 * PAGE, MADV_REMOVE) ? 1 : 0;
}

static void check_remove(void)
{
	volatile uint32_t *word = (void *)AT(1);

	fresh(0, 4, SHARED);
	check(exited(run(punch, 0), 0), "a child removes pages");
	check(is_zero(AT(1), 2 * PAGE), "they are zero here");
	check(!is_zero(AT(0), PAGE) && !is_zero(AT(3), PAGE), "the others not");
	*word = 1;
	expect(advise(AT(0), 4 * PAGE, MADV_REMOVE), 0, "all of them");
	check(is_zero(AT(0), 4 * PAGE), "are zero");
	*word = 2;
	check(*word == 2, "and can be written");
	mprotect((void *)AT(0), PAGE, PROT_READ);
	expect(advise(AT(0), PAGE, MADV_REMOVE), 0,
	       "also where one may not write just now");
	clear();
	fresh(0, 1, ANON);
	expect(advise(AT(0), PAGE, MADV_REMOVE), -EINVAL, "not private memory");
	clear();
}

/* ---------------------------------------------------------------- bring */

static void check_populate(void)
{
	map(AT(0), 8 * PAGE, RW, ANON | MAP_FIXED);
	in_core_is(0, 8, "00000000", "nothing is there at first");
	expect(advise(AT(1), 2 * PAGE, MADV_POPULATE_WRITE), 0,
	       "POPULATE_WRITE");
	in_core_is(0, 8, "01100000", "brings pages");
	expect(advise(AT(4), 2 * PAGE, MADV_POPULATE_READ), 0,
	       "POPULATE_READ");
	in_core_is(0, 8, "01101100", "brings pages");
	check(is_zero(AT(0), 8 * PAGE), "zeros all of them");
	mprotect((void *)AT(6), PAGE, PROT_READ);
	mprotect((void *)AT(7), PAGE, PROT_NONE);
	expect(advise(AT(6), PAGE, MADV_POPULATE_WRITE), -EINVAL,
	       "not to write what may not be written");
	expect(advise(AT(7), PAGE, MADV_POPULATE_READ), -EINVAL,
	       "nor to read what may not be read");
	expect(advise(AT(5), 5 * PAGE, MADV_POPULATE_READ), -EINVAL,
	       "nor beyond that");
	expect(advise(AT(8), PAGE, MADV_POPULATE_READ), -ENOMEM, "nor nothing");
	clear();
}

static void check_mincore(void)
{
	unsigned char vec[8];

	fresh(0, 2, ANON);
	map(AT(2), 4 * PAGE, RW, SHARED | MAP_FIXED);
	*(volatile char *)AT(3) = 1;
	in_core_is(0, 6, "110100", "private and shared pages");
	advise(AT(0), 6 * PAGE, MADV_DONTNEED);
	in_core_is(0, 6, "000100", "DONTNEED drops the private ones");
	advise(AT(2), 4 * PAGE, MADV_REMOVE);
	in_core_is(0, 6, "000000", "REMOVE the shared ones, too");
	expect(sys(SYS_mincore, AT(0) + 1, PAGE, (uintptr_t)vec), -EINVAL,
	       "unaligned");
	expect(sys(SYS_mincore, AT(0), 0, (uintptr_t)vec), 0, "no page");
	expect(sys(SYS_mincore, AT(0), PAGE, AT(60)), -EFAULT, "to nowhere");
	expect(sys(SYS_mincore, AT(0), PAGE, USER_TOP), -EFAULT, "at 3 GiB");
	expect(sys(SYS_mincore, AT(0), 0xffffffff, (uintptr_t)vec), -ENOMEM,
	       "more than there can be");
	expect(sys(SYS_mincore, AT(40), PAGE, (uintptr_t)vec), -ENOMEM,
	       "of a hole");
	memset(vec, 9, sizeof(vec));
	*(volatile char *)AT(1) = 1;
	munmap((void *)AT(2), PAGE);
	expect(sys(SYS_mincore, AT(0), 4 * PAGE, (uintptr_t)vec), -ENOMEM,
	       "over a hole");
	check(vec[0] == 0 && vec[1] == 1 && vec[2] == 9,
	      "what lies before it is told");
	clear();
}

/* ------------------------------------------------------------- remember */

static int child_looks(long arg)
{
	(void)arg;
	if (strcmp(areas(ARENA, ARENA_PAGES), "0-2 rw-p 4-6 rw-p 6-8 rw-p"))
		return 1;
	if (!is_filled(AT(0), 2 * PAGE, 0) || !is_zero(AT(4), 2 * PAGE) ||
	    !is_filled(AT(6), 2 * PAGE, 0))
		return 2;
	return read_fault(AT(2)) == SEGV_MAPERR ? 0 : 3;
}

static void check_fork(void)
{
	fresh(0, 8, ANON);
	expect(advise(AT(2), 2 * PAGE, MADV_DONTFORK), 0, "DONTFORK");
	expect(advise(AT(4), 2 * PAGE, MADV_WIPEONFORK), 0, "WIPEONFORK");
	check(exited(run(child_looks, 0), 0), "a child has copies, none, zeros, copies");
	check(!is_zero(AT(2), 2 * PAGE) && !is_zero(AT(4), PAGE),
	      "the parent has all");
	expect(advise(AT(0), 8 * PAGE, MADV_DOFORK), 0, "DOFORK");
	expect(advise(AT(0), 8 * PAGE, MADV_KEEPONFORK), 0, "KEEPONFORK");
	areas_are(ARENA, ARENA_PAGES, "0-8 rw-p", "and it is one area again");
	clear();
	map(AT(0), PAGE, RW, SHARED | MAP_FIXED);
	expect(advise(AT(0), PAGE, MADV_WIPEONFORK), -EINVAL,
	       "shared memory is not wiped");
	clear();
}

static void check_areas(void)
{
	static const int pairs[][2] = {
		{ MADV_RANDOM, MADV_NORMAL }, { MADV_SEQUENTIAL, MADV_NORMAL },
		{ MADV_DONTFORK, MADV_DOFORK }, { MADV_DONTDUMP, MADV_DODUMP },
		{ MADV_WIPEONFORK, MADV_KEEPONFORK },
	};

	map(AT(0), 6 * PAGE, RW, ANON | MAP_FIXED);
	for (unsigned int i = 0; i < 5; i++) {
		expect(advise(AT(2), 2 * PAGE, pairs[i][0]), 0, "advice %d",
		       pairs[i][0]);
		areas_are(ARENA, ARENA_PAGES, "0-2 rw-p 2-4 rw-p 4-6 rw-p",
			  "cuts the area");
		expect(advise(AT(0), 6 * PAGE, pairs[i][1]), 0, "advice %d",
		       pairs[i][1]);
		areas_are(ARENA, ARENA_PAGES, "0-6 rw-p", "heals it");
	}
	expect(advise(AT(0), 6 * PAGE, MADV_WILLNEED), 0, "WILLNEED");
	areas_are(ARENA, ARENA_PAGES, "0-6 rw-p", "is no change");
	clear();
}

static void check_holes(void)
{
	fresh(0, 6, ANON);
	munmap((void *)AT(2), 2 * PAGE);
	expect(advise(AT(0), 6 * PAGE, MADV_DONTNEED), -ENOMEM,
	       "a hole in the middle");
	check(is_zero(AT(0), 2 * PAGE) && is_zero(AT(4), 2 * PAGE),
	      "the rest is done");
	expect(advise(AT(4), 8 * PAGE, MADV_RANDOM), -ENOMEM, "at the end");
	expect(advise(AT(3), 2 * PAGE, MADV_RANDOM), -ENOMEM, "at the start");
	areas_are(ARENA, ARENA_PAGES, "0-2 rw-p 4-6 rw-p", "the same areas");
	expect(advise(AT(2), 2 * PAGE, MADV_NORMAL), -ENOMEM, "only a hole");
	clear();
}

static void check_errors(void)
{
	fresh(0, 2, ANON);
	expect(advise(AT(0) + 1, PAGE, MADV_DONTNEED), -EINVAL, "unaligned");
	expect(advise(AT(0), PAGE, 5), -EINVAL, "advice 5");
	expect(advise(AT(0), PAGE, 7), -EINVAL, "advice 7");
	expect(advise(AT(0), PAGE, -1), -EINVAL, "advice -1");
	expect(advise(AT(0), 0, 99), -EINVAL, "advice 99 for nothing");
	expect(advise(AT(0), 0, MADV_DONTNEED), 0, "advice for nothing");
	expect(advise(AT(60), 0, MADV_DONTNEED), 0, "nor there");
	check(is_filled(AT(0), 2 * PAGE, 0), "changed not a byte");
	clear();
}

/* ----------------------------------------------------------------- lock */

static long lock(uintptr_t addr, size_t size)
{
	return sys(SYS_mlock, addr, size);
}

static int child_drops(long arg)
{
	(void)arg;
	return advise(AT(1), PAGE, MADV_DONTNEED) ? 1 : 0;
}

static void check_lock(void)
{
	map(AT(0), 8 * PAGE, RW, ANON | MAP_FIXED);
	expect(lock(AT(1) + 100, PAGE), 0, "mlock");
	in_core_is(0, 8, "01100000", "brings all pages that it touches");
	areas_are(ARENA, ARENA_PAGES, "0-1 rw-p 1-3 rw-p 3-8 rw-p",
		  "which are an area now");
	expect(advise(AT(0), 8 * PAGE, MADV_DONTNEED), -EINVAL,
	       "they are not dropped");
	expect(advise(AT(2), PAGE, MADV_FREE), -EINVAL, "nor freed");
	expect(sys(SYS_msync, AT(0), 8 * PAGE, MS_INVALIDATE), -EBUSY,
	       "nor invalidated");
	check(exited(run(child_drops, 0), 0), "a child's are not locked");
	expect(sys(SYS_munlock, AT(1), 2 * PAGE), 0, "munlock");
	expect(advise(AT(0), 8 * PAGE, MADV_DONTNEED), 0, "lets go");
	clear();
	fresh(0, 8, ANON);
	lock(AT(2), 3 * PAGE);
	expect(sys(SYS_munlock, AT(0), 6 * PAGE), 0, "munlock of more");
	areas_are(ARENA, ARENA_PAGES, "0-8 rw-p", "leaves one area");
	clear();
	map(AT(0), 8 * PAGE, RW, ANON | MAP_FIXED);
	expect(sys(SYS_mlock2, AT(0), 8 * PAGE, 1), 0, "mlock2, ONFAULT");
	in_core_is(0, 8, "00000000", "brings nothing");
	expect(sys(SYS_mlock2, AT(0), 8 * PAGE, 0), 0, "mlock2");
	in_core_is(0, 8, "11111111", "does");
	clear();
	map(AT(0), 2 * PAGE, RW, ANON | MAP_FIXED | MAP_LOCKED);
	in_core_is(0, 2, "11", "MAP_LOCKED brings pages");
	expect(sys(SYS_mremap, AT(0), 2 * PAGE, 4 * PAGE, 0, 0), AT(0),
	       "and locked memory grows");
	in_core_is(0, 4, "1111", "by pages that are there");
	clear();
}

static void check_lock_errors(void)
{
	map(AT(0), 2 * PAGE, RW, ANON | MAP_FIXED);
	map(AT(3), PAGE, PROT_NONE, ANON | MAP_FIXED);
	expect(sys(SYS_mlock2, AT(0), PAGE, 2), -EINVAL, "an unknown flag");
	expect(lock(AT(0), 0), 0, "nothing");
	expect(lock(AT(10), PAGE), -ENOMEM, "where nothing is");
	expect(lock(AT(0), 4 * PAGE), -ENOMEM, "over a hole");
	expect(advise(AT(0), PAGE, MADV_DONTNEED), -EINVAL,
	       "what lies before it is locked");
	expect(lock(AT(3), PAGE), -ENOMEM, "what nobody may touch");
	expect(advise(AT(3), PAGE, MADV_DONTNEED), -EINVAL, "is locked, too");
	mprotect((void *)AT(3), PAGE, RW);
	in_core_is(3, 1, "1", "and comes as soon as one may");
	clear();
}

static void check_lock_all(void)
{
	map(AT(0), 2 * PAGE, RW, ANON | MAP_FIXED);
	expect(sys(SYS_mlockall, 0), -EINVAL, "mlockall(0)");
	expect(sys(SYS_mlockall, 4), -EINVAL, "ONFAULT alone");
	expect(sys(SYS_mlockall, 8), -EINVAL, "an unknown flag");
	expect(sys(SYS_mlockall, MCL_FUTURE), 0, "FUTURE");
	map(AT(4), 2 * PAGE, RW, ANON | MAP_FIXED);
	in_core_is(0, 2, "00", "is not about what is there");
	in_core_is(4, 2, "11", "but about what comes");
	expect(sys(SYS_mlockall, MCL_CURRENT), 0, "CURRENT");
	map(AT(8), 2 * PAGE, RW, ANON | MAP_FIXED);
	in_core_is(0, 2, "11", "is about what is there");
	in_core_is(8, 2, "00", "and not about what comes");
	expect(sys(SYS_munlockall), 0, "munlockall");
	expect(advise(AT(0), 2 * PAGE, MADV_DONTNEED), 0, "lets go");
	clear();
}

/* ---------------------------------------------------------------- msync */

static void check_msync(void)
{
	fresh(0, 4, SHARED);
	expect(sys(SYS_msync, AT(0), 4 * PAGE, MS_SYNC), 0, "MS_SYNC");
	expect(sys(SYS_msync, AT(0), 4 * PAGE, MS_ASYNC), 0, "MS_ASYNC");
	expect(sys(SYS_msync, AT(0), 4 * PAGE, 0), 0, "neither");
	expect(sys(SYS_msync, AT(0), 4 * PAGE, MS_SYNC | MS_ASYNC), -EINVAL,
	       "both");
	expect(sys(SYS_msync, AT(0), 4 * PAGE, 8), -EINVAL, "an unknown flag");
	expect(sys(SYS_msync, AT(0) + 1, PAGE, MS_SYNC), -EINVAL, "unaligned");
	expect(sys(SYS_msync, AT(0), 0, MS_SYNC), 0, "nothing");
	expect(sys(SYS_msync, AT(0), 0xfffff000, MS_SYNC), -ENOMEM,
	       "a range that wraps");
	munmap((void *)AT(1), PAGE);
	expect(sys(SYS_msync, AT(0), 4 * PAGE, MS_SYNC), -ENOMEM, "a hole");
	expect(sys(SYS_msync, AT(0), 4 * PAGE, MS_ASYNC), -ENOMEM,
	       "for ASYNC, too");
	check(is_filled(AT(0), PAGE, 0), "all bytes are there");
	clear();
}

int main(int argc, char **argv)
{
	(void)argc;
	guest_start(argv);
	check_dontneed();
	check_remove();
	check_populate();
	check_mincore();
	check_fork();
	check_areas();
	check_holes();
	check_errors();
	check_lock();
	check_lock_errors();
	check_lock_all();
	check_msync();
	return guest_end();
}
