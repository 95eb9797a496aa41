// SPDX-License-Identifier: MIT
/*
 * sched - who computes does not keep others from computing.
 *
 * Promises: sched_yield succeeds; processes that never make a call take turns
 * (preemption); a busy crowd all finish; a sleeper is woken in spite of them.
 */
#include "tests/guest/guest.h"

#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS	8
#define LOOKS	4000000000u	/* then we give up: the other never runs */

static volatile uint32_t *turn;		/* one a player */

/* Counts its own turn up whenever the other has caught up; makes no call. */
static int play(long me)
{
	for (uint32_t round = 1; round <= ROUNDS; round++) {
		uint32_t looks = 0;

		turn[me] = round;
		while (turn[!me] < round)
			if (++looks == LOOKS)
				return 1;
	}
	return 0;
}

static int compute(long seed)
{
	uint32_t x = seed;

	for (int i = 0; i < 3000000; i++)
		x = x * 1664525 + 1013904223;
	turn[seed] = x;
	return 0;
}

static int hog(long unused)
{
	(void)unused;
	turn[0] = 1;
	while (turn[0])
		asm volatile("");
	return 0;
}

static void check_turns(void)
{
	int pid[2], status[2];

	for (int i = 0; i < 2; i++)
		pid[i] = start(play, i);
	for (int i = 0; i < 2; i++)
		waitpid(pid[i], &status[i], 0);
	check(exited(status[0], 0) && exited(status[1], 0),
	      "two that never call the kernel take turns");
}

static void check_crowd(void)
{
	bool all = true;
	int pid[12], status;

	for (int i = 0; i < 12; i++)
		pid[i] = start(compute, i);
	for (int i = 0; i < 12; i++)
		all &= waitpid(pid[i], &status, 0) == pid[i] &&
		       exited(status, 0);
	check(all, "twelve busy children all end");
	all = true;
	for (int i = 0; i < 12; i++) {
		uint32_t got = turn[i];

		compute(i);
		all &= got == turn[i];
	}
	check(all, "each with the right result");
}

static void check_hogs(void)
{
	int pid[3], status;
	bool all = true;
	uint64_t begin;

	turn[0] = 0;
	for (int i = 0; i < 3; i++)
		pid[i] = start(hog, 0);
	until(turn, 1);
	begin = now_us();
	for (int i = 0; i < 5; i++)
		usleep(1000);
	check(now_us() - begin < 10000000,
	      "a sleeper wakes among three that never sleep");
	turn[0] = 0;
	for (int i = 0; i < 3; i++) {
		/* One that set the flag after we cleared it. */
		while (waitpid(pid[i], &status, WNOHANG) == 0) {
			turn[0] = 0;
			sched_yield();
		}
		all &= exited(status, 0);
	}
	check(all, "and they end when told");
}

int main(int argc, char **argv)
{
	bool all = true;

	(void)argc;
	guest_start(argv);
	turn = shared(PAGE);
	for (int i = 0; i < 1000; i++)
		all &= sched_yield() == 0;
	check(all, "sched_yield succeeds 1000 times");
	check_turns();
	check_crowd();
	check_hogs();
	return guest_end();
}
