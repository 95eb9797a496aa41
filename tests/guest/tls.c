// SPDX-License-Identifier: MIT
/*
 * tls - set_thread_area: segments of a program's own.
 *
 * Promises: libc's __thread variables work and survive switches, forks and
 * signals; a program gets further segments, reads through them, and each
 * process has its own; bad descriptions are refused; there are three slots.
 *
 * Not asked: what lies behind a limit.  QEMU does not check it.
 */
#include "tests/guest/guest.h"

#include <asm/ldt.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static __thread uint32_t initialised = 0x1234;
static __thread uint32_t zeroed[64];
static volatile uint32_t *step;
static uint32_t first[4] = { 11, 12, 13, 14 }, second[4] = { 21, 22, 23, 24 };

static struct user_desc area(int entry, const void *base, uint32_t limit)
{
	return (struct user_desc){
		.entry_number = entry,
		.base_addr = (uintptr_t)base,
		.limit = limit,
		.seg_32bit = 1,
		.useable = 1,
	};
}

static uint32_t load_fs(int entry, uint32_t offset)
{
	uint32_t value;

	asm volatile("mov %1, %%fs\n mov %%fs:(%2), %0"
		     : "=r"(value) : "r"(entry * 8 + 3), "r"(offset));
	return value;
}

static int switching(long seed)
{
	initialised = seed;
	zeroed[seed % 64] = seed + 1;
	for (int i = 0; i < 200; i++) {
		sched_yield();
		if (initialised != (uint32_t)seed ||
		    zeroed[seed % 64] != (uint32_t)seed + 1)
			return 1;
	}
	return 0;
}

static void check_libc(void)
{
	bool all = true, zero = true;
	int pid[6], status;

	for (int i = 0; i < 64; i++)
		zero &= zeroed[i] == 0;
	check(initialised == 0x1234 && zero, "__thread variables begin right");
	initialised = 5;
	zeroed[63] = 6;
	for (int i = 0; i < 6; i++)
		pid[i] = start(switching, 100 + i);
	for (int i = 0; i < 6; i++)
		all &= waitpid(pid[i], &status, 0) == pid[i] &&
		       exited(status, 0);
	check(all, "six processes each keep theirs over switches");
	check(initialised == 5 && zeroed[63] == 6, "and we keep ours");
}

static int entry;

static int inherited(long unused)
{
	struct user_desc other = area(entry, second, 0xfffff);
	uint32_t value = load_fs(entry, 4);

	(void)unused;
	other.limit_in_pages = 1;
	if (value != 12 || sys(SYS_set_thread_area, (long)&other))
		return 1;
	*step = 1;
	until(step, 2);
	return load_fs(entry, 4) == 22 ? 0 : 2;
}

static volatile uint32_t seen_in_handler;

static void look(int sig)
{
	(void)sig;
	seen_in_handler = initialised;
}

static void check_own(void)
{
	struct user_desc own = area(-1, first, 0xfffff);
	int pid, status;
	uint16_t fs;

	own.limit_in_pages = 1;
	expect(sys(SYS_set_thread_area, (long)&own), 0, "another segment");
	entry = own.entry_number;
	check(entry > 0 && entry < 8192, "gets a number");
	expect(load_fs(entry, 0), 11, "and reads our memory");
	expect(load_fs(entry, 12), 14, "at its offsets");
	for (int i = 0; i < 100; i++)
		sched_yield();
	asm volatile("mov %%fs, %0" : "=r"(fs));
	check(fs == entry * 8 + 3, "fs survives switches");

	*step = 0;
	pid = start(inherited, 0);
	until(step, 1);
	expect(load_fs(entry, 4), 12, "a child changes it for itself");
	*step = 2;
	waitpid(pid, &status, 0);
	check(exited(status, 0), "having inherited ours");

	own = area(entry, first, 15);
	expect(sys(SYS_set_thread_area, (long)&own), 0, "a limit of 16 bytes");
	expect(load_fs(entry, 12), 14, "its last word is there");

	signal(SIGUSR1, look);
	initialised = 77;
	kill(getpid(), SIGUSR1);
	expect(seen_in_handler, 77, "a handler sees the same variables");
}

static void check_slots(void)
{
	struct user_desc more = area(-1, second, 0xfffff), empty;
	uint16_t fs = 0;

	expect(sys(SYS_set_thread_area, (long)&more), 0, "the third slot");
	check((int)more.entry_number != entry, "is another one");
	empty = area(-1, second, 0xfffff);
	expect(sys(SYS_set_thread_area, (long)&empty), -ESRCH, "no fourth");
	empty = (struct user_desc){
		.entry_number = more.entry_number,
		.read_exec_only = 1,
		.seg_not_present = 1,
	};
	expect(sys(SYS_set_thread_area, (long)&empty), 0, "one is given up");
	more = area(-1, second, 0xfffff);
	expect(sys(SYS_set_thread_area, (long)&more), 0, "and taken again");
	expect(load_fs(more.entry_number, 12), 24, "it reads our memory, too");
	for (int i = 0; i < 10; i++)
		sched_yield();
	expect(load_fs(more.entry_number, 12), 24, "after switches as well");
	more = area(0, second, 0xfffff);
	expect(sys(SYS_set_thread_area, (long)&more), -EINVAL, "number 0");
	more = area(1, second, 0xfffff);
	expect(sys(SYS_set_thread_area, (long)&more), -EINVAL, "number 1");
	more = area(8191, second, 0xfffff);
	expect(sys(SYS_set_thread_area, (long)&more), -EINVAL, "number 8191");
	asm volatile("mov %0, %%fs" : : "r"(fs));
}

int main(int argc, char **argv)
{
	(void)argc;
	guest_start(argv);
	step = shared(PAGE);
	check_libc();
	check_own();
	check_slots();
	check(initialised == 77 && zeroed[63] == 6, "libc's are as they were");
	return guest_end();
}
