// SPDX-License-Identifier: MIT
/*
 * rand_joins - when are two areas one?  Random calls, and the areas after each.
 *
 *	rand_joins [first seed [how many]]	by default 1 and 60
 *	rand_joins say SEED			every step of one sequence
 *
 * A sequence is 120 steps over an arena of 24 pages: mmap, munmap, mprotect,
 * mremap, madvise, mlock, a touch for reading or writing, a child that goes on
 * by itself.  After each step the result and the areas of the arena, as they
 * stand in /proc/self/maps, go into a digest.  What is one area depends on the
 * rights, on what was touched before, on who forked whom, and on where memory
 * was moved from; there is no model here: right is what Linux 6.1 does.
 */
#include "tests/guest/guest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARENA		0x40000000u
#define NR_PAGES	24u
#define NR_STEPS	120
#define AT(page)	(ARENA + (page) * PAGE)

static uint32_t random_state;
static uint32_t *digest;
static bool aloud;
static int depth, file;

static uint32_t below(uint32_t limit)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return (random_state >> 4) % limit;
}

static void tell_join(const char *what, unsigned int first, unsigned int nr,
		 unsigned int more, long result)
{
	const char *text = areas(ARENA, NR_PAGES);

	if (result >= (long)ARENA && result < (long)AT(NR_PAGES))
		result = (result - ARENA) / PAGE;
	for (const char *c = text; *c; c++)
		*digest = (*digest ^ (uint8_t)*c) * 16777619u;
	*digest = (*digest ^ (uint32_t)result) * 16777619u;
	if (aloud)
		note("%*s%s %u+%u %#x = %ld: %s", depth * 2, "", what, first,
		     nr, more, result, text);
}

static void step_map(unsigned int first, unsigned int nr)
{
	static const int prots[] = { RW, RW, RW, PROT_READ, PROT_NONE };
	int prot = prots[below(5)], flags = ANON | MAP_FIXED;
	unsigned int kind = below(8);
	long args[7] = { SYS_mmap2, AT(first), nr * PAGE, prot, flags, -1, 0 };

	if (kind == 0) {
		args[4] = MAP_PRIVATE | MAP_FIXED;
		args[5] = file;
		args[6] = first;
	} else if (kind == 1) {
		args[4] = MAP_SHARED | MAP_FIXED;
		args[5] = file;
		args[6] = below(4) ? first : 3;
	} else if (kind == 2) {
		args[4] |= MAP_NORESERVE;
	}
	tell_join("map", first, nr, prot | kind << 4, sys_array(args));
}

static void step_protect(unsigned int first, unsigned int nr)
{
	static const int prots[] = { RW, RW, PROT_READ, PROT_NONE };
	int prot = prots[below(4)];

	tell_join("protect", first, nr, prot, sys(SYS_mprotect, AT(first), nr * PAGE,
					     prot));
}

static void step_move(unsigned int first, unsigned int nr)
{
	unsigned int to = below(NR_PAGES - nr + 1);
	unsigned int new_nr = below(3) ? nr : 1 + below(nr);
	int flags = MREMAP_MAYMOVE | MREMAP_FIXED;

	if (below(5) == 0) {
		flags |= 4;		/* MREMAP_DONTUNMAP */
		new_nr = nr;
	}
	tell_join("move", first, nr, to << 8 | new_nr << 4 | flags,
	     sys(SYS_mremap, AT(first), nr * PAGE, new_nr * PAGE, flags,
		 AT(to)));
}

static void step_grow(unsigned int first, unsigned int nr)
{
	unsigned int new_nr = nr + below(4);

	if (first + new_nr <= NR_PAGES)
		tell_join("grow", first, nr, new_nr,
		     sys(SYS_mremap, AT(first), nr * PAGE, new_nr * PAGE, 0,
			 0));
}

static void step_advise(unsigned int first, unsigned int nr)
{
	static const int advices[] = {
		MADV_DONTNEED, MADV_RANDOM, MADV_NORMAL, MADV_DONTDUMP,
		MADV_DODUMP, MADV_DONTFORK, MADV_DOFORK,
	};
	int advice = advices[below(7)];

	tell_join("advise", first, nr, advice,
	     sys(SYS_madvise, AT(first), nr * PAGE, advice));
}

static void step_lock(unsigned int first, unsigned int nr)
{
	int call = below(2) ? SYS_mlock : SYS_munlock;

	tell_join(call == SYS_mlock ? "lock" : "unlock", first, nr, 0,
	     sys(call, AT(first), nr * PAGE));
}

/* By the kernel, which answers EFAULT where there is nothing. */
static void step_touch(unsigned int first, unsigned int nr)
{
	bool write = below(3);
	long result = 0;

	for (unsigned int i = first; i < first + nr && result >= 0; i++)
		result = write ?
			sys(SYS_clock_gettime, 0, AT(i)) :
			sys(SYS_rt_sigprocmask, 99, AT(i), 0, 8) == -EINVAL;
	tell_join(write ? "write" : "read", first, nr, 0, result);
}

static void steps(int nr);

static void step_fork(unsigned int nr)
{
	int pid;

	if (depth == 3)
		return;
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		depth++;
		tell_join("child", 0, 0, 0, 0);
		steps(nr * 6);
		fflush(stdout);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	tell_join("parent", 0, 0, 0, 0);
}

static void one_step(void)
{
	unsigned int first = below(NR_PAGES), nr = 1 + below(6), what;

	if (nr > NR_PAGES - first)
		nr = NR_PAGES - first;
	what = below(32);
	if (what < 6)
		step_map(first, nr);
	else if (what < 8)
		tell_join("unmap", first, nr, 0,
		     sys(SYS_munmap, AT(first), nr * PAGE));
	else if (what < 15)
		step_protect(first, nr);
	else if (what < 19)
		step_move(first, nr);
	else if (what < 20)
		step_grow(first, nr);
	else if (what < 22)
		step_advise(first, nr);
	else if (what < 24)
		step_lock(first, nr);
	else if (what < 31)
		step_touch(first, nr);
	else
		step_fork(nr);
}

static void steps(int nr)
{
	while (nr--)
		one_step();
}

static int sequence(long seed)
{
	random_state = seed * 2654435761u + 12345;
	sys(SYS_munmap, ARENA, NR_PAGES * PAGE);
	steps(NR_STEPS);
	return 0;
}

int main(int argc, char **argv)
{
	long first = argc > 1 ? atol(argv[1]) : 1;
	long nr = argc > 2 ? atol(argv[2]) : 60;
	static char page[PAGE];

	guest_start(argv);
	sys(SYS_mkdir, (long)"/proc", 0755);
	sys(SYS_mount, (long)"proc", (long)"/proc", (long)"proc", 0, 0);
	digest = shared(sizeof(*digest));
	file = sys(SYS_memfd_create, (long)"file", 0);
	for (unsigned int i = 0; i < 2 * NR_PAGES; i++)
		if (write(file, page, PAGE) != PAGE)
			return 1;
	if (argc > 2 && !strcmp(argv[1], "say")) {
		aloud = true;
		first = nr;
		nr = 1;
	}
	for (long seed = first; seed < first + nr; seed++) {
		bool ok;

		*digest = 2166136261u;
		ok = exited(run(sequence, seed), 0);
		check(ok, "seed %ld: %08x", seed, *digest);
	}
	return guest_end();
}
