// SPDX-License-Identifier: MIT
/* Time: clocks, timers and sleeps. */
#include "sched/timer.h"

#include "drivers/time.h"
#include "lib/errno.h"
#include "sched/sched.h"
#include "tests/ktap.h"
#include "x86/cpu.h"
#include "x86/io.h"

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

/*
 * Channel 2 of the PIT counts down from 65535 at its own speed, whether or not
 * ticks are delivered in time.
 */
static void pit_start(void)
{
	outb(0x61, (inb(0x61) & ~0x02) | 0x01);	/* gate on, speaker off */
	outb(0x43, 0xb0);			/* mode 0, both bytes */
	outb(0x42, 0xff);
	outb(0x42, 0xff);
}

static uint32_t pit_read(void)
{
	uint32_t low;

	outb(0x43, 0x80);			/* latch channel 2 */
	low = inb(0x42);
	return low | (uint32_t)inb(0x42) << 8;
}

/* How many counts the PIT makes in 20 ms of the clock: 23864, if it is right. */
static uint32_t pit_counts_in_20_ms(void)
{
	uint64_t end;
	uint32_t from;

	pit_start();
	while (pit_read() > 65000)
		cpu_relax();
	from = pit_read();
	end = time_now_ns() + 20 * MS;
	while (time_now_ns() < end)
		cpu_relax();
	return from - pit_read();
}

/* A busy host may stop us between two reads: then the next window counts. */
TEST(timer, the_clock_and_the_pit_agree_on_a_second)
{
	uint32_t counts = 0;

	for (int i = 0; i < 30; i++) {
		counts = pit_counts_in_20_ms();
		if (counts > 22670 && counts < 25060)	/* 5 % */
			return;
	}
	EXPECT_EQ(counts, 23864);
}

TEST(timer, the_date_is_of_this_century)
{
	uint64_t now = time_realtime_ns();

	EXPECT(now > 1577836800ull * NSEC_PER_SEC);	/* 2020 */
	EXPECT(now < 4102444800ull * NSEC_PER_SEC);	/* 2100 */
}
