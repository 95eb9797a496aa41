// SPDX-License-Identifier: MIT
/*
 * mmap_anon - anonymous memory, mapped in every way that mmap(2) knows.
 *
 * Promises: fresh pages are zero; lengths round up to pages; without a hint
 * the highest hole that fits is taken; hints, MAP_FIXED, MAP_FIXED_NOREPLACE,
 * MAP_POPULATE, MAP_GROWSDOWN, MAP_NORESERVE and PROT_NONE mean what Linux
 * means by them; each bad argument gets Linux's errno and changes nothing; the
 * old mmap of one struct (90) and mmap2 (192) agree.
 *
 * All mappings that need a known place lie in an arena that nothing else uses.
 */
#include "tests/guest/guest.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ARENA		0x40000000u
#define ARENA_PAGES	1024u
#define AT(page)	(ARENA + (page) * PAGE)

/* A size that no hole left by anybody else can serve. */
#define BIG		((16u << 20) + PAGE)

static void clear_arena(void)
{
	munmap((void *)ARENA, ARENA_PAGES * PAGE);
}

static long fixed(unsigned int page, unsigned int nr, int prot, int more)
{
	return map(AT(page), nr * PAGE, prot, ANON | MAP_FIXED | more);
}

static void check_fresh(void)
{
	uintptr_t private = map(0, 8 * PAGE, RW, ANON);
	uintptr_t common = map(0, 8 * PAGE, RW, SHARED);
	uintptr_t odd;

	check(!is_error(private) && private % PAGE == 0 && private < USER_TOP,
	      "mmap gives an aligned user address");
	check(is_zero(private, 8 * PAGE), "fresh private pages are zero");
	check(is_zero(common, 8 * PAGE), "fresh shared pages are zero");
	fill(private, 8 * PAGE, 1);
	fill(common, 8 * PAGE, 2);
	check(is_filled(private, 8 * PAGE, 1) && is_filled(common, 8 * PAGE, 2),
	      "and hold what is written");
	munmap((void *)private, 8 * PAGE);
	munmap((void *)common, 8 * PAGE);

	odd = fixed(0, 0, 0, 0);
	expect(odd, -EINVAL, "a mapping of no bytes is refused");
	odd = map(AT(0), 1, RW, ANON | MAP_FIXED);
	expect(odd, AT(0), "a mapping of one byte");
	areas_are(AT(0), 4, "0-1 rw-p", "takes one page");
	check(write_fault(AT(1) - 1) == 0 && read_fault(AT(1)) == SEGV_MAPERR,
	      "all of it is there and no byte more");
	map(AT(0), PAGE + 1, PROT_READ, SHARED | MAP_FIXED);
	areas_are(AT(0), 4, "0-2 r--s", "4097 bytes take two");
	clear_arena();
}

static void check_read_first(void)
{
	fixed(0, 2, RW, 0);
	check(is_zero(AT(0), 2 * PAGE), "pages read before written are zero");
	fill(AT(0), PAGE, 3);
	check(is_filled(AT(0), PAGE, 3) && is_zero(AT(1), PAGE),
	      "writing one of them leaves the other zero");
	fixed(0, 2, RW, 0);
	check(is_zero(AT(0), PAGE), "and a new page in its place is zero");
	clear_arena();
}

/*
 * Without a hint: the highest hole that fits, and its upper end.  PROT_NONE,
 * which no kernel counts as memory promised.
 */
static void check_placement(void)
{
	uintptr_t first = map(0, BIG, PROT_NONE, ANON);
	uintptr_t second = map(0, BIG, PROT_NONE, ANON);
	uintptr_t third = map(0, BIG, PROT_NONE, ANON);
	uintptr_t again;

	check(first < (uintptr_t)&again, "mappings lie below the stack");
	expect(second, first - BIG, "the second big one lies right below");
	expect(third, second - BIG, "so does the third");
	munmap((void *)second, BIG);
	munmap((void *)third, BIG);
	again = map(0, BIG, PROT_NONE, ANON);
	expect(again, second, "of two holes the higher one is taken");
	munmap((void *)again, BIG);
	munmap((void *)first, BIG);
	second = map(0, BIG / 2 - PAGE / 2, PROT_NONE, ANON);
	again = map(0, BIG - PAGE, PROT_NONE, ANON);
	check(second > first && second < first + BIG,
	      "a hole is used from its upper end");
	check(again < second && again + BIG - PAGE <= second,
	      "the next one follows below");
	munmap((void *)second, BIG / 2 - PAGE / 2);
	munmap((void *)again, BIG - PAGE);
}

static void check_hints(void)
{
	uintptr_t got;

	expect(map(AT(4), PAGE, RW, ANON), AT(4), "a free hint is honoured");
	expect(map(AT(8) + 123, PAGE, RW, ANON), AT(8),
	       "an unaligned one is rounded down");
	expect(map(AT(5), 3 * PAGE, RW, ANON), AT(5), "a hole fits exactly");
	fill(AT(4), 5 * PAGE, 4);
	got = map(AT(3), 2 * PAGE, RW, ANON);
	check(!is_error(got) && got != AT(3),
	      "a hint that hits a mapping moves");
	check(is_filled(AT(4), 5 * PAGE, 4), "and leaves it alone");
	munmap((void *)got, 2 * PAGE);
	got = map(AT(6), PAGE, RW, ANON);
	check(!is_error(got) && got != AT(6), "so does one inside a mapping");
	munmap((void *)got, PAGE);
	got = map(0xFFFFF000, PAGE, RW, ANON);
	check(!is_error(got) && got < USER_TOP,
	      "a hint at the top moves below");
	munmap((void *)got, PAGE);
	got = map(USER_TOP, PAGE, RW, ANON);
	check(!is_error(got) && got < USER_TOP, "a hint at 3 GiB moves below");
	munmap((void *)got, PAGE);
	got = map(USER_TOP - PAGE, 64 * PAGE, RW, ANON);
	check(!is_error(got) && got + 64 * PAGE <= USER_TOP,
	      "a hint whose end passes 3 GiB moves below");
	munmap((void *)got, 64 * PAGE);
	clear_arena();
}

static void check_fixed(void)
{
	expect(fixed(0, 8, RW, 0), AT(0), "MAP_FIXED in free space");
	fill(AT(0), 8 * PAGE, 5);
	expect(fixed(3, 2, RW, 0), AT(3), "MAP_FIXED over the middle");
	check(is_filled(AT(0), 3 * PAGE, 5) && is_filled(AT(5), 3 * PAGE, 5),
	      "keeps both ends");
	check(is_zero(AT(3), 2 * PAGE), "and is zero itself");
	fixed(0, 2, PROT_READ, 0);
	areas_are(AT(0), 8, "0-2 r--p 2-8 rw-p", "over the head");
	fixed(7, 2, PROT_READ, 0);
	areas_are(AT(0), 10, "0-2 r--p 2-7 rw-p 7-9 r--p", "over the tail");
	check(is_zero(AT(0), 2 * PAGE) && is_filled(AT(2), PAGE, 5) &&
	      is_filled(AT(5), 2 * PAGE, 5), "the rest keeps its contents");
	fixed(12, 2, RW, 0);
	fixed(16, 2, PROT_NONE, 0);
	expect(fixed(1, 16, PROT_READ | PROT_EXEC, 0), AT(1),
	       "MAP_FIXED across five areas and two holes");
	areas_are(AT(0), 20, "0-1 r--p 1-17 r-xp 17-18 ---p", "replaces them");
	check(is_zero(AT(0), 17 * PAGE), "by zeros");
	fixed(0, 18, RW, 0);
	areas_are(AT(0), 20, "0-18 rw-p", "over all of it");
	clear_arena();
}

static void check_noreplace(void)
{
	const int flags = ANON | MAP_FIXED_NOREPLACE;

	expect(map(AT(4), 4 * PAGE, RW, flags), AT(4),
	       "MAP_FIXED_NOREPLACE takes a free place");
	fill(AT(4), 4 * PAGE, 6);
	expect(map(AT(4), PAGE, RW, flags), -EEXIST, "on the first page");
	expect(map(AT(7), PAGE, RW, flags), -EEXIST, "on the last page");
	expect(map(AT(0), 5 * PAGE, RW, flags), -EEXIST, "across the head");
	expect(map(AT(7), 5 * PAGE, RW, flags), -EEXIST, "across the tail");
	expect(map(AT(0), 32 * PAGE, RW, flags), -EEXIST, "around all of it");
	expect(map(AT(7) + 1, PAGE, RW, flags), -EINVAL, "unaligned");
	expect(map(AT(4), PAGE, RW, flags | MAP_FIXED), -EEXIST,
	       "MAP_FIXED beside it does not weaken it");
	check(is_filled(AT(4), 4 * PAGE, 6), "the refused ones change nothing");
	areas_are(AT(0), 32, "4-8 rw-p", "no area was added");
	expect(map(AT(3), PAGE, RW, flags), AT(3), "right below is free");
	expect(map(AT(8), PAGE, RW, flags), AT(8), "right above is free");
	areas_are(AT(0), 32, "3-9 rw-p", "equal neighbours merge");
	clear_arena();
}

static void check_merging(void)
{
	fixed(0, 1, RW, 0);
	fixed(2, 1, RW, 0);
	areas_are(AT(0), 8, "0-1 rw-p 2-3 rw-p", "a hole keeps two apart");
	fixed(1, 1, RW, 0);
	areas_are(AT(0), 8, "0-3 rw-p", "filling it makes one of three");
	fixed(3, 1, PROT_READ, 0);
	areas_are(AT(0), 8, "0-3 rw-p 3-4 r--p",
		  "other protections stay apart");
	map(AT(4), PAGE, PROT_READ, SHARED | MAP_FIXED);
	areas_are(AT(0), 8, "0-3 rw-p 3-4 r--p 4-5 r--s",
		  "shared and private stay apart");
	fixed(3, 2, RW, 0);
	areas_are(AT(0), 8, "0-5 rw-p", "until they are the same");
	clear_arena();
}

static void check_populate(void)
{
	long before, after;

	minor_faults();		/* its buffer is there now */
	fixed(0, 64, RW, 0);
	before = minor_faults();
	fill(AT(0), 64 * PAGE, 7);
	after = minor_faults();
	check(after - before >= 64, "64 untouched pages cost 64 minor faults");
	fixed(0, 64, RW, MAP_POPULATE);
	before = minor_faults();
	check(is_zero(AT(0), 64 * PAGE), "populated pages are zero");
	fill(AT(0), 64 * PAGE, 8);
	after = minor_faults();
	check(after - before < 8, "and cost none when they are touched");
	expect(map(AT(0), 4 * PAGE, RW, SHARED | MAP_FIXED | MAP_POPULATE),
	       AT(0), "shared memory can be populated");
	before = minor_faults();
	fill(AT(0), 4 * PAGE, 9);
	after = minor_faults();
	check(after - before < 4, "and then costs no faults either");
	expect(fixed(0, 4, PROT_NONE, MAP_POPULATE), AT(0),
	       "populating what none may touch is no error");
	clear_arena();
}

static void check_growsdown(void)
{
	expect(fixed(600, 1, RW, MAP_GROWSDOWN), AT(600), "MAP_GROWSDOWN");
	areas_are(AT(300), 400, "300-301 rw-p", "begins with its one page");
	expect(write_fault(AT(600) - 1), 0, "a write right below it");
	areas_are(AT(300), 400, "299-301 rw-p", "makes it grow by a page");
	fill(AT(599), 2 * PAGE, 10);
	expect(write_fault(AT(580)), 0, "a write 19 pages below");
	areas_are(AT(300), 400, "280-301 rw-p", "makes it grow there");
	check(is_zero(AT(580), 19 * PAGE) && is_filled(AT(599), 2 * PAGE, 10),
	      "by zeros");
	expect(read_fault(AT(579)), 0, "a read makes it grow as well");
	expect(read_fault(AT(601)), SEGV_MAPERR, "it does not grow upwards");
	fixed(0, 1, RW, 0);
	expect(write_fault(AT(1)), SEGV_MAPERR,
	       "it does not grow until it meets another mapping");
	expect(write_fault(AT(520)), 0, "but well above it it does");
	expect(munmap((void *)AT(520), 50 * PAGE), 0,
	       "its foot can be cut off");
	expect(write_fault(AT(569)), 0, "and grows again");
	check(is_zero(AT(569), PAGE), "by zeros");
	expect(map(0, PAGE, RW, SHARED | MAP_GROWSDOWN), -EINVAL,
	       "shared memory cannot grow down");
	clear_arena();
	fixed(600, 2, PROT_READ, MAP_GROWSDOWN);
	expect(write_fault(AT(599)), SEGV_ACCERR,
	       "a write below a read-only one is refused");
	clear_arena();
}

static void check_noreserve(void)
{
	const size_t size = 512u << 20;
	uintptr_t huge = map(0, size, RW, ANON | MAP_NORESERVE);
	bool all = !is_error(huge);

	for (size_t at = 0; all && at < size; at += size / 16) {
		fill(huge + at, 64, 11);
		all &= is_filled(huge + at, 64, 11);
	}
	check(all, "512 MiB are cheap as long as they are hardly touched");
	expect(munmap((void *)huge, size), 0, "and go away at once");
}

static void check_protections(void)
{
	fixed(0, 1, PROT_NONE, 0);
	fixed(1, 1, PROT_READ, 0);
	fixed(2, 1, PROT_WRITE, 0);
	fixed(3, 1, RW | PROT_EXEC, 0);
	areas_are(AT(0), 8, "0-1 ---p 1-2 r--p 2-3 -w-p 3-4 rwxp",
		  "protections as asked for");
	expect(read_fault(AT(0) + 5), SEGV_ACCERR, "PROT_NONE: no read");
	expect(write_fault(AT(0) + 5), SEGV_ACCERR, "PROT_NONE: no write");
	expect(read_fault(AT(1) + 5), 0, "PROT_READ: a read of zero");
	expect(write_fault(AT(1) + 5), SEGV_ACCERR, "PROT_READ: no write");
	expect(write_fault(AT(2) + 5), 0, "PROT_WRITE: a write");
	expect(write_fault(AT(3) + 5), 0, "all three: a write");
	expect(read_fault(AT(4)), SEGV_MAPERR, "behind them there is nothing");
	mprotect((void *)AT(0), 2 * PAGE, RW);
	check(is_zero(AT(0), 2 * PAGE) && write_fault(AT(0)) == 0 &&
	      write_fault(AT(1)) == 0, "opened later they are zero pages");
	clear_arena();
}

static void check_errors(void)
{
	int null = open("/dev/null", O_RDWR);

	fixed(0, 2, RW, 0);
	fill(AT(0), 2 * PAGE, 12);
	expect(map(0, 0, RW, ANON), -EINVAL, "length 0");
	expect(map(0, 0xFFFFFFFF, RW, ANON), -ENOMEM, "length 2^32 - 1");
	expect(map(0, 0xFFFFF001, RW, ANON), -ENOMEM, "a length that wraps");
	expect(map(0, 0xFFFFF000, RW, ANON), -ENOMEM, "length 2^32 - 4096");
	expect(map(0, USER_TOP, RW, ANON), -ENOMEM, "length 3 GiB");
	expect(map(0, 0xB0000000, RW, SHARED | MAP_NORESERVE), -ENOMEM,
	       "more than any hole");
	expect(map(AT(0) + 1, PAGE, RW, ANON | MAP_FIXED), -EINVAL,
	       "an unaligned fixed address");
	expect(map(AT(0), PAGE, RW, MAP_ANONYMOUS | MAP_FIXED), -EINVAL,
	       "neither MAP_PRIVATE nor MAP_SHARED");
	expect(map(AT(0), PAGE, RW, ANON | SHARED | MAP_FIXED), -EINVAL,
	       "both of them");
	expect(map(USER_TOP, PAGE, RW, ANON | MAP_FIXED), -ENOMEM,
	       "fixed at 3 GiB");
	expect(map(USER_TOP - PAGE, 2 * PAGE, RW, ANON | MAP_FIXED), -ENOMEM,
	       "fixed across 3 GiB");
	expect(map(0xFFFFF000, PAGE, RW, ANON | MAP_FIXED), -ENOMEM,
	       "fixed on the last page of all");
	expect(map(AT(0), 0xFFFFF000 - ARENA, RW, ANON | MAP_FIXED), -ENOMEM,
	       "fixed from here to the end of all");
	expect(map(AT(1), 0xFFFFF000, RW, ANON | MAP_FIXED), -ENOMEM,
	       "fixed and wrapping");
	expect(map(USER_TOP, PAGE, RW, ANON | MAP_FIXED_NOREPLACE), -ENOMEM,
	       "MAP_FIXED_NOREPLACE at 3 GiB");
	expect(sys(SYS_mmap2, 0, PAGE, RW, MAP_PRIVATE, -1, 0), -EBADF,
	       "no file and not MAP_ANONYMOUS");
	expect(sys(SYS_mmap2, 0, PAGE, RW, MAP_PRIVATE, 12345, 0), -EBADF,
	       "a file that is not open");
	expect(sys(SYS_mmap2, 0, PAGE, RW, MAP_SHARED, null, 0), -ENODEV,
	       "a device that cannot be mapped");
	check(is_filled(AT(0), 2 * PAGE, 12), "none of these touched a byte");
	areas_are(AT(0), 16, "0-2 rw-p", "nor added an area");
	check(!is_error(sys(SYS_mmap2, AT(4), PAGE, RW, ANON, 12345, 77)),
	      "descriptor and offset do not matter to anonymous memory");
	close(null);
	clear_arena();
}

static void check_old_mmap(void)
{
	uint32_t args[6] = { AT(2), 2 * PAGE, RW, ANON | MAP_FIXED, -1, 0 };

	expect(sys(SYS_mmap, (long)args), AT(2), "the old mmap takes a struct");
	areas_are(AT(0), 8, "2-4 rw-p", "and maps");
	fill(AT(2), 2 * PAGE, 13);
	args[5] = 1;
	expect(sys(SYS_mmap, (long)args), -EINVAL, "its offset is in bytes");
	args[5] = 0;
	args[1] = 0;
	expect(sys(SYS_mmap, (long)args), -EINVAL, "length 0");
	expect(sys(SYS_mmap, AT(7)), -EFAULT, "a struct that is not there");
	expect(sys(SYS_mmap, AT(4) - 8), -EFAULT, "one that is half there");
	expect(sys(SYS_mmap, USER_TOP), -EFAULT, "one in the kernel");
	check(is_filled(AT(2), 2 * PAGE, 13),
	      "the refused ones change nothing");
	clear_arena();
}

int main(int argc, char **argv)
{
	(void)argc;
	guest_start(argv);
	areas_are(ARENA, ARENA_PAGES, "", "the arena begins empty");
	check_fresh();
	check_read_first();
	check_placement();
	check_hints();
	check_fixed();
	check_noreplace();
	check_merging();
	check_populate();
	check_growsdown();
	check_noreserve();
	check_protections();
	check_errors();
	check_old_mmap();
	areas_are(ARENA, ARENA_PAGES, "", "the arena is empty again");
	return guest_end();
}
