// SPDX-License-Identifier: MIT
/*
 * rand_mmap - random mmap, munmap, mprotect, mremap, madvise, touch and fork,
 * against a model.
 *
 *	rand_mmap [first seed [how many]]	by default 1 and 50
 *
 * A sequence is 200 steps over an arena of 64 pages.  The model says of each
 * page whether it is mapped, with which protection, private or shared, and
 * every byte of it.  Promises: each call answers what the model says; a touch
 * faults, or the kernel's does, exactly if the model forbids it; all bytes are
 * as the model has them, here, in every child, and here again after children
 * have changed theirs; /proc/self/maps agrees page by page.
 *
 * The model's bytes of private pages are ordinary memory, so that a fork
 * copies the model with what it describes; those of shared pages lie in shared
 * memory themselves, in a pool of slots that only grows within a sequence.
 */
#include "tests/guest/guest.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ARENA		0x40000000u
#define NR_PAGES	64u
#define NR_STEPS	200
#define NR_SLOTS	512u
#define AT(page)	(ARENA + (page) * PAGE)

struct model_page {
	bool mapped;
	int prot;
	int slot;		/* of a shared page; -1: private */
};

static struct model_page page[NR_PAGES];
static uint8_t private[NR_PAGES][PAGE];
static uint8_t (*slots)[PAGE];
static unsigned int slots_used;
static uint32_t random_state, digest;
static const char *complaint;
static unsigned int complaint_at;

static uint32_t below(uint32_t limit)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state % limit;
}

static void digest_word(uint32_t word)
{
	for (int i = 0; i < 4; i++, word >>= 8)
		digest = (digest ^ (word & 0xff)) * 16777619u;
}

static bool wrong(const char *what, unsigned int where)
{
	if (!complaint) {
		complaint = what;
		complaint_at = where;
	}
	return false;
}

static uint8_t *model_bytes(unsigned int i)
{
	return page[i].slot < 0 ? private[i] : slots[page[i].slot];
}

/* ------------------------------------------------------------ comparing */

/* Asks the kernel to read 8 bytes there; it then refuses the odd way. */
static bool kernel_reads(uintptr_t addr)
{
	return sys(SYS_rt_sigprocmask, 99, addr, 0, 8) == -EINVAL;
}

static bool page_agrees(unsigned int i)
{
	bool readable = page[i].mapped && page[i].prot != PROT_NONE;

	/* Where we may not look the kernel does; elsewhere now and then. */
	if ((!readable || i % 8 == 0) && kernel_reads(AT(i)) != readable)
		return wrong("what the kernel may read", i);
	if (readable && memcmp((void *)AT(i), model_bytes(i), PAGE))
		return wrong("contents", i);
	return true;
}

static bool arena_agrees(void)
{
	for (unsigned int i = 0; i < NR_PAGES; i++)
		if (!page_agrees(i))
			return false;
	return true;
}

static bool maps_agree(void)
{
	static char got[NR_PAGES][5];
	const char *at = areas(ARENA, NR_PAGES);
	unsigned int first, end;
	char prot[5];
	int length;

	memset(got, 0, sizeof(got));
	while (sscanf(at, "%u-%u %4s%n", &first, &end, prot, &length) == 3) {
		for (unsigned int i = first; i < end; i++)
			strcpy(got[i], prot);
		at += length;
	}
	for (unsigned int i = 0; i < NR_PAGES; i++) {
		char want[5] = "";

		if (page[i].mapped)
			snprintf(want, sizeof(want), "%c%c%c%c",
				 page[i].prot & PROT_READ ? 'r' : '-',
				 page[i].prot & PROT_WRITE ? 'w' : '-',
				 page[i].prot & PROT_EXEC ? 'x' : '-',
				 page[i].slot < 0 ? 'p' : 's');
		if (strcmp(want, got[i]))
			return wrong("the line of maps", i);
	}
	return true;
}

/* ---------------------------------------------------------------- steps */

static int random_prot(void)
{
	/* Never PROT_WRITE or PROT_EXEC alone: what they allow depends. */
	static const int prots[] = {
		RW, RW, RW, RW, PROT_READ, PROT_READ, PROT_NONE,
		PROT_READ | PROT_EXEC,
	};

	return prots[below(8)];
}

static bool overlaps(unsigned int first, unsigned int nr)
{
	for (unsigned int i = first; i < first + nr; i++)
		if (page[i].mapped)
			return true;
	return false;
}

static bool step_map(unsigned int first, unsigned int nr)
{
	const int prot = random_prot();
	bool is_shared = below(4) == 0;
	int flags = MAP_FIXED;
	long got, want = AT(first);

	if (is_shared && nr > 6)
		nr = 6;
	if (is_shared && slots_used + nr > NR_SLOTS)
		is_shared = false;
	if (below(4) == 0) {
		flags = MAP_FIXED_NOREPLACE;
		if (overlaps(first, nr))
			want = -EEXIST;
	}
	if (below(6) == 0)
		flags |= MAP_POPULATE;
	got = map(AT(first), nr * PAGE - below(PAGE), prot,
		  flags | (is_shared ? SHARED : ANON));
	if (got != want)
		return wrong("mmap's answer", first);
	for (unsigned int i = first; got > 0 && i < first + nr; i++) {
		page[i] = (struct model_page){ true, prot, -1 };
		if (is_shared)
			page[i].slot = slots_used++;
		memset(model_bytes(i), 0, PAGE);
	}
	return true;
}

static bool step_unmap(unsigned int first, unsigned int nr)
{
	if (sys(SYS_munmap, AT(first), nr * PAGE - below(PAGE)) != 0)
		return wrong("munmap's answer", first);
	for (unsigned int i = first; i < first + nr; i++)
		page[i].mapped = false;
	return true;
}

static bool step_protect(unsigned int first, unsigned int nr)
{
	const int prot = random_prot();
	unsigned int i = first;

	/* Only what is mapped: see mprotect.c about holes. */
	while (i < first + nr && page[i].mapped)
		i++;
	if (i == first)
		return sys(SYS_mprotect, AT(first), nr * PAGE, prot) ==
		       -ENOMEM || wrong("mprotect of a hole", first);
	nr = i - first;
	if (sys(SYS_mprotect, AT(first), nr * PAGE - below(PAGE), prot) != 0)
		return wrong("mprotect's answer", first);
	for (i = first; i < first + nr; i++)
		page[i].prot = prot;
	return true;
}

/* One page: it is sure to lie in one area, which mremap() asks for. */
static bool step_move(unsigned int from, unsigned int to)
{
	const bool stays = below(3) == 0;
	long got, want = AT(to);

	if (from == to)			/* which error, depends on the year */
		return true;
	if (!page[from].mapped)
		want = -EFAULT;
	got = sys(SYS_mremap, AT(from), PAGE, PAGE, MREMAP_MAYMOVE |
		  MREMAP_FIXED | (stays ? MREMAP_DONTUNMAP : 0), AT(to));
	if (got != want)
		return wrong("mremap's answer", from);
	if (want < 0)
		return true;
	page[to] = page[from];
	if (page[from].slot < 0) {
		memcpy(private[to], private[from], PAGE);
		memset(private[from], 0, PAGE);
	}
	page[from].mapped = stays;
	return true;
}

/* One private page becomes two; a shared one may have no second. */
static bool step_grow(unsigned int from, unsigned int to)
{
	if (to > NR_PAGES - 2 || (to <= from && from <= to + 1) ||
	    !page[from].mapped || page[from].slot >= 0)
		return true;
	if (sys(SYS_mremap, AT(from), PAGE, 2 * PAGE,
		MREMAP_MAYMOVE | MREMAP_FIXED, AT(to)) != (long)AT(to))
		return wrong("mremap's answer", from);
	page[to] = page[to + 1] = page[from];
	page[from].mapped = false;
	memcpy(private[to], private[from], PAGE);
	memset(private[to + 1], 0, PAGE);
	return true;
}

/* Private pages are zero then, and shared ones as they were. */
static bool step_drop(unsigned int first, unsigned int nr)
{
	long want = 0;

	for (unsigned int i = first; i < first + nr; i++) {
		if (!page[i].mapped)
			want = -ENOMEM;
		else if (page[i].slot < 0)
			memset(private[i], 0, PAGE);
	}
	return sys(SYS_madvise, AT(first), nr * PAGE - below(PAGE),
		   MADV_DONTNEED) == want ||
	       wrong("madvise's answer", first);
}

static bool step_remove(unsigned int i)
{
	long want = 0;

	if (!page[i].mapped)
		want = -ENOMEM;
	else if (page[i].slot < 0)
		want = -EINVAL;
	else
		memset(slots[page[i].slot], 0, PAGE);
	return sys(SYS_madvise, AT(i), PAGE, MADV_REMOVE) == want ||
	       wrong("madvise's answer", i);
}

static bool step_write(unsigned int first, unsigned int nr)
{
	for (unsigned int i = first; i < first + nr; i++) {
		uint32_t at = below(PAGE), size = below(PAGE - at) + 1;
		uint32_t value = below(256);

		if (!page[i].mapped || !(page[i].prot & PROT_WRITE))
			continue;
		if (size > 64 && below(4))
			size = 64;
		memset((void *)(AT(i) + at), value, size);
		memset(model_bytes(i) + at, value, size);
	}
	return true;
}

/* One byte, by the program itself: allowed, or the right SIGSEGV. */
static bool step_touch(unsigned int i)
{
	const uintptr_t addr = AT(i) + below(PAGE);
	const bool write = below(2);
	int want = 0, got;

	if (!page[i].mapped)
		want = SEGV_MAPERR;
	else if (page[i].prot == PROT_NONE ||
		 (write && !(page[i].prot & PROT_WRITE)))
		want = SEGV_ACCERR;
	got = write ? write_fault(addr) : read_fault(addr);
	return got == want || wrong("the fault of a touch", i);
}

/* Eight bytes, by the kernel: our empty signal mask, or EFAULT. */
static bool step_kernel_write(unsigned int i)
{
	const uint32_t at = 8 * below(PAGE / 8);
	const bool allowed = page[i].mapped && page[i].prot & PROT_WRITE;
	long got = sys(SYS_rt_sigprocmask, 0, 0, AT(i) + at, 8);

	if (got != (allowed ? 0 : -EFAULT))
		return wrong("what the kernel may write", i);
	if (allowed)
		memset(model_bytes(i) + at, 0, 8);
	return true;
}

static bool take_step(int depth);

static int child(long depth)
{
	for (int i = 0; i < 6; i++)
		if (!take_step(depth + 1))
			return 1;
	return arena_agrees() && (below(4) || maps_agree()) ? 0 : 1;
}

static bool step_fork(int depth)
{
	if (depth == 2)
		return true;
	if (!exited(run(child, depth), 0))
		return wrong("a child", depth);
	return arena_agrees();
}

static bool take_step(int depth)
{
	unsigned int first = below(NR_PAGES), kind = below(100);
	unsigned int nr = below(below(4) ? 6 : NR_PAGES - first) + 1;

	if (first + nr > NR_PAGES)
		nr = NR_PAGES - first;
	digest_word(first << 16 | nr << 8 | kind);
	if (kind < 25)
		return step_map(first, nr);
	if (kind < 35)
		return step_unmap(first, nr);
	if (kind < 52)
		return step_protect(first, nr);
	if (kind < 58)
		return step_move(first, below(NR_PAGES));
	if (kind < 61)
		return step_grow(first, below(NR_PAGES));
	if (kind < 64)
		return step_drop(first, nr);
	if (kind < 66)
		return step_remove(first);
	if (kind < 80)
		return step_write(first, nr);
	if (kind < 88)
		return step_touch(first);
	if (kind < 96)
		return step_kernel_write(first);
	return step_fork(depth);
}

static bool run_sequence(uint32_t seed)
{
	bool ok = true;

	random_state = seed * 2654435761u + 1;
	slots_used = 0;
	complaint = NULL;
	memset(page, 0, sizeof(page));
	munmap((void *)ARENA, NR_PAGES * PAGE);
	for (int i = 0; ok && i < NR_STEPS; i++) {
		ok = take_step(0);
		if (ok && i % 40 == 39)
			ok = arena_agrees() && maps_agree();
		if (!ok)
			note("seed %u, step %d, page %u: %s", seed, i,
			     complaint_at, complaint);
	}
	for (unsigned int i = 0; i < NR_PAGES; i++)
		if (page[i].mapped)
			for (unsigned int at = 0; at < PAGE; at += 4)
				digest_word(*(uint32_t *)(model_bytes(i) + at));
	munmap((void *)ARENA, NR_PAGES * PAGE);
	return ok;
}

int main(int argc, char **argv)
{
	uint32_t first = argc > 1 ? strtoul(argv[1], NULL, 0) : 1;
	uint32_t count = argc > 2 ? strtoul(argv[2], NULL, 0) : 50;

	guest_start(argv);
	slots = shared(NR_SLOTS * PAGE);
	for (uint32_t seed = first; seed < first + count; seed++) {
		bool ok;

		digest = 2166136261u;
		ok = run_sequence(seed);
		check(ok, "seed %u: 200 steps agree with the model, "
		      "digest %08x", seed, digest);
	}
	return guest_end();
}
