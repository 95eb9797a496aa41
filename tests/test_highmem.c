// SPDX-License-Identifier: MIT
#include "mm/highmem.h"

#include "mm/buddy.h"
#include "mm/kmalloc.h"
#include "mm/tlb.h"
#include "sched/sched.h"
#include "sched/timer.h"
#include "tests/ktap.h"

#define NR_SWEEP	(PKMAP_SLOTS + 100)

static struct page **pages;

static void pages_free(unsigned int nr)
{
	while (nr > 0)
		free_page(pages[--nr]);
	kfree(pages);
}

/* @nr pages above the direct map; false when there are none, or too few. */
static bool pages_alloc(unsigned int nr)
{
	pages = kmalloc(nr * sizeof(*pages), GFP_KERNEL);
	if (!pages)
		return false;
	for (unsigned int i = 0; i < nr; i++) {
		pages[i] = alloc_page(GFP_USER);
		if (pages[i] && page_is_highmem(pages[i]))
			continue;
		pages_free(pages[i] ? i + 1 : i);
		return false;
	}
	return true;
}

#define REQUIRE_HIGHMEM(nr)						\
	do {								\
		if (!pages_alloc(nr))					\
			SKIP("not enough RAM above the direct map");	\
	} while (0)

static struct highmem_stats get_stats(void)
{
	struct highmem_stats stats;

	highmem_get_stats(&stats);
	return stats;
}

TEST(highmem, lowmem_is_answered_from_the_direct_map)
{
	struct page *page = alloc_page(GFP_KERNEL);
	unsigned int nr_used = get_stats().nr_used;
	void *addr;

	REQUIRE(page);
	EXPECT(kmap(page) == page_to_virt(page));
	EXPECT(page_address(page) == page_to_virt(page));
	EXPECT_EQ(get_stats().nr_used, nr_used);
	kunmap(page);
	addr = kmap_atomic(page);
	EXPECT(addr == page_to_virt(page));
	EXPECT(in_atomic());
	kunmap_atomic(addr);
	EXPECT(!in_atomic());
	EXPECT(kmap_to_page(page_to_virt(page)) == page);
	free_page(page);
}

TEST(highmem, both_ways_to_map_show_the_same_frame)
{
	volatile uint32_t *slow, *fast;

	REQUIRE_HIGHMEM(1);
	slow = kmap(pages[0]);
	fast = kmap_atomic(pages[0]);
	EXPECT((vaddr_t)slow >= PKMAP_BASE && (vaddr_t)slow < PKMAP_END);
	EXPECT((vaddr_t)fast >= FIXADDR_START && (vaddr_t)fast < FIXADDR_TOP);
	slow[7] = 42;
	EXPECT_EQ(fast[7], 42);
	fast[1023] = 43;
	EXPECT_EQ(slow[1023], 43);
	EXPECT(kmap_to_page((void *)slow) == pages[0]);
	EXPECT(kmap_to_page((char *)fast + 5) == pages[0]);
	kunmap_atomic((void *)fast);
	kunmap(pages[0]);
	pages_free(1);
}

TEST(highmem, users_of_one_page_share_a_slot)
{
	unsigned int nr_used = get_stats().nr_used;
	void *addr;

	REQUIRE_HIGHMEM(1);
	addr = kmap(pages[0]);
	EXPECT(kmap(pages[0]) == addr);
	EXPECT_EQ(get_stats().nr_used, nr_used + 1);
	kunmap(pages[0]);
	kmap_flush_unused();
	EXPECT(page_address(pages[0]) == addr);
	EXPECT_EQ(get_stats().nr_used, nr_used + 1);
	kunmap(pages[0]);
	EXPECT_EQ(get_stats().nr_used, nr_used);
	pages_free(1);
}

TEST(highmem, an_unused_slot_stays_mapped_until_the_flush)
{
	uint32_t flushes;
	void *addr;

	REQUIRE_HIGHMEM(1);
	kmap_flush_unused();
	EXPECT_EQ(get_stats().nr_unused, 0);
	addr = kmap(pages[0]);
	kunmap(pages[0]);
	EXPECT_EQ(get_stats().nr_unused, 1);
	EXPECT(kmap(pages[0]) == addr);
	kunmap(pages[0]);
	flushes = tlb_stats.nr_tlb_flush;
	kmap_flush_unused();
	EXPECT_EQ(tlb_stats.nr_tlb_flush, flushes + 1);
	EXPECT_EQ(get_stats().nr_unused, 0);
	EXPECT(!page_address(pages[0]));
	EXPECT(pte_is_none(*kernel_pte((vaddr_t)addr)));
	pages_free(1);
}

TEST(highmem, a_freed_page_may_still_be_mapped_for_its_next_owner)
{
	struct page *page;
	uint32_t *addr;

	REQUIRE_HIGHMEM(1);
	addr = kmap(pages[0]);
	*addr = 1;
	kunmap(pages[0]);
	pages_free(1);
	page = alloc_page(GFP_USER);
	REQUIRE(page);
	addr = kmap(page);
	*addr = 2;
	EXPECT(kmap_to_page(addr) == page);
	kunmap(page);
	free_page(page);
}

TEST(highmem, one_flush_serves_a_whole_round_of_slots)
{
	uint32_t flushes, *addr;

	REQUIRE_HIGHMEM(NR_SWEEP);
	kmap_flush_unused();
	flushes = get_stats().nr_flushes;
	for (unsigned int round = 0; round < 2; round++)
		for (unsigned int i = 0; i < NR_SWEEP; i++) {
			addr = kmap(pages[i]);
			EXPECT(round == 0 || *addr == i);
			*addr = i;
			kunmap(pages[i]);
		}
	EXPECT(get_stats().nr_flushes - flushes >= 1);
	EXPECT(get_stats().nr_flushes - flushes <= 3);
	pages_free(NR_SWEEP);
}

TEST(highmem, a_slot_in_use_survives_every_wrap_around)
{
	uint32_t *held, *addr;

	REQUIRE_HIGHMEM(NR_SWEEP);
	held = kmap(pages[0]);
	*held = 4711;
	for (unsigned int i = 1; i < NR_SWEEP; i++) {
		addr = kmap(pages[i]);
		EXPECT(addr != held);
		*addr = i;
		kunmap(pages[i]);
	}
	EXPECT_EQ(*held, 4711);
	EXPECT(kmap_to_page(held) == pages[0]);
	kunmap(pages[0]);
	pages_free(NR_SWEEP);
}

/* Threads that want a slot when there is none. */
#define NR_SLEEPERS	5

struct sleeper {
	struct thread *thread;
	struct page *page;
	unsigned int rank;		/* how many had theirs before; 0 none */
};

static unsigned int nr_served;

static void sleeper_run(void *arg)
{
	struct sleeper *sleeper = arg;

	*(struct page **)kmap(sleeper->page) = sleeper->page;
	sleeper->rank = ++nr_served;
}

/* Let @sleeper come to sleep in kmap(). */
static void sleeper_start(struct sleeper *sleeper, struct page *page)
{
	unsigned int nr_waiting = get_stats().nr_waiting;

	sleeper->page = page;
	sleeper->rank = 0;
	sleeper->thread = thread_create("kmap", sleeper_run, sleeper);
	if (!EXPECT(sleeper->thread))
		return;
	for (unsigned int i = 0; i < 1000; i++) {
		if (get_stats().nr_waiting > nr_waiting)
			break;
		sched_yield();
	}
	EXPECT_EQ(get_stats().nr_waiting, nr_waiting + 1);
}

/* All slots have a user afterwards, unless somebody else has some. */
static unsigned int hold_all_slots(void)
{
	unsigned int nr = PKMAP_SLOTS - get_stats().nr_used;

	for (unsigned int i = 0; i < nr; i++)
		kmap(pages[i]);
	return nr;
}

TEST(highmem, without_a_slot_threads_sleep_and_wake_in_order)
{
	struct sleeper sleepers[NR_SLEEPERS];
	unsigned int nr;

	REQUIRE_HIGHMEM(PKMAP_SLOTS + NR_SLEEPERS);
	nr = hold_all_slots();
	nr_served = 0;
	for (unsigned int i = 0; i < NR_SLEEPERS; i++)
		sleeper_start(&sleepers[i], pages[PKMAP_SLOTS + i]);
	EXPECT_EQ(get_stats().nr_waiting, NR_SLEEPERS);
	highmem_check();

	for (unsigned int i = 0; i < NR_SLEEPERS; i++) {
		/* The TLB knows the slot of old. */
		*(struct page *volatile *)page_address(pages[i]) = pages[i];
		kunmap(pages[i]);
		EXPECT_EQ(get_stats().nr_waiting, NR_SLEEPERS - 1 - i);
		if (sleepers[i].thread)
			thread_join(sleepers[i].thread);
		EXPECT_EQ(sleepers[i].rank, i + 1);
	}
	for (unsigned int i = 0; i < NR_SLEEPERS; i++) {
		struct page *page = pages[PKMAP_SLOTS + i];
		struct page **addr = kmap_atomic(page);

		EXPECT(*addr == page);
		kunmap_atomic(addr);
		kunmap(page);
	}
	for (unsigned int i = NR_SLEEPERS; i < nr; i++)
		kunmap(pages[i]);
	pages_free(PKMAP_SLOTS + NR_SLEEPERS);
}

TEST(highmem, sleepers_for_one_page_are_served_by_one_slot)
{
	struct sleeper sleepers[3];
	struct page *wanted;
	unsigned int nr;

	REQUIRE_HIGHMEM(PKMAP_SLOTS + 1);
	wanted = pages[PKMAP_SLOTS];
	nr = hold_all_slots();
	nr_served = 0;
	for (unsigned int i = 0; i < 3; i++)
		sleeper_start(&sleepers[i], wanted);
	kunmap(pages[0]);
	EXPECT_EQ(get_stats().nr_waiting, 0);
	for (unsigned int i = 0; i < 3; i++) {
		if (sleepers[i].thread)
			thread_join(sleepers[i].thread);
		EXPECT_EQ(sleepers[i].rank, i + 1);
		kunmap(wanted);
	}
	for (unsigned int i = 1; i < nr; i++)
		kunmap(pages[i]);
	pages_free(PKMAP_SLOTS + 1);
}

TEST(highmem, a_mapped_page_needs_no_slot_even_when_all_are_taken)
{
	unsigned int nr;

	REQUIRE_HIGHMEM(PKMAP_SLOTS);
	nr = hold_all_slots();
	kmap(pages[nr - 1]);
	kunmap(pages[nr - 1]);
	for (unsigned int i = 0; i < nr; i++)
		kunmap(pages[i]);
	pages_free(PKMAP_SLOTS);
}

TEST(highmem, kmap_atomic_nests_to_its_full_depth)
{
	uint32_t *addr[KMAP_ATOMIC_DEPTH];
	unsigned int level = kmap_atomic_level[cpu_id()];

	REQUIRE_HIGHMEM(KMAP_ATOMIC_DEPTH);
	EXPECT_EQ(level, 0);
	for (unsigned int i = 0; i < KMAP_ATOMIC_DEPTH; i++) {
		addr[i] = kmap_atomic(pages[i]);
		*addr[i] = i;
		EXPECT(i == 0 || addr[i] < addr[i - 1]);
	}
	EXPECT_EQ(kmap_atomic_level[cpu_id()], KMAP_ATOMIC_DEPTH);
	EXPECT(in_atomic());
	highmem_check();
	for (unsigned int i = KMAP_ATOMIC_DEPTH; i-- > 0;) {
		EXPECT_EQ(*addr[i], i);
		kunmap_atomic(addr[i]);
	}
	EXPECT_EQ(kmap_atomic_level[cpu_id()], 0);
	EXPECT(!in_atomic());
	pages_free(KMAP_ATOMIC_DEPTH);
}

TEST(highmem, a_reused_atomic_slot_shows_the_new_frame)
{
	uint32_t *addr;

	REQUIRE_HIGHMEM(2);
	for (unsigned int i = 0; i < 8; i++) {
		addr = kmap_atomic(pages[i % 2]);
		EXPECT(i < 2 || *addr == i % 2);
		*addr = i % 2;
		kunmap_atomic(addr);
	}
	pages_free(2);
}

static volatile bool timer_ran;

static void map_in_interrupt(void *arg)
{
	uint32_t *addr = kmap_atomic(arg);

	*addr = 99;
	kunmap_atomic(addr);
	timer_ran = true;
}

TEST(highmem, an_interrupt_may_nest_its_own_kmap_atomic)
{
	volatile uint32_t *addr;
	struct timer timer;
	uint64_t end;

	REQUIRE_HIGHMEM(2);
	timer_ran = false;
	timer_init(&timer, map_in_interrupt, pages[1]);
	addr = kmap_atomic(pages[0]);
	*addr = 1;
	end = timer_now() + 1000000000;
	timer_add(&timer, timer_now() + 1);
	while (!timer_ran && timer_now() < end)
		cpu_relax();
	timer_cancel(&timer);
	EXPECT(timer_ran);
	EXPECT_EQ(*addr, 1);
	kunmap_atomic((void *)addr);
	addr = kmap_atomic(pages[1]);
	EXPECT_EQ(*addr, 99);
	kunmap_atomic((void *)addr);
	pages_free(2);
}
