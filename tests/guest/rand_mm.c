// SPDX-License-Identifier: MIT
/*
 * rand_mm - random calls of the whole mmap family, told line by line (rand.h).
 *
 * A sequence takes 200 steps over an arena of 64 pages, a heap of 16 and two
 * files.  A step is one call with random arguments, most of them good, or a
 * touch, or a fork whose child takes steps of its own; it makes one line, with
 * the result or the error's name, and with the signal, its code and its address
 * where there was one.  Now and then a line has /proc/self/maps, another one a
 * digest of all memory and of the files.
 *
 * So that it says the same on every right kernel:
 *   - addresses are relative to the arena; one that the kernel chose is only
 *     "elsewhere", and what is there goes at once or comes back by mremap;
 *   - MADV_FREE may keep the bytes or not, so they are written right after it;
 *   - what goes from a mapping to a file or back lies in one page, so it is
 *     all there or not at all: from memory of which a part is missing Linux
 *     6.1 for i386 may try to write forever.
 *
 * Features are a sum: 1 files, 2 remap_file_pages, 4 what a refused call has
 * changed all the same (Linux's mprotect works up to a hole, its mremap unmaps
 * the target first), 8 System V's shared memory, process_vm, and mremap of
 * whatever there is, 16 where areas begin and end that might be one: that hangs
 * on which faults came first.  By default all.  Without 4 such a call is
 * followed by one that makes it certain.
 */
#include "tests/guest/guest.h"
#include "tests/guest/rand.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARENA		0x40000000u
#define NR_PAGES	64u
#define HEAP_PAGES	16u
#define NR_STEPS	200u
#define NR_CHILD_STEPS	8u
#define AT(page)	(ARENA + (page) * PAGE)
#define FILE_PAGES	12u
#define NR_FILES	4
#define HAS_FILES	1u
#define HAS_REMAP	2u
#define HAS_REFUSED	4u
#define HAS_MORE	8u
#define HAS_BORDERS	16u

static uintptr_t heap;			/* where its pages begin */
static int depth;			/* forks above us */

/* 0 a memfd, 1 a file, 2 the same read-only, 3 the same write-only. */
static int files[NR_FILES];

static int segments[2];			/* of System V's shared memory */

/* ---------------------------------------------------------------- lines */

static void say_place(uintptr_t addr)
{
	const char *where = "elsewhere";
	uintptr_t start = addr;

	if (addr - ARENA <= NR_PAGES * PAGE) {
		start = ARENA;
		where = "";
	} else if (addr - heap <= HEAP_PAGES * PAGE) {
		start = heap;
		where = "heap";
	}
	say("%s", where);
	if (start == addr && *where == 'e')
		return;
	say("+%u", (addr - start) / PAGE);
	if (addr % PAGE)
		say(".%u", addr % PAGE);
}

static void say_range(uintptr_t addr, size_t size)
{
	say_place(addr);
	say(" %u", size / PAGE);
	if (size % PAGE)
		say(".%u", size % PAGE);
}

static void say_result(long result)
{
	if (result < 0 && result > -4096)
		say(" = %s", strerrorname_np(-result));
	else if (result < 0 || result > (long)(64 * PAGE)) {
		say(" = ");
		say_place(result);
	} else {
		say(" = %ld", result);
	}
}

/* --------------------------------------------------------------- touching */

static sigjmp_buf after_touch;
static volatile struct fault fault;

static void on_fault(int sig, siginfo_t *info, void *context)
{
	(void)context;
	fault.sig = sig;
	fault.code = info->si_code;
	fault.addr = (uintptr_t)info->si_addr;
	siglongjmp(after_touch, 1);
}

static void catch_faults(void)
{
	static char stack[16384];
	const stack_t alternate = { .ss_sp = stack, .ss_size = sizeof(stack) };
	const struct sigaction action = {
		.sa_sigaction = on_fault,
		.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER,
	};

	sigaltstack(&alternate, NULL);
	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
}

/* peek(), poke() - a byte, or false and @fault says why not. */
static bool peek(uintptr_t addr, uint8_t *value)
{
	if (sigsetjmp(after_touch, 0))
		return false;
	*value = *(volatile uint8_t *)addr;
	return true;
}

static bool poke(uintptr_t addr, uint8_t value)
{
	if (sigsetjmp(after_touch, 0))
		return false;
	*(volatile uint8_t *)addr = value;
	return true;
}

static void say_fault(void)
{
	say(" = SIG%s %d ", sigabbrev_np(fault.sig), fault.code);
	say_place(fault.addr);
}

/* ------------------------------------------------------------- memory told */

struct area {
	unsigned long start, end, offset, inode;
	unsigned int major, minor;
	char prot[5];
	const char *name;		/* up to the end of the line */
};

static const char *kind_of(const char *name)
{
	static const char *const kinds[][2] = {
		{ "/memfd:", "memfd" }, { "/dev/zero", "zero" },
		{ "/SYSV", "sysv" }, { "/", "file" },
	};

	for (size_t i = 0; i < COUNT(kinds); i++)
		if (!strncmp(name, kinds[i][0], strlen(kinds[i][0])))
			return kinds[i][1];
	return "?";
}

/* A number, and the one character behind it. */
static unsigned long number(const char **at, unsigned int base)
{
	unsigned long value = 0;
	char c;

	for (;;) {
		c = *(*at)++;
		if (c >= '0' && c <= '9')
			c -= '0';
		else if (c >= 'a' && c <= 'f')
			c -= 'a' - 10;
		else
			return value;
		value = value * base + c;
	}
}

/* Reads the next line of maps; false at the end. */
static bool next_area(const char **at, struct area *area)
{
	const char *end;

	if (!**at)
		return false;
	area->start = number(at, 16);
	area->end = number(at, 16);
	memcpy(area->prot, *at, 4);
	*at += 5;
	area->offset = number(at, 16);
	area->major = number(at, 16);
	area->minor = number(at, 16);
	area->inode = number(at, 10);
	*at += strspn(*at, " ");
	end = strchr(*at, '\n');
	area->name = *at;
	*at = end + 1;
	return true;
}

static bool clip(struct area *area, uintptr_t base, size_t nr_pages)
{
	const uintptr_t limit = base + nr_pages * PAGE;

	if (area->start < base) {
		area->offset += base - area->start;
		area->start = base;
	}
	if (area->end > limit)
		area->end = limit;
	return area->start < area->end;
}

static bool goes_on(const struct area *a, const struct area *b)
{
	return !(features & HAS_BORDERS) && a->end == b->start && !strcmp(a->prot, b->prot) &&
	       a->inode == b->inode && a->minor == b->minor &&
	       (!a->inode || b->offset - a->offset == b->start - a->start);
}

static void say_area(const struct area *area, uintptr_t base)
{
	say(" %lu-%lu %s", (area->start - base) / PAGE,
	    (area->end - base) / PAGE, area->prot);
	if (*area->name == '/')
		say(" %s+%lu", kind_of(area->name), area->offset / PAGE);
}

static void say_maps(uintptr_t base, size_t nr_pages)
{
	const char *at = maps_text();
	struct area area, last = { 0 };

	while (next_area(&at, &area)) {
		if (!clip(&area, base, nr_pages))
			continue;
		if (last.end && goes_on(&last, &area)) {
			last.end = area.end;
			continue;
		}
		if (last.end)
			say_area(&last, base);
		last = area;
	}
	if (last.end)
		say_area(&last, base);
}

/* Two digits a page: of its bytes, or why it cannot be read. */
static void say_memory(uintptr_t base, size_t nr_pages)
{
	say(" ");
	for (size_t i = 0; i < nr_pages; i++) {
		const uint32_t *word = (const void *)(base + i * PAGE);
		uint32_t digest = 1;
		uint8_t value;

		if (!peek((uintptr_t)word, &value)) {
			say("%c%d", fault.sig == SIGBUS ? 'b' : '-', fault.code);
			continue;
		}
		for (size_t j = 0; j < PAGE / 4; j++)
			digest = add_word(digest, word[j]);
		say("%02x", digest >> 24);
	}
}

static uint32_t digest_file(uint32_t digest, int fd)
{
	static uint32_t words[PAGE / 4];
	ssize_t got;

	for (uint32_t at = 0; ; at += got) {
		memset(words, 0, sizeof(words));
		got = pread(fd, words, sizeof(words), at);
		if (got <= 0)
			return add_word(digest, at);
		for (ssize_t j = 0; j < (got + 3) / 4; j++)
			digest = add_word(digest, words[j]);
	}
}

static void tell_maps(void)
{
	say("maps");
	say_maps(ARENA, NR_PAGES);
	say(", heap");
	say_maps(heap, HEAP_PAGES);
	end_line();
}

static void tell_memory(void)
{
	say("memory");
	say_memory(ARENA, NR_PAGES);
	say_memory(heap, HEAP_PAGES);
	for (int i = 0; i < 2 && features & HAS_FILES; i++)
		say(" %08x", digest_file(1, files[i]));
	end_line();
}

/* ----------------------------------------------------------------- choices */

struct range {
	unsigned int page, nr;
	uintptr_t addr;
	size_t size;			/* bytes, not always whole pages */
};

static struct range some_range(void)
{
	const unsigned int first = below(NR_PAGES);
	unsigned int nr = below(one_in(6) ? NR_PAGES - first : 7) + 1;

	if (nr > NR_PAGES - first)
		nr = NR_PAGES - first;
	return (struct range){ first, nr, AT(first),
			       nr * PAGE - (one_in(3) ? below(PAGE) : 0) };
}

/* One call of thirty asks for something odd. */
static struct range maybe_odd_range(void)
{
	struct range range = some_range();

	if (!one_in(30))
		return range;
	/* Not so long that it reaches the stack. */
	switch (below(3)) {
	case 0:
		range.addr += 1 + below(PAGE - 1);
		break;
	case 1:
		range.size = 0;
		break;
	case 2:
		range.size = 0x30000000u;
		break;
	}
	return range;
}

static int some_prot(void)
{
	/* Not PROT_EXEC alone: with protection keys it cannot be read. */
	static const int prots[] = {
		RW, RW, RW, RW, RW, PROT_READ, PROT_READ, PROT_READ,
		PROT_NONE, PROT_WRITE, PROT_READ | PROT_EXEC,
		RW | PROT_EXEC,
	};

	return prots[below(COUNT(prots))];
}

static void say_prot(int prot)
{
	say(" %c%c%c", prot & PROT_READ ? 'r' : '-',
	    prot & PROT_WRITE ? 'w' : '-', prot & PROT_EXEC ? 'x' : '-');
}

struct name {
	unsigned int value;
	const char *text;
};

static void say_flags(unsigned int flags, const struct name *names, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		if (flags & names[i].value)
			say(" %s", names[i].text);
}

/* --------------------------------------------------- mmap, munmap, mprotect */

static const struct name map_names[] = {
	{ MAP_FIXED, "fixed" }, { MAP_FIXED_NOREPLACE, "noreplace" },
	{ MAP_POPULATE, "populate" }, { MAP_NONBLOCK, "nonblock" },
	{ MAP_LOCKED, "locked" }, { MAP_NORESERVE, "noreserve" },
	{ MAP_GROWSDOWN, "growsdown" }, { MAP_STACK, "stack" },
	{ MAP_DENYWRITE, "denywrite" },
};

/* The kind of a mapping: its flags, and -1 or which file. */
static int some_kind(int *flags)
{
	const uint32_t kind = below(20);

	if (!(features & HAS_FILES) || kind < 8) {
		*flags = MAP_ANONYMOUS | (kind % 4 ? MAP_PRIVATE : MAP_SHARED);
		return -1;
	}
	*flags = kind % 2 ? MAP_PRIVATE : MAP_SHARED;
	return kind < 12 ? 0 : kind < 17 ? 1 : kind < 19 ? 2 : 3;
}

static int some_map_flags(void)
{
	int flags = 0;

	if (one_in(6))
		flags |= MAP_POPULATE;
	if (one_in(12))
		flags |= MAP_NONBLOCK;
	if (one_in(16))
		flags |= MAP_LOCKED;
	if (one_in(8))
		flags |= MAP_NORESERVE;
	if (one_in(20))
		flags |= MAP_GROWSDOWN;
	if (one_in(16))
		flags |= MAP_STACK;
	if (one_in(16))
		flags |= MAP_DENYWRITE;
	return flags;
}

static long do_map(uintptr_t addr, size_t size, int prot, int flags, int file,
		   uint32_t offset)
{
	long got = sys(SYS_mmap2, addr, size, prot, flags,
		       file < 0 ? file : files[file], offset);

	say("mmap ");
	say_range(addr, size);
	say_prot(prot);
	say(" %s %s", file < 0 ? "anonymous" : file ? "file" : "memfd",
	    flags & MAP_SHARED ? "shared" : "private");
	if (file >= 0)
		say(" %d+%u", file, offset);
	say_flags(flags, map_names, COUNT(map_names));
	say_result(got);
	return got;
}

static bool is_elsewhere(long got)
{
	return !is_error(got) && (uintptr_t)got - ARENA >= NR_PAGES * PAGE;
}

static void step_map(void)
{
	struct range range = maybe_odd_range();
	int flags, file = some_kind(&flags);
	const int prot = some_prot();
	uint32_t offset = file < 0 ? 0 : below(FILE_PAGES);
	const uint32_t how = below(8);
	long got;

	if (range.nr > 16)
		range = some_range();
	flags |= some_map_flags();
	if (how < 5)
		flags |= MAP_FIXED;
	else if (how < 7)
		flags |= MAP_FIXED_NOREPLACE;
	if (one_in(60))
		flags &= ~(MAP_SHARED | MAP_PRIVATE);
	if (one_in(60))
		flags |= MAP_SHARED | MAP_PRIVATE;
	if (one_in(60))
		offset |= 0xFFFFF000u;
	if (range.size > NR_PAGES * PAGE || one_in(60))
		range.size = -PAGE + below(2);
	got = do_map(range.addr, range.size, prot, flags, file, offset);
	if (is_elsewhere(got))
		sys(SYS_munmap, got, range.size);
}

static void step_unmap(void)
{
	const struct range range = maybe_odd_range();

	say("munmap ");
	say_range(range.addr, range.size);
	say_result(sys(SYS_munmap, range.addr, range.size));
}

/* As far as it is mapped, page by page. */
static void protect_again(struct range range, int prot)
{
	for (unsigned int i = 0; i < range.nr; i++)
		sys(SYS_mprotect, AT(range.page + i), PAGE, prot);
}

static void step_protect(void)
{
	struct range range = maybe_odd_range();
	int prot = some_prot();
	long got;

	say("mprotect ");
	say_range(range.addr, range.size);
	say_prot(prot);
	if (one_in(30)) {
		prot |= one_in(2) ? PROT_GROWSDOWN : PROT_GROWSUP;
		say(prot & PROT_GROWSUP ? " growsup" : " growsdown");
	}
	got = sys(SYS_mprotect, range.addr, range.size, prot);
	say_result(got);
	if (got == -ENOMEM && !(features & HAS_REFUSED)) {
		if (range.size > range.nr * PAGE)
			range.nr = NR_PAGES - range.page;
		protect_again(range, prot & 7);
	}
}

/* ------------------------------------------------------------------ mremap */

static const struct name remap_names[] = {
	{ MREMAP_MAYMOVE, "maymove" }, { MREMAP_FIXED, "fixed" },
	{ MREMAP_DONTUNMAP, "dontunmap" }, { 8, "8" },
};

static long do_remap(uintptr_t from, size_t old, size_t new, int flags,
		     uintptr_t to)
{
	long got = sys(SYS_mremap, from, old, new, flags, to);

	say("mremap ");
	say_range(from, old);
	say(" to %u", new / PAGE);
	say_flags(flags, remap_names, COUNT(remap_names));
	if (flags & MREMAP_FIXED) {
		say(" ");
		say_place(to);
	}
	say_result(got);
	if (is_error(got) && flags & MREMAP_FIXED && !(features & HAS_REFUSED))
		sys(SYS_munmap, to, (new + PAGE - 1) & -PAGE);
	return got;
}

/* What the kernel put elsewhere goes to page @to, if there is room. */
static void bring_back(long got, size_t size, unsigned int to)
{
	const unsigned int nr = (size + PAGE - 1) / PAGE;

	if (!is_elsewhere(got))
		return;
	end_line();
	if (to + nr <= NR_PAGES)
		do_remap(got, nr * PAGE, nr * PAGE,
			 MREMAP_MAYMOVE | MREMAP_FIXED, AT(to));
	else
		say("gone"), sys(SYS_munmap, got, nr * PAGE);
}

static int some_remap_flags(void)
{
	static const int flags[] = {
		0, MREMAP_MAYMOVE, MREMAP_MAYMOVE,
		MREMAP_MAYMOVE | MREMAP_FIXED, MREMAP_MAYMOVE | MREMAP_FIXED,
		MREMAP_MAYMOVE | MREMAP_FIXED, MREMAP_MAYMOVE | MREMAP_DONTUNMAP,
		MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP,
	};

	if (one_in(30))
		return below(16);
	return flags[below(COUNT(flags))];
}

static void remap(unsigned int from, unsigned int old, unsigned int new)
{
	const unsigned int to = below(NR_PAGES);
	const int flags = some_remap_flags();
	const bool odd = one_in(40);
	long got;

	if (flags & MREMAP_DONTUNMAP)
		new = old;
	/* Nothing grows out of the arena. */
	if (from + new > NR_PAGES || to + new > NR_PAGES) {
		say("mremap: no room");
		return;
	}
	/* Which of two errors it is depends on the year. */
	if (flags & MREMAP_FIXED && to < from + (old ? old : 1) &&
	    from < to + new) {
		say("mremap: overlap");
		return;
	}
	got = do_remap(AT(from) + (odd ? below(PAGE) : 0), old * PAGE,
		       new * PAGE, flags, AT(to));
	bring_back(got, new * PAGE, to);
}

static void step_remap_page(void)
{
	const unsigned int from = below(NR_PAGES);

	remap(from, 1, one_in(2) ? 1 : below(4) + 1);
}

/* A shared page may be had twice; a private one may not. */
static void step_remap_double(void)
{
	remap(below(NR_PAGES), 0, below(3) + 1);
}

/* Several pages: to be sure that they are one area, they are mapped first. */
static void step_remap_fresh(void)
{
	const unsigned int from = below(NR_PAGES - 8), nr = below(7) + 2;
	const unsigned int skip = below(nr), old = below(nr - skip) + 1;
	int flags, file = some_kind(&flags);
	long got;

	if (file == 3)
		file = 1;
	got = do_map(AT(from), nr * PAGE, file == 2 ? PROT_READ : RW,
		     flags | MAP_FIXED, file, file < 0 ? 0 : below(FILE_PAGES));
	end_line();
	for (unsigned int i = 0; i < nr && file < 0 && !is_error(got); i++)
		if (one_in(2))
			poke(AT(from + i) + below(PAGE), below(256));
	remap(from + skip, old, below(old + 4) + one_in(2));
}

/* ----------------------------------------------------- madvise and the rest */

/* The pages of a range get new bytes, whole, or are dropped. */
static void renew(struct range range)
{
	const uint8_t value = below(256);

	for (unsigned int i = 0; i < range.nr; i++) {
		if (!poke(AT(range.page + i), value)) {
			sys(SYS_madvise, AT(range.page + i), PAGE,
			    MADV_DONTNEED);
			continue;
		}
		memset((void *)AT(range.page + i), value, PAGE);
	}
}

static void step_advise(void)
{
	static const struct name advice[] = {
		{ MADV_NORMAL, "normal" }, { MADV_RANDOM, "random" },
		{ MADV_SEQUENTIAL, "sequential" },
		{ MADV_WILLNEED, "willneed" }, { MADV_DONTNEED, "dontneed" },
		{ MADV_DONTNEED, "dontneed" }, { MADV_DONTNEED, "dontneed" },
		{ MADV_FREE, "free" }, { MADV_FREE, "free" },
		{ MADV_REMOVE, "remove" }, { MADV_REMOVE, "remove" },
		{ MADV_DONTFORK, "dontfork" }, { MADV_DOFORK, "dofork" },
		{ MADV_MERGEABLE, "mergeable" },
		{ MADV_UNMERGEABLE, "unmergeable" },
		{ MADV_WIPEONFORK, "wipeonfork" },
		{ MADV_KEEPONFORK, "keeponfork" },
		{ MADV_DONTDUMP, "dontdump" }, { MADV_DODUMP, "dodump" },
		{ 22, "populate_read" }, { 23, "populate_write" },
		{ 22, "populate_read" }, { 23, "populate_write" },
		{ 5, "5" }, { 77, "77" },
	};
	const unsigned int which = below(COUNT(advice));
	struct range range = advice[which].value == MADV_FREE ?
			     some_range() : maybe_odd_range();
	long got = sys(SYS_madvise, range.addr, range.size,
		       advice[which].value);

	say("madvise ");
	say_range(range.addr, range.size);
	say(" %s", advice[which].text);
	say_result(got);
	if (advice[which].value == MADV_FREE)
		renew(range);
}

static void step_sync(void)
{
	static const struct name flags[] = {
		{ MS_ASYNC, "async" }, { MS_SYNC, "sync" },
		{ MS_INVALIDATE, "invalidate" }, { 8, "8" },
	};
	const struct range range = maybe_odd_range();
	const unsigned int how = one_in(20) ? below(16) :
				 below(2) ? MS_SYNC : below(8) & ~8;

	say("msync ");
	say_range(range.addr, range.size);
	say_flags(how, flags, COUNT(flags));
	say_result(sys(SYS_msync, range.addr, range.size, how));
}

static void step_incore(void)
{
	const struct range range = maybe_odd_range();
	static uint8_t there[0x30000];		/* of the longest range */
	long got = sys(SYS_mincore, range.addr, range.size,
		       (long)there);

	say("mincore ");
	say_range(range.addr, range.size);
	say_result(got);
	/*
	 * A child has no page tables of areas that its parent never wrote to.
	 */
	say(" ");
	for (size_t i = 0; (features & HAS_MORE || !depth) && got == 0 && i < (range.size + PAGE - 1) / PAGE; i++)
		say("%d", there[i] & 1);
}

static void step_lock(void)
{
	const struct range range = maybe_odd_range();
	const uint32_t kind = below(20);

	if (kind == 0) {
		const int how = below(8);

		say("mlockall %d", how);
		say_result(sys(SYS_mlockall, how));
		return;
	}
	if (kind < 4) {
		say("munlockall");
		say_result(sys(SYS_munlockall));
		return;
	}
	say(kind < 8 ? "mlock " : kind < 12 ? "mlock2 " : "munlock ");
	say_range(range.addr, range.size);
	if (kind < 8) {
		say_result(sys(SYS_mlock, range.addr, range.size));
	} else if (kind < 12) {
		const int how = one_in(10) ? 2 : below(2);

		say(" %d", how);
		say_result(sys(SYS_mlock2, range.addr, range.size, how));
	} else {
		say_result(sys(SYS_munlock, range.addr, range.size));
	}
}

static void step_brk(void)
{
	const uintptr_t end = heap + below(HEAP_PAGES) * PAGE +
			      (one_in(3) ? below(PAGE) : 0);

	say("brk ");
	say_place(end);
	say(" = ");
	say_place(sys(SYS_brk, end));
}

static void step_remap_file(void)
{
	const struct range range = maybe_odd_range();
	const int prot = one_in(20) ? PROT_READ : 0;
	const uint32_t offset = below(FILE_PAGES);

	say("remap_file_pages ");
	say_range(range.addr, range.size);
	say(" +%u", offset);
	if (prot)
		say(" prot");
	say_result(sys(SYS_remap_file_pages, range.addr, range.size, prot,
		       offset, one_in(4) ? MAP_NONBLOCK : 0));
}

/* ---------------------------------------------------------------- touching */

static uintptr_t some_byte(void)
{
	if (one_in(10))
		return heap + below(HEAP_PAGES * PAGE);
	return ARENA + below(NR_PAGES * PAGE);
}

static void step_read(void)
{
	const uintptr_t addr = some_byte();
	uint8_t value = 0;

	say("read ");
	say_place(addr);
	if (peek(addr, &value))
		say(" = %u", value);
	else
		say_fault();
}

static void step_write(void)
{
	const uintptr_t addr = some_byte();
	const uint8_t value = below(256);

	say("write ");
	say_place(addr);
	if (poke(addr, value))
		say(" = %u", value);
	else
		say_fault();
}

/* A byte in each of some pages: their letters are told. */
static void step_write_many(void)
{
	const struct range range = some_range();

	say("write to each ");
	say_range(range.addr, range.nr * PAGE);
	say(" = ");
	for (unsigned int i = 0; i < range.nr; i++) {
		const uintptr_t addr = AT(range.page + i) + below(PAGE);
		const uint8_t value = below(256);

		say("%c", poke(addr, value) ? 'w' : fault.sig == SIGBUS ? 'b' :
			  fault.code == SEGV_MAPERR ? '.' : '-');
	}
}

/* Eight bytes by the kernel: our empty signal mask, or EFAULT. */
static void step_kernel(void)
{
	const uintptr_t addr = some_byte() & -8u;

	say("the kernel ");
	if (one_in(2)) {
		say("reads ");
		say_place(addr);
		say_result(sys(SYS_rt_sigprocmask, 99, addr, 0, 8));
	} else {
		say("writes ");
		say_place(addr);
		say_result(sys(SYS_rt_sigprocmask, 0, 0, addr, 8));
	}
}

/* ------------------------------------------------------------------- files */

static uint8_t buffer[2 * PAGE];

static int some_file(void)
{
	return one_in(10) ? 2 + below(2) : below(2);
}

/* Bytes from @addr on that lie in its page, at most @size. */
static size_t in_page(uintptr_t addr, size_t size)
{
	const size_t room = PAGE - addr % PAGE;

	return size < room ? size : room;
}

static void say_file(int file, uint32_t at, size_t size)
{
	say("%d+%u.%u %u", file, at / PAGE, at % PAGE, size);
}

static void step_file_write(void)
{
	const int file = some_file();
	const uint32_t at = below(FILE_PAGES * PAGE);
	const bool from_arena = one_in(3);
	const uintptr_t from = from_arena ? some_byte() : (uintptr_t)buffer;
	size_t size = below(one_in(2) ? sizeof(buffer) : 200);

	if (from_arena)
		size = in_page(from, size);
	for (size_t i = 0; i < size && !from_arena; i++)
		buffer[i] = below(256);
	say("pwrite ");
	say_file(file, at, size);
	if (from_arena) {
		say(" from ");
		say_place(from);
	}
	say_result(sys(SYS_pwrite64, files[file], from, size, at, 0));
}

static void step_file_read(void)
{
	const int file = some_file();
	const uint32_t at = below(FILE_PAGES * PAGE);
	const size_t size = below(one_in(2) ? sizeof(buffer) : 200);
	uint32_t digest = 1;
	long got;

	say("pread ");
	say_file(file, at, size);
	if (one_in(3)) {
		const uintptr_t to = some_byte();

		say(" to ");
		say_place(to);
		say_result(sys(SYS_pread64, files[file], to, in_page(to, size),
			       at, 0));
		return;
	}
	got = sys(SYS_pread64, files[file], (long)buffer, size, at, 0);
	for (long i = 0; i < got; i++)
		digest = add_word(digest, buffer[i]);
	say_result(got);
	say(" %08x", digest);
}

static void step_truncate(void)
{
	const int file = some_file();
	const uint32_t size = below(FILE_PAGES) * PAGE +
			      (one_in(2) ? below(PAGE) : 0);

	say("ftruncate %d %u.%u", file, size / PAGE, size % PAGE);
	say_result(sys(SYS_ftruncate64, files[file], size, 0));
}

/* Pages that are only allocated are not in core to Linux; now they are. */
static void settle(int fd, uint32_t at, uint32_t end)
{
	char byte;

	for (; at < end; at = (at + PAGE) & -PAGE)
		if (pread(fd, &byte, 1, at) == 1)
			pwrite(fd, &byte, 1, at);
}

static void step_allocate(void)
{
	const int file = some_file(), mode = below(4);
	const uint32_t at = below(FILE_PAGES * PAGE / 2);
	const uint32_t size = below(FILE_PAGES * PAGE / 2);
	long got = sys(SYS_fallocate, files[file], mode, at, 0, size, 0);

	say("fallocate mode %d ", mode);
	say_file(file, at, size);
	say_result(got);
	if (got == 0)
		settle(files[file ? 1 : 0], at, at + size);
}

static void step_stat(void)
{
	const int file = below(2);
	struct stat stat;
	long got = fstat(files[file], &stat);

	say("fstat %d = %ld", file, got);
	if (got == 0)
		say(" %lu bytes", (unsigned long)stat.st_size);
}

static void (*const file_steps[])(void) = {
	step_file_write, step_file_write, step_file_write, step_file_read,
	step_file_read, step_truncate, step_truncate, step_allocate, step_stat,
};

/* -------------------------------------------------------------------- more */

/* Our own memory by pid: what is there up to the first page that is not. */
static void step_process_vm(void)
{
	const struct range range = some_range();
	const bool write = one_in(2);
	static uint8_t bytes[4 * PAGE];
	const uint32_t start = below(PAGE), size = below(sizeof(bytes));
	const struct iovec local = { bytes, size };
	const struct iovec remote = { (void *)(range.addr + start), size };
	uint32_t digest = 1;
	long got;

	for (size_t i = 0; i < size; i++)
		bytes[i] = write ? below(256) : 0;
	got = sys(write ? SYS_process_vm_writev : SYS_process_vm_readv,
		  getpid(), (long)&local, 1, (long)&remote, 1, 0);
	say("process_vm_%s ", write ? "writev" : "readv");
	say_range(range.addr + start, size);
	say_result(got);
	if (is_error(got) || write)
		return;
	for (size_t i = 0; i < size; i++)
		digest = add_word(digest, bytes[i]);
	say(" %08x", digest);
}

static void step_attach(void)
{
	static const struct name names[] = {
		{ SHM_RDONLY, "rdonly" }, { SHM_REMAP, "remap" },
		{ SHM_RND, "rnd" }, { SHM_EXEC, "exec" },
	};
	const struct range range = some_range();
	const int which = below(2);
	const uintptr_t addr = range.addr + (one_in(8) ? below(PAGE) : 0);
	int flags = one_in(2) ? SHM_REMAP : 0;
	unsigned long at = 0;
	long got;

	if (one_in(4))
		flags |= SHM_RDONLY;
	if (one_in(8))
		flags |= SHM_EXEC;
	if (one_in(8))
		flags |= SHM_RND;
	got = sys(SYS_ipc, 21, segments[which], flags, (long)&at, addr);
	say("shmat %d at ", which);
	say_place(addr);
	say_flags(flags, names, COUNT(names));
	say_result(got ? got : (long)at);
}

/* Of what was attached first in the arena, or anywhere. */
static void step_detach(void)
{
	const char *at = maps_text();
	uintptr_t addr = AT(below(NR_PAGES));
	const bool any = one_in(3);
	struct area area;

	while (!any && next_area(&at, &area)) {
		if (area.start >= ARENA && area.end <= AT(NR_PAGES) &&
		    area.inode && !strcmp(kind_of(area.name), "sysv")) {
			addr = area.start;
			break;
		}
	}
	say("shmdt ");
	say_place(addr);
	say_result(sys(SYS_ipc, 22, 0, 0, 0, addr));
}

/* Whatever areas these pages are. */
static void step_remap_range(void)
{
	const struct range range = some_range();

	remap(range.page, range.nr, one_in(3) ? range.nr :
	      below(range.nr + 3) + 1);
}

static void (*const more_steps[])(void) = {
	step_process_vm, step_attach, step_detach, step_remap_range,
	step_remap_range,
};

/* ---------------------------------------------------------------- sequences */

static void take_step(uint32_t seed, uint32_t step);

static void step_fork(uint32_t seed, uint32_t step)
{
	int status = 0;
	pid_t pid;

	if (depth == 2) {
		say("no fork");
		return;
	}
	say("fork");
	end_line();
	pid = fork();
	if (pid == 0) {
		depth++;
		for (uint32_t i = 0; i < NR_CHILD_STEPS; i++)
			take_step(seed, (step + 1) * 256 + i);
		if (one_in(2))
			tell_memory();
		_exit(depth);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	say("child ended with %#x", status);
}

static const struct {
	uint32_t share;			/* of 100 */
	void (*step)(void);
} steps[] = {
	{ 20, step_map }, { 6, step_unmap }, { 9, step_protect },
	{ 5, step_remap_page }, { 2, step_remap_double },
	{ 4, step_remap_fresh }, { 10, step_advise }, { 2, step_sync },
	{ 4, step_incore }, { 4, step_lock }, { 3, step_brk },
	{ 6, step_read }, { 6, step_write }, { 5, step_write_many },
	{ 3, step_kernel },
};

static void take_step(uint32_t seed, uint32_t step)
{
	uint32_t which, i;

	seed_random(seed, step);
	say("%*s%u: ", depth * 2, "", step);
	if (features & HAS_MORE && one_in(10)) {
		more_steps[below(COUNT(more_steps))]();
		end_line();
		return;
	}
	which = below(100);
	for (i = 0; i < COUNT(steps) && which >= steps[i].share; i++)
		which -= steps[i].share;
	if (i < COUNT(steps))
		steps[i].step();
	else if (which < 4)
		step_fork(seed, step);
	else if (which < 6 && features & HAS_REMAP)
		step_remap_file();
	else if (features & HAS_FILES)
		file_steps[below(COUNT(file_steps))]();
	else
		step_map();
	end_line();
}

static void open_files(void)
{
	static const char *const folders[] = { "/dev/shm", "/tmp", "" };
	char path[64];
	int fd = -1;

	files[0] = memfd_create("rand_mm", 0);
	for (size_t i = 0; i < COUNT(folders) && fd < 0; i++) {
		snprintf(path, sizeof(path), "%s/rand_mm.%d", folders[i],
			 getpid());
		fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
	}
	files[1] = fd;
	files[2] = open(path, O_RDONLY);
	files[3] = open(path, O_WRONLY);
	unlink(path);
}

/* They live for as long as they are attached, here for ever. */
static void make_segments(void)
{
	unsigned long at;

	for (uint32_t i = 0; i < COUNT(segments); i++) {
		segments[i] = sys(SYS_ipc, 23, IPC_PRIVATE,
				  (2 + 3 * i) * PAGE - 100, 0600);
		sys(SYS_ipc, 21, segments[i], 0, (long)&at, 0);
		sys(SYS_ipc, 24, segments[i], IPC_RMID, 0, 0);
	}
}

static void begin(void)
{
	catch_faults();
	if (features & HAS_FILES)
		open_files();
	if (features & HAS_MORE)
		make_segments();
	heap = (sys(SYS_brk, 0) + PAGE - 1) & -PAGE;
}

static void step(uint32_t seed, uint32_t step, uint32_t nth)
{
	take_step(seed, step);
	if (nth % 10 == 9)
		tell_maps();
	if (nth % 40 == 39)
		tell_memory();
}

static void end(void)
{
	tell_maps();
	tell_memory();
}

int main(int argc, char **argv)
{
	static const struct rand_program rand_mm = {
		HAS_FILES | HAS_REMAP | HAS_REFUSED | HAS_MORE | HAS_BORDERS,
		NR_STEPS, begin, step, end,
	};

	return rand_main(argc, argv, &rand_mm);
}
