// SPDX-License-Identifier: MIT
/*
 * time - clocks go forward, and a sleep lasts.
 *
 * Promises: nanosleep and clock_nanosleep take at least as long as asked and
 * not absurdly longer, relative and absolute; CLOCK_MONOTONIC never goes back;
 * gettimeofday, time and CLOCK_REALTIME agree; times that are none are EINVAL;
 * others run while one sleeps.
 */
#include "tests/guest/guest.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The struct of the 32-bit system calls. */
struct old_timespec {
	int32_t sec, nsec;
};

static volatile uint32_t *step;

static int64_t us_of(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void check_clocks(void)
{
	struct old_timespec raw = { -1, -1 };
	struct timespec now;
	struct timeval day;
	int64_t last = 0, first, real;
	bool forward = true, sane = true;

	first = us_of(CLOCK_MONOTONIC);
	for (int i = 0; i < 2000; i++) {
		int64_t at = us_of(CLOCK_MONOTONIC);

		forward &= at >= last;
		last = at;
		clock_gettime(CLOCK_MONOTONIC, &now);
		sane &= now.tv_nsec >= 0 && now.tv_nsec < 1000000000;
	}
	check(forward, "CLOCK_MONOTONIC never goes back");
	check(sane, "its nanoseconds are below 10^9");
	while (us_of(CLOCK_MONOTONIC) == first)
		;
	check(us_of(CLOCK_MONOTONIC) > first, "it goes forward");

	expect(sys(SYS_gettimeofday, (long)&day, 0), 0, "gettimeofday");
	check(day.tv_usec >= 0 && day.tv_usec < 1000000,
	      "its microseconds are below 10^6");
	gettimeofday(&day, NULL);
	real = us_of(CLOCK_REALTIME);
	first = (int64_t)day.tv_sec * 1000000 + day.tv_usec;
	check(real >= first && real - first < 1000000,
	      "CLOCK_REALTIME agrees with it");
	check(time(NULL) - day.tv_sec <= 1, "so does time()");
	expect(sys(SYS_gettimeofday, 0, 0), 0, "gettimeofday of nothing");
	expect(sys(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&raw), 0,
	       "the 32-bit clock_gettime");
	real = (int64_t)raw.sec * 1000000 + raw.nsec / 1000;
	last = us_of(CLOCK_MONOTONIC);
	check(last >= real && last - real < 1000000, "tells the same time");
	expect(sys(SYS_clock_gettime, 9999, (long)&raw), -EINVAL,
	       "a clock that does not exist");
	check(clock_gettime(77, &now) == -1 && errno == EINVAL,
	      "by libc as well");
}

static bool took(int64_t us, int64_t at_least)
{
	if (us < at_least || us > at_least + 5000000)
		note("took %lld us, not %lld", (long long)us,
		     (long long)at_least);
	return us >= at_least && us <= at_least + 5000000;
}

/* The shortest of many; the first is left out: it begins amid a tick. */
static int64_t shortest_sleep(void)
{
	int64_t begin, best = INT64_MAX;

	usleep(1000);
	for (int i = 0; i < 30; i++) {
		begin = us_of(CLOCK_MONOTONIC);
		usleep(1000);
		begin = us_of(CLOCK_MONOTONIC) - begin;
		best = begin < best ? begin : best;
	}
	return best;
}

static void check_sleep(void)
{
	struct timespec delay = { 0, 30000000 }, at;
	struct old_timespec raw = { 0, 30000000 };
	int64_t begin = us_of(CLOCK_MONOTONIC);

	expect(nanosleep(&delay, NULL), 0, "nanosleep");
	check(took(us_of(CLOCK_MONOTONIC) - begin, 30000), "lasts 30 ms");
	begin = us_of(CLOCK_MONOTONIC);
	expect(sys(SYS_nanosleep, (long)&raw, 0), 0, "by int 0x80");
	check(took(us_of(CLOCK_MONOTONIC) - begin, 30000), "as well");
	begin = us_of(CLOCK_MONOTONIC);
	expect(clock_nanosleep(CLOCK_MONOTONIC, 0, &delay, NULL), 0,
	       "clock_nanosleep");
	check(took(us_of(CLOCK_MONOTONIC) - begin, 30000), "lasts 30 ms");
	begin = us_of(CLOCK_MONOTONIC);
	clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_nsec += 40000000;
	if (at.tv_nsec >= 1000000000) {
		at.tv_nsec -= 1000000000;
		at.tv_sec++;
	}
	expect(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL), 0,
	       "clock_nanosleep until a time");
	check(took(us_of(CLOCK_MONOTONIC) - begin, 40000), "lasts until then");
	expect(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL), 0,
	       "a time that is past is no sleep");
	delay.tv_nsec = 0;
	expect(nanosleep(&delay, NULL), 0, "no time at all is no sleep");
	delay.tv_nsec = 1;
	expect(nanosleep(&delay, NULL), 0, "a nanosecond ends");
	begin = shortest_sleep();
	check(begin >= 1000 && begin < 5000,
	      "a millisecond is no ten, if nobody else is in the way");
	begin = us_of(CLOCK_MONOTONIC);
	for (int i = 0; i < 5; i++)
		usleep(2000);
	check(took(us_of(CLOCK_MONOTONIC) - begin, 10000),
	      "five times 2 ms last 10");
}

static void check_errors(void)
{
	struct old_timespec bad = { 0, 1000000000 };

	expect(sys(SYS_nanosleep, (long)&bad, 0), -EINVAL, "10^9 nanoseconds");
	bad.nsec = -1;
	expect(sys(SYS_nanosleep, (long)&bad, 0), -EINVAL, "-1 nanoseconds");
	bad = (struct old_timespec){ -1, 0 };
	expect(sys(SYS_nanosleep, (long)&bad, 0), -EINVAL, "-1 seconds");
	bad = (struct old_timespec){ 0, 2000000000 };
	expect(sys(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, (long)&bad, 0),
	       -EINVAL, "clock_nanosleep: 2 * 10^9 nanoseconds");
	bad.nsec = 1;
	expect(sys(SYS_clock_nanosleep, 9999, 0, (long)&bad, 0), -EINVAL,
	       "clock_nanosleep: a clock that does not exist");
}

static int sleep_and_count(long ms)
{
	usleep(ms * 1000);
	__atomic_add_fetch(step, 1, __ATOMIC_SEQ_CST);
	return *step;
}

static void check_together(void)
{
	int64_t begin = us_of(CLOCK_MONOTONIC), us;
	int pid[8], status;
	bool all = true;

	*step = 0;
	for (int i = 0; i < 8; i++)
		pid[i] = start(sleep_and_count, 50);
	for (int i = 0; i < 8; i++)
		all &= waitpid(pid[i], &status, 0) == pid[i];
	us = us_of(CLOCK_MONOTONIC) - begin;
	check(all && *step == 8 && us >= 50000, "eight sleep at once");
	*step = 0;
	pid[0] = start(sleep_and_count, 400);
	pid[1] = start(sleep_and_count, 100);
	waitpid(pid[1], &status, 0);
	check(exited(status, 1), "who sleeps less is up first");
	waitpid(pid[0], &status, 0);
	check(exited(status, 2), "and the other one later");
}

int main(int argc, char **argv)
{
	(void)argc;
	guest_start(argv);
	step = shared(PAGE);
	check_clocks();
	check_sleep();
	check_errors();
	check_together();
	return guest_end();
}
