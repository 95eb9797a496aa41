// SPDX-License-Identifier: MIT
/* Time: clocks, timers and sleeps. */
#include "sched/timer.h"

#include "drivers/time.h"
#include "lib/errno.h"
#include "sched/sched.h"
#include "tests/ktap.h"

#define MS	1000000ull
#define TIMERS	100

static struct timer timer[TIMERS];
static int fired[TIMERS], nr_fired;

static void note(void *number)
{
	fired[nr_fired++] = (int)number;
}

static void init_timers(void)
{
	nr_fired = 0;
	for (int i = 0; i < TIMERS; i++)
		timer_init(&timer[i], note, (void *)i);
}

TEST(timer, timers_fire_in_order_of_their_moment)
{
	uint64_t start = timer_now();

	init_timers();
	for (int i = 0; i < TIMERS; i++)	/* 37 is prime to 100 */
		timer_add(&timer[i * 37 % TIMERS],
			  start + 20 * MS + i * 37 % TIMERS * MS / 2);
	timer_check();
	thread_sleep_until(start + 71 * MS);
	EXPECT_EQ(nr_fired, TIMERS);
	for (int i = 0; i < TIMERS; i++)
		EXPECT_EQ(fired[i], i);
}

TEST(timer, timers_of_one_moment_fire_in_order_of_arrival)
{
	uint64_t moment = timer_now() + 20 * MS;

	init_timers();
	for (int i = 0; i < TIMERS; i++)
		timer_add(&timer[i], moment);
	timer_check();
	thread_sleep_until(moment);
	EXPECT_EQ(nr_fired, TIMERS);
	for (int i = 0; i < TIMERS; i++)
		EXPECT_EQ(fired[i], i);
}

TEST(timer, a_cancelled_timer_does_not_fire)
{
	uint64_t moment = timer_now() + 30 * MS;

	init_timers();
	EXPECT(!timer_cancel(&timer[0]));	/* it was never added */
	for (int i = 0; i < TIMERS; i++)
		timer_add(&timer[i], moment);
	for (int i = 0; i < TIMERS; i += 2)
		EXPECT(timer_cancel(&timer[i]));
	timer_check();
	thread_sleep_until(moment);
	EXPECT_EQ(nr_fired, TIMERS / 2);
	for (int i = 0; i < nr_fired; i++)
		EXPECT_EQ(fired[i], 2 * i + 1);
	for (int i = 0; i < TIMERS; i++)
		EXPECT(!timer_is_pending(&timer[i]) &&
		       !timer_cancel(&timer[i]));
}

static void note_and_repeat(void *arg)
{
	if (++nr_fired < 3)
		timer_add(arg, timer_now() + MS);
}

TEST(timer, a_timer_may_add_itself_again)
{
	uint64_t end = timer_now() + 2000 * MS;

	nr_fired = 0;
	timer_init(&timer[0], note_and_repeat, &timer[0]);
	timer_add(&timer[0], 0);		/* long ago: at the next tick */
	while (READ_ONCE(nr_fired) < 3 && timer_now() < end)
		sched_yield();
	EXPECT_EQ(nr_fired, 3);
	EXPECT(!timer_is_pending(&timer[0]));
}

TEST(timer, a_sleep_lasts_at_least_as_long_as_asked)
{
	static const uint64_t ns[] = { 0, 1, 1000, MS, 10 * MS, 35 * MS };

	for (unsigned int i = 0; i < ARRAY_SIZE(ns); i++) {
		uint64_t start = timer_now();

		thread_sleep(ns[i]);
		EXPECT(timer_now() - start >= ns[i]);
	}
	thread_sleep_until(0);			/* the past: back at once */
	timer_check();
}

static void sleep_long(void *rest)
{
	*(uint64_t *)rest = 0;
	EXPECT_EQ(thread_sleep_interruptible(60000 * MS, rest), -EINTR);
}

TEST(timer, an_interrupted_sleep_tells_what_was_left)
{
	uint64_t rest;
	struct thread *thread = thread_create("sleeper", sleep_long, &rest);

	thread_sleep(30 * MS);
	thread_interrupt(thread);
	thread_join(thread);
	EXPECT(rest > 30000 * MS && rest < 60000 * MS);
	EXPECT_EQ(thread_sleep_interruptible(MS, &rest), 0);
	EXPECT_EQ(rest, 0);
	timer_check();
}

TEST(timer, a_sleep_too_long_to_add_up_does_not_end_at_once)
{
	EXPECT_EQ(timer_after(UINT64_MAX) == UINT64_MAX, true);
	EXPECT_EQ(timer_after(UINT64_MAX - 1) == UINT64_MAX, true);
	EXPECT(timer_after(5) < timer_after(100 * MS));
}

TEST(timer, the_clock_never_goes_back)
{
	uint64_t last = time_now_ns();

	for (int i = 0; i < 100000; i++) {
		uint64_t now = time_now_ns();

		if (!EXPECT(now >= last))
			break;
		last = now;
	}
	EXPECT(time_tsc_khz() > 0);
}

/* What ten ticks, which the PIT counts and not the TSC, take by the clock. */
static uint64_t time_of_ten_ticks(void)
{
	uint64_t start;

	thread_sleep(1);
	start = time_now_ns();
	for (int i = 0; i < 10; i++)
		thread_sleep(1);
	return time_now_ns() - start;
}

/*
 * A busy host delivers ticks late and then all at once, so single windows may
 * be of any length; but a clock that runs wrong is wrong in all of them.
 */
TEST(timer, a_second_of_the_clock_is_a_second_of_ticks)
{
	uint64_t took = 0;

	for (int i = 0; i < 30; i++) {
		took = time_of_ten_ticks();
		if (took > 95 * MS && took < 115 * MS)
			return;
	}
	EXPECT_EQ((uint32_t)took, 100 * (uint32_t)MS);
}

TEST(timer, the_date_is_of_this_century)
{
	uint64_t now = time_realtime_ns();

	EXPECT(now > 1577836800ull * NSEC_PER_SEC);	/* 2020 */
	EXPECT(now < 4102444800ull * NSEC_PER_SEC);	/* 2100 */
}
