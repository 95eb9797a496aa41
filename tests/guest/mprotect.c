// SPDX-License-Identifier: MIT
/*
 * mprotect - protections change page by page, and contents never do.
 *
 * Promises: areas split where protections begin to differ and merge where they
 * are equal again, as /proc/self/maps shows; what is forbidden raises SIGSEGV
 * with SEGV_ACCERR at the very byte; what is allowed again works at once (no
 * stale translation); a hole is ENOMEM, bad arguments EINVAL; code can be
 * written, then made executable, and a program may open its own text.
 *
 * Not asked: which pages before a hole a refused call has changed.  POSIX
 * leaves it open; Linux changes them, Atlas none.
 */
#include "tests/guest/guest.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define ARENA		0x40000000u
#define ARENA_PAGES	64u
#define AT(page)	(ARENA + (page) * PAGE)
#define RX		(PROT_READ | PROT_EXEC)

static long protect(uintptr_t addr, size_t size, int prot)
{
	return sys(SYS_mprotect, addr, size, prot);
}

static void fresh(unsigned int nr)
{
	munmap((void *)ARENA, ARENA_PAGES * PAGE);
	map(AT(0), nr * PAGE, RW, ANON | MAP_FIXED);
	fill(AT(0), nr * PAGE, 1);
}

static void check_split_merge(void)
{
	fresh(10);
	expect(protect(AT(4), 2 * PAGE, PROT_READ), 0, "read-only middle");
	areas_are(ARENA, ARENA_PAGES, "0-4 rw-p 4-6 r--p 6-10 rw-p", "three");
	expect(protect(AT(0), PAGE, PROT_NONE), 0, "no access to the head");
	areas_are(ARENA, ARENA_PAGES, "0-1 ---p 1-4 rw-p 4-6 r--p 6-10 rw-p",
		  "four");
	expect(protect(AT(9), PAGE, RX), 0, "the tail executable");
	areas_are(ARENA, ARENA_PAGES,
		  "0-1 ---p 1-4 rw-p 4-6 r--p 6-9 rw-p 9-10 r-xp", "five");
	expect(protect(AT(3), 4 * PAGE, PROT_READ), 0, "a wider middle");
	areas_are(ARENA, ARENA_PAGES,
		  "0-1 ---p 1-3 rw-p 3-7 r--p 7-9 rw-p 9-10 r-xp",
		  "borders move");
	expect(protect(AT(3), 4 * PAGE, PROT_READ), 0, "the same again");
	expect(protect(AT(4), PAGE, PROT_READ), 0, "or on a part of it");
	areas_are(ARENA, ARENA_PAGES,
		  "0-1 ---p 1-3 rw-p 3-7 r--p 7-9 rw-p 9-10 r-xp",
		  "changes nothing");
	expect(protect(AT(2), 6 * PAGE, RW), 0, "across three areas");
	areas_are(ARENA, ARENA_PAGES, "0-1 ---p 1-9 rw-p 9-10 r-xp", "merges");
	expect(protect(AT(0), PAGE, RW), 0, "the head back");
	areas_are(ARENA, ARENA_PAGES, "0-9 rw-p 9-10 r-xp", "joins its next");
	expect(protect(AT(9), 1, RW), 0, "one byte of the tail");
	areas_are(ARENA, ARENA_PAGES, "0-10 rw-p", "is its page: one area");
	check(is_filled(AT(0), 10 * PAGE, 1), "the contents never changed");
}

static void check_merge_left(void)
{
	fresh(6);
	protect(AT(2), 2 * PAGE, PROT_READ);
	protect(AT(0), 2 * PAGE, PROT_READ);
	areas_are(ARENA, ARENA_PAGES, "0-4 r--p 4-6 rw-p", "joins its right");
	protect(AT(4), PAGE, PROT_READ);
	areas_are(ARENA, ARENA_PAGES, "0-5 r--p 5-6 rw-p", "joins its left");
	protect(AT(1), PAGE, RW);
	protect(AT(3), PAGE, RW);
	areas_are(ARENA, ARENA_PAGES,
		  "0-1 r--p 1-2 rw-p 2-3 r--p 3-4 rw-p 4-5 r--p 5-6 rw-p",
		  "page by page");
	protect(AT(0), 6 * PAGE, PROT_NONE);
	areas_are(ARENA, ARENA_PAGES, "0-6 ---p", "six become one");
	protect(AT(0), 6 * PAGE, PROT_READ);
	check(is_filled(AT(0), 6 * PAGE, 1), "the contents are all there");
}

static void check_access(void)
{
	fresh(4);
	protect(AT(1), PAGE, PROT_READ);
	expect(read_fault(AT(1)), 0, "read-only: a read");
	expect(write_fault(AT(1) + 77), SEGV_ACCERR, "read-only: a write");
	expect(write_fault(AT(1) - 1), 0, "the byte before is writable");
	expect(write_fault(AT(2)), 0, "the byte behind is writable");
	protect(AT(1), PAGE, PROT_NONE);
	expect(read_fault(AT(1) + 99), SEGV_ACCERR, "none: a read");
	expect(write_fault(AT(2) - 1), SEGV_ACCERR, "none: a write");
	protect(AT(1), PAGE, RW);
	expect(write_fault(AT(1)), 0, "read and write: works at once");
	protect(AT(1), PAGE, PROT_READ);
	expect(write_fault(AT(1)), SEGV_ACCERR,
	       "a page just written is read-only at once");
	check(is_filled(AT(0), 4 * PAGE, 1), "the contents never changed");
}

static void check_untouched(void)
{
	munmap((void *)ARENA, ARENA_PAGES * PAGE);
	map(AT(0), 4 * PAGE, PROT_NONE, ANON | MAP_FIXED);
	protect(AT(1), 2 * PAGE, RW);
	check(is_zero(AT(1), 2 * PAGE), "pages opened before use are zero");
	fill(AT(1), PAGE, 2);
	protect(AT(1), 2 * PAGE, PROT_READ);
	check(is_filled(AT(1), PAGE, 2) && is_zero(AT(2), PAGE),
	      "closed again they keep what they hold");
	expect(write_fault(AT(2)), SEGV_ACCERR,
	       "a zero page is closed as well");
	protect(AT(2), PAGE, RW);
	fill(AT(2), PAGE, 3);
	check(is_filled(AT(2), PAGE, 3), "and opened again");
}

static void check_shared(void)
{
	munmap((void *)ARENA, ARENA_PAGES * PAGE);
	map(AT(0), 6 * PAGE, RW, SHARED | MAP_FIXED);
	fill(AT(0), 6 * PAGE, 4);
	protect(AT(2), 2 * PAGE, PROT_READ);
	areas_are(ARENA, ARENA_PAGES, "0-2 rw-s 2-4 r--s 4-6 rw-s",
		  "shared memory splits");
	expect(write_fault(AT(2)), SEGV_ACCERR, "a write to it is refused");
	protect(AT(2), 2 * PAGE, RW);
	areas_are(ARENA, ARENA_PAGES, "0-6 rw-s", "and merges");
	check(is_filled(AT(0), 6 * PAGE, 4) && write_fault(AT(2)) == 0,
	      "with all its contents");
}

static void check_errors(void)
{
	fresh(8);
	munmap((void *)AT(4), PAGE);
	expect(protect(AT(0) + 1, PAGE, PROT_READ), -EINVAL, "unaligned");
	expect(protect(AT(0), 0, PROT_READ), 0, "length 0 is no error");
	expect(protect(AT(4), 0, PROT_READ), 0, "not even in a hole");
	expect(protect(AT(4) + 1, 0, PROT_READ), -EINVAL, "but unaligned is");
	expect(protect(AT(0), PAGE, 0x100), -EINVAL, "an unknown protection");
	expect(protect(AT(0), PAGE, PROT_READ | PROT_GROWSDOWN | PROT_GROWSUP),
	       -EINVAL, "PROT_GROWSDOWN and PROT_GROWSUP together");
	expect(protect(AT(0), PAGE, PROT_READ | PROT_GROWSDOWN), -EINVAL,
	       "PROT_GROWSDOWN of what does not grow");
	areas_are(ARENA, ARENA_PAGES, "0-4 rw-p 5-8 rw-p", "changed nothing");
	expect(protect(AT(4), PAGE, PROT_READ), -ENOMEM, "a hole");
	expect(protect(AT(4), 2 * PAGE, PROT_READ), -ENOMEM, "a hole first");
	expect(protect(AT(2), 4 * PAGE, RW), -ENOMEM, "a hole inside");
	expect(protect(AT(7), 2 * PAGE, RW), -ENOMEM, "a hole at the end");
	expect(protect(AT(40), PAGE, RW), -ENOMEM, "nowhere");
	expect(protect(USER_TOP, PAGE, RW), -ENOMEM, "at 3 GiB");
	expect(protect(0xFFFFF000, PAGE, RW), -ENOMEM, "the last page of all");
	expect(protect(AT(0), 0xFFFFF000, RW), -ENOMEM, "a length that wraps");
	check(is_filled(AT(0), 4 * PAGE, 1) && is_filled(AT(5), 3 * PAGE, 1),
	      "the contents never changed");
}

/* A function written by hand: mov $value, %eax; ret */
static int call(uintptr_t addr)
{
	return ((int (*)(void))addr)();
}

static void write_function(uintptr_t addr, uint8_t value)
{
	const uint8_t code[] = { 0xb8, value, 0, 0, 0, 0xc3 };

	memcpy((void *)addr, code, sizeof(code));
}

__attribute__((noinline, noipa)) static int answer(void)
{
	int value;

	asm volatile("movl $42, %0" : "=a"(value));
	return value;
}

/* Finds the 42 in its own text and makes it 43. */
static int patch_text(long unused)
{
	uint8_t *byte = (uint8_t *)(uintptr_t)answer;
	uintptr_t page = (uintptr_t)byte & -PAGE;

	(void)unused;
	if (answer() != 42 || protect(page, 2 * PAGE, RW | PROT_EXEC))
		return 1;
	while (byte[0] != 0xb8 || byte[1] != 42)
		byte++;
	byte[1] = 43;
	if (answer() != 43 || protect(page, 2 * PAGE, RX))
		return 2;
	return answer() == 43 ? 0 : 3;
}

static void check_code(void)
{
	fresh(2);
	write_function(AT(0), 42);
	expect(protect(AT(0), PAGE, RX), 0,
	       "a page of code is made executable");
	expect(call(AT(0)), 42, "and runs");
	expect(write_fault(AT(0)), SEGV_ACCERR, "and cannot be written");
	protect(AT(0), PAGE, RW | PROT_EXEC);
	write_function(AT(0), 17);
	expect(call(AT(0)), 17, "opened and rewritten it runs anew");
	protect(AT(0), PAGE, PROT_NONE);
	check(fault_of((int (*)(long))(uintptr_t)AT(0), 0).addr == AT(0),
	      "closed, a jump to it faults there");
	expect(write_fault((uintptr_t)answer), SEGV_ACCERR,
	       "the program's own text is read-only");
	check(exited(run(patch_text, 0), 0), "until a child opens its own");
	expect(answer(), 42, "which leaves the parent's as it was");
}

static void check_often(void)
{
	bool all = true;

	fresh(16);
	for (unsigned int i = 0; i < 1000; i++) {
		unsigned int page = i * 7 % 16;

		all &= protect(AT(page), PAGE, i % 3 ? PROT_READ : RW) == 0;
	}
	for (unsigned int i = 0; i < 50; i++) {
		all &= protect(AT(0), 16 * PAGE, PROT_READ) == 0;
		all &= write_fault(AT(i % 16)) == SEGV_ACCERR;
		all &= protect(AT(0), 16 * PAGE, RW) == 0;
		all &= write_fault(AT(i % 16)) == 0;
	}
	check(all, "1100 changes, and the access that they allow");
	areas_are(ARENA, ARENA_PAGES, "0-16 rw-p", "one area at the end");
	check(is_filled(AT(0), 16 * PAGE, 1), "and the contents as they were");
	munmap((void *)ARENA, ARENA_PAGES * PAGE);
}

int main(int argc, char **argv)
{
	(void)argc;
	guest_start(argv);
	check_split_merge();
	check_merge_left();
	check_access();
	check_untouched();
	check_shared();
	check_errors();
	check_code();
	check_often();
	return guest_end();
}
