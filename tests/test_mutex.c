// SPDX-License-Identifier: MIT
/* Mutexes: one at a time, in the order of arrival. */
#include "sched/mutex.h"
#include "sched/sched.h"
#include "sched/timer.h"
#include "tests/ktap.h"

#define MS	1000000ull
#define THREADS	6
#define ROUNDS	300

static struct mutex mutex = MUTEX_INIT(mutex);
static int inside, total, order[THREADS], nr_done;

TEST(mutex, lock_and_unlock_name_the_owner)
{
	EXPECT(!mutex_is_held(&mutex));
	mutex_lock(&mutex);
	EXPECT(mutex_is_held(&mutex));
	EXPECT(!in_atomic());			/* it may sleep meanwhile */
	EXPECT(!mutex_trylock(&mutex));
	mutex_unlock(&mutex);
	EXPECT(!mutex_is_held(&mutex));
	EXPECT(mutex_trylock(&mutex));
	mutex_unlock(&mutex);
	EXPECT_EQ(mutex.owner, 0);
}

static void enter_at_random(void *is_busy)
{
	for (int i = 0; i < ROUNDS; i++) {
		int before;

		mutex_lock(&mutex);
		EXPECT_EQ(++inside, 1);
		EXPECT(mutex_is_held(&mutex));
		before = total;
		if (ktest_random() % 3 == 0)
			sched_yield();
		for (volatile int n = 0; is_busy && n < 2000; n++)
			;
		total = before + 1;		/* lost if two are inside */
		inside--;
		mutex_unlock(&mutex);
		if (ktest_random() % 3 == 0)
			sched_yield();
	}
}

static void expect_exclusion(void *is_busy)
{
	struct thread *thread[THREADS];

	inside = 0;
	total = 0;
	for (int i = 0; i < THREADS; i++)
		thread[i] = thread_create("rival", enter_at_random, is_busy);
	for (int i = 0; i < THREADS; i++)
		thread_join(thread[i]);
	EXPECT_EQ(total, THREADS * ROUNDS);
	EXPECT_EQ(mutex.owner, 0);
}

TEST(mutex, excludes_threads_that_yield_at_random)
{
	expect_exclusion(NULL);
}

TEST(mutex, excludes_threads_that_are_preempted)
{
	expect_exclusion(&mutex);
}

static void lock_in_order(void *number)
{
	mutex_lock(&mutex);
	order[nr_done++] = (int)number;
	sched_yield();
	mutex_unlock(&mutex);
}

TEST(mutex, is_handed_on_in_the_order_of_arrival)
{
	struct thread *thread[THREADS];

	nr_done = 0;
	mutex_lock(&mutex);
	for (int i = 0; i < THREADS; i++) {
		thread[i] = thread_create("waiter", lock_in_order, (void *)i);
		while (READ_ONCE(thread[i]->state) != THREAD_SLEEPING ||
		       thread[i]->is_ready)
			sched_yield();
	}
	EXPECT_EQ(nr_done, 0);
	mutex_unlock(&mutex);
	EXPECT(!mutex_trylock(&mutex));		/* nobody slips in between */
	for (int i = 0; i < THREADS; i++)
		thread_join(thread[i]);
	for (int i = 0; i < THREADS; i++)
		EXPECT_EQ(order[i], i);
	EXPECT_EQ(mutex.owner, 0);
}

TEST(mutex, the_owner_may_sleep)
{
	struct thread *thread;

	nr_done = 0;
	mutex_lock(&mutex);
	thread = thread_create("waiter", lock_in_order, NULL);
	thread_sleep(30 * MS);
	EXPECT_EQ(nr_done, 0);
	mutex_unlock(&mutex);
	thread_join(thread);
	EXPECT_EQ(nr_done, 1);
}
