// SPDX-License-Identifier: MIT
/* Wait queues: who is woken, by whom, and what ends a sleep early. */
#include "sched/wait.h"
#include "tests/ktap.h"

#define MS	1000000ull
#define SLEEPERS 8

static struct wait_queue queue = WAIT_QUEUE_INIT(queue);
static int tokens, order[SLEEPERS], nr_woken;

static void take_token(void *number)
{
	wait_event(&queue, READ_ONCE(tokens) > 0);
	tokens--;
	order[nr_woken++] = (int)number;
}

static void start_sleepers(struct thread *thread[SLEEPERS])
{
	tokens = 0;
	nr_woken = 0;
	for (int i = 0; i < SLEEPERS; i++) {
		thread[i] = thread_create("sleeper", take_token, (void *)i);
		while (READ_ONCE(thread[i]->state) != THREAD_SLEEPING ||
		       thread[i]->is_ready)
			sched_yield();
	}
}

static void expect_in_order(struct thread *thread[SLEEPERS])
{
	for (int i = 0; i < SLEEPERS; i++)
		thread_join(thread[i]);
	EXPECT_EQ(nr_woken, SLEEPERS);
	for (int i = 0; i < SLEEPERS; i++)
		EXPECT_EQ(order[i], i);
	EXPECT(wait_queue_is_empty(&queue));
}

TEST(wait, wake_one_wakes_who_waits_longest)
{
	struct thread *thread[SLEEPERS];

	start_sleepers(thread);
	for (int i = 0; i < SLEEPERS; i++) {
		tokens++;
		wake_one(&queue);
		while (READ_ONCE(tokens))
			sched_yield();
		EXPECT_EQ(nr_woken, i + 1);
	}
	expect_in_order(thread);
}

TEST(wait, wake_all_wakes_all_in_order)
{
	struct thread *thread[SLEEPERS];

	start_sleepers(thread);
	tokens = SLEEPERS;
	wake_all(&queue);
	EXPECT(wait_queue_is_empty(&queue));
	expect_in_order(thread);
}

TEST(wait, who_is_woken_for_nothing_waits_again)
{
	struct thread *thread[SLEEPERS];

	start_sleepers(thread);
	wake_all(&queue);			/* there is no token */
	for (int i = 0; i < 3; i++)
		sched_yield();
	EXPECT_EQ(nr_woken, 0);
	tokens = SLEEPERS;
	wake_all(&queue);
	expect_in_order(thread);
}

TEST(wait, waking_nobody_is_allowed)
{
	wake_one(&queue);
	wake_all(&queue);
	tokens = 1;
	wait_event(&queue, tokens == 1);	/* true: no wake is needed */
	EXPECT(wait_queue_is_empty(&queue));
}

/* --------------------------------------------------------------- ping-pong */

static struct wait_queue ping = WAIT_QUEUE_INIT(ping);
static struct wait_queue pong = WAIT_QUEUE_INIT(pong);
static int ball;

static void play(void *rounds)
{
	for (int i = 0; i < (int)rounds; i++) {
		wait_event(&ping, READ_ONCE(ball) == 1);
		ball = 0;
		wake_one(&pong);
	}
}

TEST(wait, no_wake_is_lost_in_ping_pong)
{
	struct thread *thread;

	ball = 0;
	thread = thread_create("player", play, (void *)20000);
	for (int i = 0; i < 20000; i++) {
		ball = 1;
		wake_one(&ping);
		wait_event(&pong, READ_ONCE(ball) == 0);
	}
	thread_join(thread);
	EXPECT_EQ(ball, 0);
}

static void drop_token(void *unused)
{
	(void)unused;
	EXPECT(in_atomic() && !irq_is_enabled());
	tokens++;
	wake_one(&queue);
}

TEST(wait, an_interrupt_may_wake)
{
	struct timer timer;

	tokens = 0;
	timer_init(&timer, drop_token, NULL);
	timer_add(&timer, timer_now() + 20 * MS);
	wait_event(&queue, READ_ONCE(tokens) == 1);
	EXPECT_EQ(tokens, 1);
}

/* ------------------------------------------------- what ends a sleep early */

static int result;

static void sleep_interruptibly(void *unused)
{
	(void)unused;
	result = wait_event_interruptible(&queue, READ_ONCE(tokens) > 0);
}

static struct thread *start_interruptible(void)
{
	struct thread *thread;

	tokens = 0;
	result = 1;
	thread = thread_create("light sleeper", sleep_interruptibly, NULL);
	while (READ_ONCE(thread->state) != THREAD_INTERRUPTIBLE)
		sched_yield();
	return thread;
}

TEST(wait, thread_interrupt_ends_an_interruptible_sleep)
{
	struct thread *thread = start_interruptible();

	thread_interrupt(thread);
	thread_join(thread);
	EXPECT_EQ(result, -EINTR);
	EXPECT(wait_queue_is_empty(&queue));
}

TEST(wait, the_condition_counts_more_than_an_interruption)
{
	struct thread *thread = start_interruptible();

	tokens = 1;
	thread_interrupt(thread);
	thread_join(thread);
	EXPECT_EQ(result, 0);
	EXPECT(wait_queue_is_empty(&queue));
}

TEST(wait, thread_interrupt_leaves_a_deep_sleep_alone)
{
	struct thread *thread[SLEEPERS];

	start_sleepers(thread);
	thread_interrupt(thread[0]);
	sched_yield();
	EXPECT_EQ(thread[0]->state, THREAD_SLEEPING);
	tokens = SLEEPERS;
	wake_all(&queue);
	expect_in_order(thread);
}

TEST(wait, an_interrupted_thread_does_not_fall_asleep)
{
	current_thread()->interrupted = true;
	tokens = 0;
	EXPECT_EQ(wait_event_interruptible(&queue, tokens > 0), -EINTR);
	EXPECT_EQ(wait_event_interruptible(&queue, tokens == 0), 0);
	EXPECT_EQ(wait_event_interruptible_timeout(&queue, tokens > 0, MS),
		  -EINTR);
	current_thread()->interrupted = false;
	EXPECT(wait_queue_is_empty(&queue));
}

TEST(wait, a_timeout_comes_in_time_and_leaves_the_line)
{
	uint64_t start = timer_now();

	tokens = 0;
	EXPECT_EQ(wait_event_timeout(&queue, tokens > 0, 30 * MS), -ETIMEDOUT);
	EXPECT(timer_now() - start >= 30 * MS);
	EXPECT(wait_queue_is_empty(&queue));
	EXPECT_EQ(wait_event_interruptible_timeout(&queue, tokens > 0, MS),
		  -ETIMEDOUT);
	timer_check();
}

TEST(wait, a_wake_beats_the_timeout)
{
	struct timer timer;

	tokens = 0;
	timer_init(&timer, drop_token, NULL);
	timer_add(&timer, timer_now() + 20 * MS);
	EXPECT_EQ(wait_event_timeout(&queue, READ_ONCE(tokens), UINT64_MAX), 0);
	EXPECT_EQ(wait_event_timeout(&queue, tokens == 1, 0), 0);
	timer_check();
}

static int nr_looks;

/* A wake comes after the look that says no and before the decision to go. */
static bool look_too_early(void)
{
	bool seen = tokens > 0;

	if (current_thread()->interrupted && ++nr_looks == 2) {
		tokens++;
		wake_one(&queue);
	}
	return seen;
}

static void give_up(void *unused)
{
	(void)unused;
	EXPECT_EQ(wait_event_interruptible(&queue, look_too_early()), -EINTR);
}

static void wait_behind(void *unused)
{
	(void)unused;
	result = wait_event_timeout(&queue, READ_ONCE(tokens) > 0,
				    20000 * MS);
}

TEST(wait, who_gives_up_hands_his_wake_to_the_next)
{
	uint64_t start = timer_now();
	struct thread *first, *second;

	tokens = 0;
	nr_looks = 0;
	result = 1;
	first = thread_create("first", give_up, NULL);
	while (READ_ONCE(first->state) != THREAD_INTERRUPTIBLE)
		sched_yield();
	second = thread_create("second", wait_behind, NULL);
	while (READ_ONCE(second->state) != THREAD_SLEEPING)
		sched_yield();
	thread_interrupt(first);
	thread_join(first);
	thread_join(second);
	EXPECT_EQ(tokens, 1);
	EXPECT_EQ(result, 0);
	EXPECT(timer_now() - start < 10000 * MS);
}
