// SPDX-License-Identifier: MIT
/* Threads: turns, preemption, registers, birth and death. */
#include "drivers/time.h"
#include "lib/string.h"
#include "mm/buddy.h"
#include "mm/check.h"
#include "mm/kernel_map.h"
#include "sched/sched.h"
#include "sched/timer.h"
#include "sched/wait.h"
#include "tests/ktap.h"

#define MS 1000000ull

static char trail[64];
static unsigned int trail_size;

static void note(char c)
{
	if (trail_size < sizeof(trail) - 1)
		trail[trail_size++] = c;
	trail[trail_size] = 0;
}

static void trail_clear(void)
{
	trail_size = 0;
	trail[0] = 0;
}

static void note_and_yield(void *name)
{
	for (int i = 0; i < 3; i++) {
		note(*(char *)name);
		sched_yield();
	}
}

TEST(sched, yield_lets_the_others_run_in_order)
{
	struct thread *thread[3];

	trail_clear();
	for (int i = 0; i < 3; i++)
		thread[i] = thread_create("yielder", note_and_yield, "A\0B\0C"
					  + 2 * i);
	for (int i = 0; i < 3; i++)
		thread_join(thread[i]);
	EXPECT(!strcmp(trail, "ABCABCABC"));
}

/* Spin, without ever giving up the CPU, but not for ever. */
static void spin_until_told(void *told)
{
	uint64_t end = timer_now() + 5000 * MS;

	while (!READ_ONCE(*(bool *)told) && timer_now() < end)
		cpu_relax();
}

static void tell(void *told)
{
	WRITE_ONCE(*(bool *)told, true);
}

TEST(sched, tick_preempts_a_busy_thread)
{
	bool told = false;
	uint64_t start = timer_now();
	struct thread *busy = thread_create("busy", spin_until_told, &told);
	struct thread *teller = thread_create("teller", tell, &told);

	thread_join(busy);
	EXPECT(told);
	EXPECT(timer_now() - start < 4000 * MS);
	thread_join(teller);
}

TEST(sched, busy_threads_share_the_time)
{
	bool told = false;
	uint64_t start = timer_now();
	struct thread *busy[3];

	for (int i = 0; i < 3; i++)
		busy[i] = thread_create("busy", spin_until_told, &told);
	thread_sleep(100 * MS);		/* comes back although they spin */
	WRITE_ONCE(told, true);
	for (int i = 0; i < 3; i++)
		thread_join(busy[i]);
	EXPECT(timer_now() - start < 4000 * MS);
}

TEST(sched, nobody_is_preempted_while_preemption_is_off)
{
	bool told = false;
	struct thread *teller = thread_create("teller", tell, &told);
	uint64_t start;

	/* At least 60 ms; on a busy host, until the ticks have come. */
	preempt_disable();
	start = timer_now();
	while (timer_now() < start + 60 * MS ||
	       (!READ_ONCE(this_cpu()->need_resched) &&
		timer_now() < start + 5000 * MS))
		cpu_relax();
	EXPECT(!told);
	EXPECT(this_cpu()->need_resched);
	preempt_enable();
	thread_join(teller);
	EXPECT(told);
}

TEST(sched, a_spin_lock_forbids_to_sleep)
{
	struct spinlock lock = SPINLOCK_INIT;
	uint32_t flags;

	EXPECT(!in_atomic());
	spin_lock(&lock);
	EXPECT(in_atomic());
	spin_unlock(&lock);
	EXPECT(!in_atomic());
	flags = spin_lock_irqsave(&lock);
	EXPECT(in_atomic() && !irq_is_enabled());
	spin_unlock_irqrestore(&lock, flags);
	EXPECT(!in_atomic() && irq_is_enabled());
}

TEST(sched, schedule_keeps_the_interrupt_flag)
{
	uint32_t flags;

	schedule();
	EXPECT(irq_is_enabled());
	flags = irq_save();
	schedule();
	EXPECT(!irq_is_enabled());
	irq_restore(flags);
}

/* ------------------------------------------------------ floating point */

struct fpu_test {
	uint32_t pattern;
	uint16_t control;		/* x87 control word */
	bool ok;
};

/* Eight registers, each with the pattern and its own number added. */
static void load_xmm(uint32_t pattern)
{
	uint32_t word[4] = { pattern, ~pattern, pattern * 3, 1 };

#define LOAD(n)	asm volatile("movups %0, %%xmm" #n : : "m"(word)); word[3]++
	LOAD(0); LOAD(1); LOAD(2); LOAD(3); LOAD(4); LOAD(5); LOAD(6); LOAD(7);
#undef LOAD
}

static bool xmm_is_loaded(uint32_t pattern)
{
	uint32_t want[4] = { pattern, ~pattern, pattern * 3, 1 }, got[4];
	bool ok = true;

#define CHECK(n) asm volatile("movups %%xmm" #n ", %0" : "=m"(got));	\
	ok &= !memcmp(got, want, sizeof(got)); want[3]++
	CHECK(0); CHECK(1); CHECK(2); CHECK(3);
	CHECK(4); CHECK(5); CHECK(6); CHECK(7);
#undef CHECK
	return ok;
}

static void keep_registers(void *arg)
{
	struct fpu_test *test = arg;
	uint16_t control;

	asm volatile("fninit; fldcw %0" : : "m"(test->control));
	if (cpu_has(CPU_SSE))
		load_xmm(test->pattern);
	test->ok = true;
	for (int i = 0; i < 100; i++) {
		sched_yield();
		asm volatile("fnstcw %0" : "=m"(control));
		test->ok &= control == test->control;
		if (cpu_has(CPU_SSE))
			test->ok &= xmm_is_loaded(test->pattern);
	}
}

TEST(sched, floating_point_registers_survive_switches)
{
	struct fpu_test test[3] = {
		{ 0x12345678, 0x037f, false },	/* round to nearest */
		{ 0xdeadbeef, 0x0b7f, false },	/* up */
		{ 0x0badcafe, 0x0f7f, false },	/* to zero */
	};
	struct thread *thread[3];

	for (int i = 0; i < 3; i++)
		thread[i] = thread_create("fpu", keep_registers, &test[i]);
	for (int i = 0; i < 3; i++) {
		thread_join(thread[i]);
		EXPECT(test[i].ok);
	}
}

/* The same, but taken away at any instruction by the tick. */
static void keep_registers_busily(void *arg)
{
	struct fpu_test *test = arg;
	uint64_t end = timer_now() + 100 * MS;

	test->ok = true;
	while (timer_now() < end) {
		load_xmm(test->pattern);
		for (int i = 0; i < 1000; i++)
			cpu_relax();
		test->ok &= xmm_is_loaded(test->pattern);
	}
}

TEST(sched, floating_point_registers_survive_preemption)
{
	struct fpu_test test[2] = { { .pattern = 1 }, { .pattern = 77 } };
	struct thread *thread[2];

	if (!cpu_has(CPU_SSE))
		SKIP("this CPU has no SSE");
	for (int i = 0; i < 2; i++)
		thread[i] = thread_create("fpu", keep_registers_busily,
					  &test[i]);
	for (int i = 0; i < 2; i++) {
		thread_join(thread[i]);
		EXPECT(test[i].ok);
	}
}

static void inherit_registers(void *arg)
{
	struct fpu_test *test = arg;
	uint16_t control;

	asm volatile("fnstcw %0" : "=m"(control));
	test->ok = control == test->control;
	fpu_reset();
	asm volatile("fnstcw %0" : "=m"(control));
	test->ok &= control == 0x037f;
}

TEST(sched, a_new_thread_inherits_floating_point_until_reset)
{
	struct fpu_test test = { .control = 0x0f7f };
	struct thread *thread;

	asm volatile("fldcw %0" : : "m"(test.control));
	thread = thread_create("heir", inherit_registers, &test);
	fpu_reset();
	thread_join(thread);
	EXPECT(test.ok);
}

/* -------------------------------------------------------- birth and death */

static void count(void *counter)
{
	(*(unsigned int *)counter)++;
}

TEST(sched, thousands_of_threads_come_and_go_without_a_trace)
{
	unsigned int counter = 0;
	struct thread *thread[20];
	size_t before;

	mm_settle();
	before = buddy_nr_free();
	for (int round = 0; round < 250; round++) {
		for (int i = 0; i < 20; i++) {
			thread[i] = thread_create("mayfly", count, &counter);
			REQUIRE(thread[i]);
		}
		for (int i = 0; i < 20; i++)
			thread_join(thread[i]);
	}
	EXPECT_EQ(counter, 5000);
	mm_settle();
	EXPECT_EQ(buddy_nr_free(), before);
	sched_check();
}

TEST(sched, detached_threads_free_themselves)
{
	unsigned int counter = 0;
	struct thread *before = thread_create("early", count, &counter);
	struct thread *after = thread_create("late", count, &counter);

	thread_detach(before);			/* while it is alive */
	while (READ_ONCE(counter) < 2)
		sched_yield();
	sched_yield();
	EXPECT_EQ(after->state, THREAD_DEAD);
	thread_detach(after);			/* when it is dead */
	sched_check();			/* and the runner counts pages */
}

TEST(sched, create_fails_cleanly_without_memory)
{
	struct thread *thread = NULL;
	unsigned int counter = 0;
	int n;

	for (n = 0; n < 100 && !thread; n++) {
		thread_reap();
		alloc_fail_after(n);
		thread = thread_create("hopeful", count, &counter);
		alloc_fail_off();
	}
	REQUIRE(thread);
	EXPECT(n > 1);
	thread_join(thread);
	EXPECT_EQ(counter, 1);
}

static bool hook_ran;

static void note_exit(struct thread *thread)
{
	hook_ran = thread == current_thread();
}

static void exit_early(void *unused)
{
	(void)unused;
	current_thread()->on_exit = note_exit;
	thread_exit();
}

TEST(sched, thread_exit_ends_the_thread_and_calls_its_hook)
{
	hook_ran = false;
	thread_join(thread_create("a name that is far too long", exit_early,
				  NULL));
	EXPECT(hook_ran);
}

static void look_at_own_stack(void *arg)
{
	struct thread *thread = current_thread();
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);

	*(bool *)arg = here < (uintptr_t)thread_stack_top(thread) &&
		here > (uintptr_t)thread_stack_bottom(thread) &&
		PAGE_ALIGNED((uintptr_t)thread_stack_bottom(thread)) &&
		here % 4 == 0 && !strcmp(thread->name, "abcdefghijklmno");
}

TEST(sched, a_thread_stands_on_its_own_aligned_stack)
{
	bool ok = false;

	thread_join(thread_create("abcdefghijklmnopq", look_at_own_stack,
				  &ok));
	EXPECT(ok);
}

TEST(sched, below_each_stack_is_a_hole)
{
	struct thread *thread[12];		/* more than are kept */

	for (unsigned int i = 0; i < ARRAY_SIZE(thread); i++) {
		thread[i] = thread_alloc("deep");
		REQUIRE(thread[i]);
		EXPECT(!pte_is_present(*kernel_pte(
			(vaddr_t)thread_stack_bottom(thread[i]) - PAGE_SIZE)));
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(thread); i++)
		thread_free(thread[i]);
}

/* What fork does: the stack begins with a frame, and with code to take it. */
asm(".pushsection .text\n"
    "test_raw_entry:\n"
    "	sti\n"
    "	mov	%esp, %eax\n"
    "	call	test_raw_body\n"
    "	call	thread_exit\n"
    ".popsection\n");
void test_raw_entry(void);
void test_raw_body(uint32_t *frame);

void test_raw_body(uint32_t *frame)
{
	*(bool *)frame[0] = frame[1] == 17 && frame[2] == 42 &&
		(uint32_t)frame == sched_stack_top() - 12;
}

TEST(sched, a_prepared_thread_starts_on_its_frame)
{
	bool ran = false;
	uint32_t frame[3] = { (uint32_t)&ran, 17, 0 };
	struct thread *thread = thread_alloc("raw");
	uint32_t *copy;

	REQUIRE(thread);
	copy = thread_prepare(thread, test_raw_entry, frame, sizeof(frame));
	EXPECT(copy == (uint32_t *)thread_stack_top(thread) - 3);
	copy[2] = 42;
	thread_start(thread);
	for (int i = 0; i < 1000 && !READ_ONCE(ran); i++)
		sched_yield();
	EXPECT(ran);

	thread = thread_alloc("stillborn");
	REQUIRE(thread);
	thread_free(thread);
}
