// SPDX-License-Identifier: MIT
/*
 * fork_cow - fork copies an address space without copying its pages.
 *
 * Promises: private pages diverge whoever writes first, user or kernel; shared
 * anonymous pages stay one; data, bss, stack, heap and mappings all follow the
 * rule, with every protection; what one process maps, unmaps or protects does
 * not reach the other; chains, crowds and 1000-page parents work; a page that
 * is no longer shared can be written as before.
 */
#include "tests/guest/guest.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARENA	0x40000000u
#define AT(page) (ARENA + (page) * PAGE)

/* In shared memory: steps that the processes have reached. */
static volatile uint32_t *step;

static uint32_t in_data = 1, in_bss;

static void fresh(unsigned int nr, int flags)
{
	munmap((void *)ARENA, 16 * PAGE);
	map(ARENA, nr * PAGE, RW, flags | MAP_FIXED);
	fill(ARENA, nr * PAGE, 1);
}

static int child_writes(long heap)
{
	uint32_t *word = (uint32_t *)heap;

	if (in_data != 1 || in_bss || *word != 3 || !is_filled(ARENA, PAGE, 1))
		return 1;
	in_data = in_bss = *word = 9;
	fill(ARENA, PAGE, 9);
	return in_data == 9 && in_bss == 9 && *word == 9 &&
	       is_filled(ARENA, PAGE, 9) ? 0 : 2;
}

static void check_every_kind(void)
{
	volatile uint32_t on_stack = 5;
	uint32_t *heap = malloc(4);
	int pid, status;

	*heap = 3;
	fresh(1, ANON);
	check(exited(run(child_writes, (long)heap), 0),
	      "a child sees data, bss, heap and mapping, and writes them");
	check(in_data == 1 && in_bss == 0 && *heap == 3 &&
	      is_filled(ARENA, PAGE, 1), "the parent's stay as they were");
	pid = fork();
	if (pid == 0) {
		on_stack += 1;
		_exit(on_stack);
	}
	waitpid(pid, &status, 0);
	check(exited(status, 6) && on_stack == 5, "so does its stack");
	free(heap);
}

/* The parent writes at step 1, the child looks at 2 and writes at 3. */
static int second_writer(long unused)
{
	(void)unused;
	if (!until(step, 1) || !is_filled(ARENA, 4 * PAGE, 1))
		return 1;
	fill(ARENA, 2 * PAGE, 3);
	*step = 2;
	if (!until(step, 3))
		return 2;
	return is_filled(ARENA, 2 * PAGE, 3) &&
	       is_filled(AT(2), 2 * PAGE, 1) ? 0 : 3;
}

static void check_both_directions(void)
{
	int pid, status;

	*step = 0;
	fresh(4, ANON);
	pid = start(second_writer, 0);
	fill(ARENA, 4 * PAGE, 2);
	*step = 1;
	check(until(step, 2) && is_filled(ARENA, 4 * PAGE, 2),
	      "the parent writes first, the child second: both keep theirs");
	fill(AT(2), 2 * PAGE, 4);
	*step = 3;
	waitpid(pid, &status, 0);
	check(exited(status, 0), "the child never sees the parent's writes");
	check(is_filled(ARENA, 2 * PAGE, 2) && is_filled(AT(2), 2 * PAGE, 4),
	      "nor the parent the child's");
}

static int shared_writer(long unused)
{
	(void)unused;
	if (!is_filled(ARENA, 4 * PAGE, 1))
		return 1;
	fill(ARENA, PAGE, 2);
	*step = 1;
	if (!until(step, 2))
		return 2;
	return is_filled(AT(1), PAGE, 5) ? 0 : 3;
}

static void check_shared(void)
{
	int pid, status;

	*step = 0;
	fresh(4, SHARED);
	pid = start(shared_writer, 0);
	check(until(step, 1) && is_filled(ARENA, PAGE, 2),
	      "what a child writes to shared memory the parent reads");
	fill(AT(1), PAGE, 5);
	*step = 2;
	waitpid(pid, &status, 0);
	check(exited(status, 0), "and the other way round");
	map(ARENA, 4 * PAGE, RW, SHARED | MAP_FIXED);
	pid = start((int (*)(long))write_fault, AT(2));
	waitpid(pid, &status, 0);
	check(exited(status, 0) && is_zero(ARENA, 4 * PAGE),
	      "shared pages first touched after the fork are zero");
}

static int touch_shared(long page)
{
	fill(AT(page), PAGE, page);
	return 0;
}

static void check_shared_untouched(void)
{
	bool all = true;

	map(ARENA, 16 * PAGE, RW, SHARED | MAP_FIXED);
	for (long page = 0; page < 16; page++)
		all &= exited(run(touch_shared, page), 0);
	for (long page = 0; page < 16; page++)
		all &= is_filled(AT(page), PAGE, page);
	check(all, "pages that children touch first are the parent's too");
}

static int rewrite(long nr_pages)
{
	if (!is_filled(ARENA, nr_pages * PAGE, 1))
		return 1;
	fill(ARENA, nr_pages * PAGE, 2);
	return is_filled(ARENA, nr_pages * PAGE, 2) ? 0 : 2;
}

static int reread(long nr_pages)
{
	return is_filled(ARENA, nr_pages * PAGE, 1) ? 0 : 1;
}

static void check_thousand(void)
{
	fresh(1000, ANON);
	check(exited(run(reread, 1000), 0), "a child reads 1000 pages");
	check(exited(run(rewrite, 1000), 0), "another rewrites them all");
	check(is_filled(ARENA, 1000 * PAGE, 1), "the parent's are as before");
	fill(ARENA, 1000 * PAGE, 3);
	check(is_filled(ARENA, 1000 * PAGE, 3),
	      "and are written again when nobody shares them");
	munmap((void *)ARENA, 1000 * PAGE);
}

/* Each generation writes its depth, forks, and finds its own value back. */
static int generation(long depth)
{
	int status;

	if (depth && !is_filled(AT(0), PAGE, depth - 1))
		return 1;
	fill(AT(0), PAGE, depth);
	fill(AT(depth % 8 + 1), PAGE, 100 + depth);
	*step += 1;
	if (depth == 24)
		return 0;
	status = run(generation, depth + 1);
	return exited(status, 0) && is_filled(AT(0), PAGE, depth) &&
	       is_filled(AT(depth % 8 + 1), PAGE, 100 + depth) ? 0 : 2;
}

static void check_chain(void)
{
	*step = 0;
	fresh(10, ANON);
	check(exited(run(generation, 0), 0),
	      "25 generations each keep what they wrote");
	expect(*step, 25, "all of them counted in shared memory");
	check(is_filled(ARENA, 10 * PAGE, 1), "their ancestor's is untouched");
}

static int one_of_crowd(long number)
{
	fill(AT(number % 4), PAGE, number);
	__atomic_add_fetch(step, 1, __ATOMIC_SEQ_CST);
	if (!until(step, 32))
		return 1;
	for (long page = 0; page < 4; page++)
		if (!is_filled(AT(page), PAGE, page == number % 4 ? number : 1))
			return 2;
	return 0;
}

static void check_crowd(void)
{
	bool all = true;
	int pid[32], status;

	*step = 0;
	fresh(4, ANON);
	for (int i = 0; i < 32; i++)
		pid[i] = start(one_of_crowd, 1000 + i);
	for (int i = 0; i < 32; i++)
		all &= waitpid(pid[i], &status, 0) == pid[i] &&
		       exited(status, 0);
	check(all, "32 children at once each keep what they wrote");
	for (int i = 0; i < 100; i++)
		all &= exited(run(touch_shared, i % 4), 0);
	check(all && is_filled(ARENA, 4 * PAGE, 1),
	      "100 more, one by one, leave the parent's alone");
}

/* The kernel is the one that writes: read() into a shared copy. */
static int kernel_writes(long fd)
{
	if (read(fd, (void *)(AT(0) + 100), PAGE) != PAGE)
		return 1;
	return is_zero(AT(0) + 100, PAGE) && is_filled(AT(0), 100, 1) &&
	       is_filled(AT(1) + 100, PAGE - 100, 1) ? 0 : 2;
}

static void check_kernel_writes(void)
{
	int fd = open("/dev/zero", O_RDONLY);

	fresh(2, ANON);
	check(exited(run(kernel_writes, fd), 0),
	      "a child lets the kernel write to its copy");
	check(is_filled(ARENA, 2 * PAGE, 1), "the parent's is untouched");
	map(ARENA, 2 * PAGE, RW, ANON | MAP_FIXED);
	check(is_zero(ARENA, 2 * PAGE) && read(fd, (void *)ARENA, 100) == 100,
	      "the kernel writes to pages read as zero before");
	close(fd);
}

static int change_map(long unused)
{
	(void)unused;
	munmap((void *)AT(1), PAGE);
	mprotect((void *)AT(2), PAGE, PROT_READ);
	map(AT(3), PAGE, RW | PROT_EXEC, ANON | MAP_FIXED);
	map(AT(8), PAGE, RW, ANON | MAP_FIXED);
	return strcmp(areas(ARENA, 16),
		      "0-1 rw-p 2-3 r--p 3-4 rwxp 4-6 rw-p 8-9 rw-p") == 0 &&
	       write_fault(AT(2)) == SEGV_ACCERR &&
	       read_fault(AT(1)) == SEGV_MAPERR && is_zero(AT(3), PAGE) ? 0 : 1;
}

static int keep_map(long unused)
{
	(void)unused;
	*step = 1;
	if (!until(step, 2))
		return 1;
	return is_filled(ARENA, 6 * PAGE, 1) && write_fault(AT(3)) == 0 ? 0 : 2;
}

static void check_maps(void)
{
	int pid, status;

	fresh(6, ANON);
	status = run(change_map, 0);
	check(exited(status, 0), "a child unmaps, protects and maps");
	areas_are(ARENA, 16, "0-6 rw-p", "the parent's areas stay");
	check(is_filled(ARENA, 6 * PAGE, 1) && write_fault(AT(2)) == 0,
	      "with contents and protections");
	*step = 0;
	pid = start(keep_map, 0);
	until(step, 1);
	munmap((void *)AT(0), 2 * PAGE);
	mprotect((void *)AT(2), 4 * PAGE, PROT_NONE);
	*step = 2;
	waitpid(pid, &status, 0);
	check(exited(status, 0), "the child keeps what the parent gives up");
	munmap((void *)ARENA, 6 * PAGE);
}

static int protected_child(long unused)
{
	(void)unused;
	if (strcmp(areas(ARENA, 16), "0-1 r--p 1-2 ---p 2-4 rw-p") ||
	    write_fault(AT(0)) != SEGV_ACCERR ||
	    read_fault(AT(1)) != SEGV_ACCERR)
		return 1;
	mprotect((void *)ARENA, 2 * PAGE, RW);
	if (!is_filled(ARENA, 4 * PAGE, 1))
		return 2;
	fill(ARENA, 4 * PAGE, 2);
	return 0;
}

static void check_protected(void)
{
	fresh(4, ANON);
	mprotect((void *)AT(0), PAGE, PROT_READ);
	mprotect((void *)AT(1), PAGE, PROT_NONE);
	check(exited(run(protected_child, 0), 0),
	      "protections are inherited, and opened by the child alone");
	areas_are(ARENA, 16, "0-1 r--p 1-2 ---p 2-4 rw-p", "the parent's stay");
	mprotect((void *)ARENA, 2 * PAGE, RW);
	check(is_filled(ARENA, 4 * PAGE, 1),
	      "pages opened after the fork were never the child's to write");
	munmap((void *)ARENA, 4 * PAGE);
}

static void check_raw(void)
{
	int pid, status = 0;
	volatile int mine = 1;

	pid = sys(SYS_fork);
	if (pid == 0) {
		mine = 2;
		sys(SYS_exit, mine + 40);
	}
	check(pid > 0 && waitpid(pid, &status, 0) == pid && exited(status, 42),
	      "the system call fork (2)");
	check(mine == 1, "gives the child a stack of its own");
	pid = sys(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (pid == 0)
		sys(SYS_exit_group, 43);
	check(pid > 0 && waitpid(pid, &status, 0) == pid && exited(status, 43),
	      "clone with nothing but SIGCHLD is a fork");
}

int main(int argc, char **argv)
{
	(void)argc;
	guest_start(argv);
	step = shared(PAGE);
	check_every_kind();
	check_both_directions();
	check_shared();
	check_shared_untouched();
	check_thousand();
	check_chain();
	check_crowd();
	check_kernel_writes();
	check_maps();
	check_protected();
	check_raw();
	return guest_end();
}
