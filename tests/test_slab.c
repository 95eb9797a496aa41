// SPDX-License-Identifier: MIT
/*
 * What object caches promise.  The reports of debug builds are heard through
 * slab_set_report(); that they name the right function is tested here, as only
 * the kernel has its symbols.
 */
#include "lib/errno.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "mm/slab.h"
#include "sched/timer.h"
#include "tests/ktap.h"

#ifdef DEBUG
#define HAS_REPORTS true
#else
#define HAS_REPORTS false
#endif

static char report_text[384];
static unsigned int nr_reports;

static void note_report(const char *message)
{
	strlcpy(report_text, message, sizeof(report_text));
	nr_reports++;
}

static void hear_reports(void)
{
	nr_reports = 0;
	slab_set_report(note_report);
}

/* One report since the last call, with both words in it. */
static bool reported(const char *what, const char *who)
{
	bool right = nr_reports == 1 && strstr(report_text, what) &&
		     strstr(report_text, who);

	if (!right)
		kprint("# %u reports, the last: %s\n", nr_reports, report_text);
	nr_reports = 0;
	return right;
}

static bool stats_of(const char *name, struct slab_stats *stats)
{
	for (unsigned int n = 0; slab_get_stats(n, stats); n++)
		if (stats->name == name)
			return true;
	return false;
}

TEST(slab, objects_are_apart_and_keep_what_is_written)
{
	struct kmem_cache *cache = kmem_cache_create("apart", 200, 0, NULL);
	static char *objects[500];
	unsigned int nr = 0;

	REQUIRE(cache);
	for (; nr < ARRAY_SIZE(objects); nr++) {
		objects[nr] = kmem_cache_alloc(cache, GFP_KERNEL);
		if (!EXPECT(objects[nr]))
			break;
		memset(objects[nr], nr, 200);
	}
	while (nr-- > 0) {
		for (unsigned int i = 0; i < 200; i++)
			if (!EXPECT(objects[nr][i] == (char)nr))
				break;
		kmem_cache_free(cache, objects[nr]);
	}
	EXPECT_EQ(kmem_cache_destroy(cache), 0);
}

TEST(slab, statistics_count_what_is_live)
{
	static const char name[] = "counted";
	struct kmem_cache *cache = kmem_cache_create(name, 100, 0, NULL);
	struct slab_stats stats;
	void *objects[90];

	REQUIRE(cache);
	for (unsigned int i = 0; i < ARRAY_SIZE(objects); i++)
		objects[i] = kmem_cache_alloc(cache, GFP_KERNEL);
	EXPECT(stats_of(name, &stats));
	EXPECT_EQ(stats.size, 100);
	EXPECT_EQ(stats.nr_live, 90);
	EXPECT(stats.nr_objects >= 90);
	EXPECT_EQ(stats.nr_objects, stats.nr_slabs * stats.objects_per_slab);
	EXPECT_EQ(stats.nr_pages, stats.nr_slabs * stats.pages_per_slab);
	for (unsigned int i = 0; i < ARRAY_SIZE(objects); i++)
		kmem_cache_free(cache, objects[i]);
	EXPECT(stats_of(name, &stats));
	EXPECT_EQ(stats.nr_live, 0);
	EXPECT_EQ(kmem_cache_destroy(cache), 0);
	EXPECT(!stats_of(name, &stats));
}

TEST(slab, alignment_is_as_asked)
{
	for (size_t align = 8; align <= PAGE_SIZE; align *= 2) {
		struct kmem_cache *cache =
			kmem_cache_create("aligned", 24, align, NULL);
		void *objects[10];

		REQUIRE(cache);
		for (unsigned int i = 0; i < ARRAY_SIZE(objects); i++) {
			objects[i] = kmem_cache_alloc(cache, GFP_KERNEL);
			EXPECT(IS_ALIGNED((uintptr_t)objects[i], align));
		}
		for (unsigned int i = 0; i < ARRAY_SIZE(objects); i++)
			kmem_cache_free(cache, objects[i]);
		EXPECT_EQ(kmem_cache_destroy(cache), 0);
	}
}

static unsigned int nr_constructed;

static void construct(void *object)
{
	memset(object, 0xc7, 60);
	nr_constructed++;
}

TEST(slab, a_constructor_runs_once_and_its_state_stays)
{
	struct kmem_cache *cache = kmem_cache_create("made", 60, 0, construct);
	unsigned int nr_before;

	REQUIRE(cache);
	kmem_cache_free(cache, kmem_cache_alloc(cache, GFP_KERNEL));
	nr_before = nr_constructed;
	for (unsigned int i = 0; i < 1000; i++) {
		uint8_t *object = kmem_cache_alloc(cache, GFP_KERNEL);

		REQUIRE(object);
		EXPECT(object[0] == 0xc7 && object[59] == 0xc7);
		kmem_cache_free(cache, object);
	}
	EXPECT_EQ(nr_constructed, nr_before);
	EXPECT_EQ(kmem_cache_destroy(cache), 0);
}

TEST(slab, reap_gives_back_all_that_no_object_lives_in)
{
	struct kmem_cache *cache;
	static void *objects[600];
	size_t before, all_out;

	slab_reap();
	before = buddy_nr_free();
	cache = kmem_cache_create("reaped", 256, 0, NULL);
	REQUIRE(cache);
	for (unsigned int i = 0; i < ARRAY_SIZE(objects); i++)
		objects[i] = kmem_cache_alloc(cache, GFP_KERNEL);
	all_out = buddy_nr_free();
	EXPECT(before - all_out >= 600 * 256 / PAGE_SIZE);
	for (unsigned int i = 1; i < ARRAY_SIZE(objects); i++)
		kmem_cache_free(cache, objects[i]);
	slab_reap();
	EXPECT(buddy_nr_free() > all_out);
	EXPECT(buddy_nr_free() < before);
	kmem_cache_free(cache, objects[0]);
	EXPECT_EQ(kmem_cache_destroy(cache), 0);
	slab_reap();
	EXPECT_EQ(buddy_nr_free(), before);
}

TEST(slab, each_failure_leaves_nothing_behind)
{
	for (unsigned int n = 0; ; n++) {
		size_t before;
		struct kmem_cache *cache;
		void *object = NULL;

		slab_reap();
		before = buddy_nr_free();
		alloc_fail_after(n);
		cache = kmem_cache_create("failing", 300, 0, NULL);
		if (cache)
			object = kmem_cache_alloc(cache, GFP_KERNEL);
		alloc_fail_off();
		if (object)
			kmem_cache_free(cache, object);
		if (cache)
			EXPECT_EQ(kmem_cache_destroy(cache), 0);
		slab_reap();
		EXPECT_EQ(buddy_nr_free(), before);
		if (object)
			break;
		REQUIRE(n < 10);
	}
}

TEST(slab, no_page_means_no_object)
{
	struct kmem_cache *cache = kmem_cache_create("starved", 2000, 0, NULL);
	struct list taken = LIST_INIT(taken);
	struct page *page, *spare;
	unsigned int nr = 0;
	void *objects[40];

	REQUIRE(cache);
	for (int order = MAX_ORDER - 1; order >= 0; order--)
		while ((page = alloc_pages(GFP_ATOMIC, order)))
			list_add_tail(&taken, &page->link);
	EXPECT(!kmem_cache_alloc(cache, GFP_KERNEL));
	EXPECT(!kmem_cache_alloc(cache, GFP_ATOMIC));
	list_for_each_entry_safe(page, spare, &taken, link) {
		list_remove(&page->link);
		free_pages(page, page->order);
	}
	for (; nr < ARRAY_SIZE(objects); nr++)
		objects[nr] = kmem_cache_alloc(cache, GFP_KERNEL);
	while (nr-- > 0)
		if (EXPECT(objects[nr]))
			kmem_cache_free(cache, objects[nr]);
	EXPECT_EQ(kmem_cache_destroy(cache), 0);
}

struct handler {
	struct timer timer;
	struct kmem_cache *cache;
	void *objects[8];
	unsigned int nr_runs, nr_failed;
};

static void allocate_in_handler(void *arg)
{
	struct handler *handler = arg;
	void **object = &handler->objects[handler->nr_runs++ % 8];

	if (*object)
		kmem_cache_free(handler->cache, *object);
	*object = kmem_cache_alloc(handler->cache, GFP_ATOMIC);
	handler->nr_failed += !*object;
	timer_add(&handler->timer, timer_after(1));
}

TEST(slab, interrupt_handlers_may_allocate_at_any_moment)
{
	struct handler handler = { .nr_runs = 0 };
	static void *objects[200];

	handler.cache = kmem_cache_create("handler", 500, 0, NULL);
	REQUIRE(handler.cache);
	timer_init(&handler.timer, allocate_in_handler, &handler);
	timer_add(&handler.timer, timer_after(1));
	while (READ_ONCE(handler.nr_runs) < 20) {
		for (unsigned int i = 0; i < ARRAY_SIZE(objects); i++)
			objects[i] = kmem_cache_alloc(handler.cache,
						      GFP_KERNEL);
		for (unsigned int i = 0; i < ARRAY_SIZE(objects); i++)
			if (EXPECT(objects[i]))
				kmem_cache_free(handler.cache, objects[i]);
	}
	timer_cancel(&handler.timer);
	EXPECT_EQ(handler.nr_failed, 0);
	for (unsigned int i = 0; i < 8; i++)
		if (handler.objects[i])
			kmem_cache_free(handler.cache, handler.objects[i]);
	slab_check();
	EXPECT_EQ(kmem_cache_destroy(handler.cache), 0);
}

/* ------------------------------------------------------------------ reports */

/* Of these two, backtraces and reports must tell the names. */
static __noinline void *allocate_here(struct kmem_cache *cache)
{
	void *object = kmem_cache_alloc(cache, GFP_KERNEL);

	barrier();			/* a call, not a jump: keep our name */
	return object;
}

static __noinline void free_here(struct kmem_cache *cache, void *object)
{
	kmem_cache_free(cache, object);
	barrier();
}

TEST(slab, a_double_free_names_who_allocated_and_who_freed)
{
	struct kmem_cache *cache;
	void *object;

	if (!HAS_REPORTS)
		SKIP("release builds do not look");
	cache = kmem_cache_create("twice", 40, 0, NULL);
	REQUIRE(cache);
	hear_reports();
	object = allocate_here(cache);
	free_here(cache, object);
	free_here(cache, object);
	EXPECT(strstr(report_text, "twice: double free"));
	EXPECT(reported("allocated by allocate_here+", "freed by free_here+"));
	slab_set_report(NULL);
	EXPECT_EQ(kmem_cache_destroy(cache), 0);
}

TEST(slab, a_write_after_free_is_found_by_the_next_owner_or_the_check)
{
	struct kmem_cache *cache;
	char *object;

	if (!HAS_REPORTS)
		SKIP("release builds do not look");
	cache = kmem_cache_create("late", 40, 0, NULL);
	REQUIRE(cache);
	hear_reports();
	object = allocate_here(cache);
	free_here(cache, object);
	object[39] = 1;
	EXPECT(kmem_cache_alloc(cache, GFP_KERNEL) == object);
	EXPECT(reported("late: written after it was freed",
			"freed by free_here+"));
	free_here(cache, object);
	object[0] = 1;
	slab_check();
	EXPECT(reported("late: written after it was freed",
			"freed by free_here+"));
	slab_set_report(NULL);
	EXPECT_EQ(kmem_cache_destroy(cache), 0);
}

TEST(slab, an_overrun_and_an_underrun_are_told_to_the_byte)
{
	struct kmem_cache *cache;
	char *object;

	if (!HAS_REPORTS)
		SKIP("release builds do not look");
	cache = kmem_cache_create("fenced", 41, 0, NULL);
	REQUIRE(cache);
	hear_reports();
	object = allocate_here(cache);
	object[41] = 0;
	free_here(cache, object);
	EXPECT(reported("fenced: written behind its end",
			"allocated by allocate_here+"));
	object = allocate_here(cache);
	object[-1] = 0;
	slab_check();
	EXPECT(reported("fenced: written before its start",
			"allocated by allocate_here+"));
	free_here(cache, object);
	EXPECT_EQ(nr_reports, 0);	/* the fence was mended */
	slab_set_report(NULL);
	EXPECT_EQ(kmem_cache_destroy(cache), 0);
}

TEST(slab, freeing_what_is_no_object_is_told)
{
	struct kmem_cache *cache, *twin;
	char *object, *other;

	if (!HAS_REPORTS)
		SKIP("release builds do not look");
	cache = kmem_cache_create("strict", 40, 0, NULL);
	twin = kmem_cache_create("twin", 40, 0, NULL);
	REQUIRE(cache && twin);
	hear_reports();
	object = allocate_here(cache);
	other = kmem_cache_alloc(twin, GFP_KERNEL);
	free_here(cache, object + 4);
	EXPECT(reported("strict: bad free", "free_here+"));
	free_here(cache, other);
	EXPECT(reported("strict: bad free", "free_here+"));
	free_here(cache, (void *)0x1234);
	EXPECT(reported("strict: bad free", "free_here+"));
	slab_set_report(NULL);
	free_here(cache, object);
	kmem_cache_free(twin, other);
	EXPECT_EQ(kmem_cache_destroy(twin), 0);
	EXPECT_EQ(kmem_cache_destroy(cache), 0);
}

TEST(slab, destroy_names_leaks_and_refuses)
{
	struct kmem_cache *cache = kmem_cache_create("leaky", 40, 0, NULL);
	void *object;

	REQUIRE(cache);
	hear_reports();
	object = allocate_here(cache);
	EXPECT_EQ(kmem_cache_destroy(cache), -EBUSY);
	EXPECT(reported("leaky", HAS_REPORTS ? "allocated by allocate_here+"
					     : "1 objects leaked"));
	slab_set_report(NULL);
	free_here(cache, object);
	EXPECT_EQ(kmem_cache_destroy(cache), 0);
}

TEST(slab, destroy_names_every_leak)
{
	struct kmem_cache *cache = kmem_cache_create("leakier", 40, 0, NULL);
	static void *objects[300];

	REQUIRE(cache);
	for (unsigned int i = 0; i < ARRAY_SIZE(objects); i++)
		objects[i] = kmem_cache_alloc(cache, GFP_KERNEL);
	hear_reports();
	EXPECT_EQ(kmem_cache_destroy(cache), -EBUSY);
	EXPECT_EQ(nr_reports, HAS_REPORTS ? ARRAY_SIZE(objects) : 1);
	slab_set_report(NULL);
	for (unsigned int i = 0; i < ARRAY_SIZE(objects); i++)
		kmem_cache_free(cache, objects[i]);
	EXPECT_EQ(kmem_cache_destroy(cache), 0);
}

TEST(slab, the_atomic_reserve_serves_handlers)
{
	struct kmem_cache *cache = kmem_cache_create("urgent", 2000, 0, NULL);
	struct list taken = LIST_INIT(taken);
	struct page *page, *spare;
	void *object;

	REQUIRE(cache);
	for (int order = MAX_ORDER - 1; order >= 0; order--)
		while ((page = alloc_pages(GFP_KERNEL, order)))
			list_add_tail(&taken, &page->link);
	EXPECT(!kmem_cache_alloc(cache, GFP_KERNEL));
	object = kmem_cache_alloc(cache, GFP_ATOMIC);
	EXPECT(object);
	list_for_each_entry_safe(page, spare, &taken, link) {
		list_remove(&page->link);
		free_pages(page, page->order);
	}
	if (object)
		kmem_cache_free(cache, object);
	EXPECT_EQ(kmem_cache_destroy(cache), 0);
}

TEST(slab, what_it_keeps_for_speed_goes_back_when_memory_is_short)
{
	struct list hoard = LIST_INIT(hoard);
	void *objects[64];
	struct page *page, *next;
	size_t nr = 0;

	/* Empty slabs and full magazines, then not one free page. */
	for (size_t i = 0; i < ARRAY_SIZE(objects); i++)
		objects[i] = kmalloc(2048, GFP_KERNEL);
	for (size_t i = 0; i < ARRAY_SIZE(objects); i++)
		kfree(objects[i]);
	while ((page = alloc_page(GFP_USER & ~__GFP_WAIT))) {
		list_add(&hoard, &page->link);
		nr++;
	}
	page = alloc_page(GFP_KERNEL);		/* which may wait for reclaim */
	if (EXPECT(page != NULL))
		list_add(&hoard, &page->link);
	list_for_each_entry_safe(page, next, &hoard, link)
		free_page(page);
	EXPECT(nr > 0);
}
