// SPDX-License-Identifier: MIT
/*
 * slab and kmalloc over the real buddy allocator, on a direct map that is an
 * array: a random walk in which every object is filled with bytes of its own,
 * so that two objects that share one, or a page given back too soon, show.
 */
#include "host.h"
#include "lib/errno.h"
#include "mm/layout.h"

static char *arena;

#undef PAGE_OFFSET
#define PAGE_OFFSET ((uintptr_t)arena)

#include "mm/zone.c"
#include "mm/buddy.c"
#include "mm/slab.c"
#include "mm/kmalloc.c"

#define NR_FRAMES 6144u		/* 24 MiB */

pfn_t max_pfn = NR_FRAMES, max_low_pfn = NR_FRAMES;

bool memblock_next_free(pfn_t *start, pfn_t *end)
{
	if (*end)
		return false;
	*start = 1;
	*end = NR_FRAMES;
	return true;
}

void *memblock_alloc(size_t size, size_t align)
{
	void *memory = aligned_alloc(align, ALIGN_UP(size, align));

	return memset(memory, 0, size);
}

void memblock_retire(void)
{
}

void clear_highpage(struct page *page)
{
	memset(page_to_virt(page), 0, PAGE_SIZE);
}

static char report_text[512];
static unsigned int nr_reports;

static void note_report(const char *message)
{
	strlcpy(report_text, message, sizeof(report_text));
	nr_reports++;
}

/* Of these words, in this order, is the last report made. */
static bool reported(const char *first, const char *second)
{
	const char *at = nr_reports == 1 ? strstr(report_text, first) : NULL;

	nr_reports = 0;
	return at && strstr(at, second);
}

/* Frames free before a test, with all that slab holds for speed given back. */
static size_t nr_before;

static void start(void)
{
	if (!arena) {
		arena = aligned_alloc(PAGE_SIZE, NR_FRAMES * PAGE_SIZE);
		zone_init();
		buddy_init();
		slab_init();
	}
	slab_set_report(note_report);
	nr_reports = 0;
	slab_reap();
	nr_before = buddy_nr_free();
}

static void finish(void)
{
	alloc_fail_off();
	slab_check();
	slab_reap();
	slab_check();
	buddy_check();
	EXPECT_EQ(nr_reports, 0);
	EXPECT_EQ(buddy_nr_free(), nr_before);
	slab_set_report(NULL);
}

/* ---------------------------------------------------------- the random walk */

#define NR_CACHES	5
#define MAX_OBJECTS	4000

struct object {
	uint8_t *at;
	size_t size;
	uint8_t byte;
	struct kmem_cache *cache;	/* NULL: of kmalloc */
};

static struct kmem_cache *some_caches[NR_CACHES];
static struct object objects[MAX_OBJECTS];
static unsigned int nr_objects;

#define CTOR_BYTE 0xc7
#define CTOR_SIZE 72

static void construct(void *object)
{
	memset(object, CTOR_BYTE, CTOR_SIZE);
}

static bool make_caches(void)
{
	some_caches[0] = kmem_cache_create("one", 1, 0, NULL);
	some_caches[1] = kmem_cache_create("odd", 37, 0, NULL);
	some_caches[2] = kmem_cache_create("ctor", CTOR_SIZE, 0, construct);
	some_caches[3] = kmem_cache_create("aligned", 200, 256, NULL);
	some_caches[4] = kmem_cache_create("large", SLAB_MAX_SIZE, 0, NULL);
	for (int i = 0; i < NR_CACHES; i++)
		if (!EXPECT(some_caches[i]))
			return false;
	return true;
}

static void object_fill(struct object *object)
{
	object->byte = host_random();
	memset(object->at, object->byte, object->size);
}

static bool object_is_whole(const struct object *object)
{
	return all_bytes(object->at, object->size, object->byte);
}

static bool step_alloc(void)
{
	struct object *object = &objects[nr_objects];
	unsigned int which = host_random_below(2 * NR_CACHES);
	gfp_t gfp = host_random_one_in(3) ? GFP_ATOMIC : GFP_KERNEL;
	bool zero = host_random_one_in(3);

	if (nr_objects == MAX_OBJECTS)
		return true;
	if (which < NR_CACHES) {
		object->cache = some_caches[which];
		object->size = object->cache->size;
		zero &= !object->cache->ctor;
		object->at = kmem_cache_alloc(object->cache, zero ?
					      gfp | GFP_ZERO : gfp);
	} else {
		object->cache = NULL;
		object->size = host_random_below(host_random_one_in(50) ?
						 40000 : 600);
		object->at = kmalloc(object->size, zero ? gfp | GFP_ZERO : gfp);
	}
	if (!object->at)
		return true;
	if (zero && !EXPECT(all_bytes(object->at, object->size, 0)))
		return false;
	if (object->cache && object->cache->ctor &&
	    !EXPECT(all_bytes(object->at, CTOR_SIZE, CTOR_BYTE)))
		return false;
	object_fill(object);
	nr_objects++;
	return true;
}

static bool step_free(void)
{
	struct object *object = &objects[host_random_below(nr_objects)];

	if (!EXPECT(object_is_whole(object)))
		return false;
	if (object->cache && object->cache->ctor)
		construct(object->at);
	if (object->cache && host_random_one_in(2))
		kmem_cache_free(object->cache, object->at);
	else
		kfree(object->at);
	*object = objects[--nr_objects];
	return true;
}

static bool step_realloc(void)
{
	struct object *object = &objects[host_random_below(nr_objects)];
	size_t size = 1 + host_random_below(host_random_one_in(20) ?
					    20000 : 600);
	uint8_t *new;

	if (object->cache)
		return true;
	new = krealloc(object->at, size, GFP_KERNEL);
	if (!new)
		return EXPECT(object_is_whole(object));
	object->at = new;
	object->size = min(object->size, size);
	if (!EXPECT(object_is_whole(object)) || !EXPECT(ksize(new) >= size))
		return false;
	object->size = size;
	object_fill(object);
	return true;
}

static bool random_step(bool growing)
{
	unsigned int what = host_random_below(20);

	if (what < (growing ? 12 : 7) || nr_objects == 0)
		return step_alloc();
	return what < 19 ? step_free() : step_realloc();
}

static size_t nr_live(const struct kmem_cache *cache)
{
	struct slab_stats stats;

	for (unsigned int n = 0; slab_get_stats(n, &stats); n++)
		if (stats.name == cache->name)
			return stats.nr_live;
	return -1;
}

static size_t nr_held_of(const struct kmem_cache *cache)
{
	size_t nr = 0;

	for (unsigned int i = 0; i < nr_objects; i++)
		nr += objects[i].cache == cache;
	return nr;
}

TEST(slab, behaves_like_an_array_of_arrays)
{
	start();
	REQUIRE(make_caches());
	for (int i = 0; i < 120000; i++) {
		REQUIRE(random_step(i / 10000 % 2 == 0));
		if (i % 5000)
			continue;
		slab_check();
		buddy_check();
		for (int c = 0; c < NR_CACHES; c++)
			EXPECT_EQ(nr_live(some_caches[c]),
				  nr_held_of(some_caches[c]));
		if (host_random_one_in(3))
			slab_reap();
		REQUIRE(EXPECT_EQ(nr_reports, 0));
	}
	while (nr_objects)
		REQUIRE(step_free());
	for (int c = 0; c < NR_CACHES; c++)
		EXPECT_EQ(kmem_cache_destroy(some_caches[c]), 0);
	finish();
}

/* -------------------------------------------------------- what must be told */

TEST(slab, a_double_free_is_told_and_ignored)
{
	struct kmem_cache *cache;
	void *object;

	start();
	cache = kmem_cache_create("twice", 40, 0, NULL);
	object = kmem_cache_alloc(cache, GFP_KERNEL);
	kmem_cache_free(cache, object);
	kmem_cache_free(cache, object);
	EXPECT(reported("twice: double free", "freed by"));
	EXPECT_EQ(nr_live(cache), 0);
	EXPECT_EQ(kmem_cache_destroy(cache), 0);
	object = kmalloc(100, GFP_KERNEL);
	kfree(object);
	kfree(object);
	EXPECT(reported("kmalloc-128: double free", "allocated by"));
	finish();
}

TEST(slab, overruns_and_underruns_are_told_to_the_byte)
{
	char *object;

	start();
	for (size_t size = 0; size < 70; size++) {
		object = kmalloc(size, GFP_KERNEL);
		object[size] ^= 1;
		kfree(object);
		EXPECT(reported("written behind its end", "allocated by"));
		object = kmalloc(size, GFP_KERNEL);
		object[-1] ^= 1;
		kfree(object);
		EXPECT(reported("written before its start", "allocated by"));
	}
	finish();
}

TEST(slab, a_write_after_free_is_told)
{
	char *object;

	start();
	object = kmalloc(300, GFP_KERNEL);
	kfree(object);
	object[299] = 1;
	EXPECT(kmalloc(300, GFP_KERNEL) == object);
	EXPECT(reported("written after it was freed", "freed by"));
	kfree(object);
	object[17] = 1;
	slab_check();
	EXPECT(reported("kmalloc-512: written after it was freed", "freed by"));
	finish();
}

TEST(slab, frees_of_what_is_no_object_are_told)
{
	struct kmem_cache *cache;
	char *object, *other;

	start();
	cache = kmem_cache_create("mine", 40, 0, NULL);
	object = kmem_cache_alloc(cache, GFP_KERNEL);
	other = kmalloc(40, GFP_KERNEL);
	kmem_cache_free(cache, object + 8);
	EXPECT(reported("mine: bad free", "is no object"));
	kmem_cache_free(cache, other);
	EXPECT(reported("mine: bad free", "is no object"));
	kmem_cache_free(cache, cache);
	EXPECT(reported("mine: bad free", "is no object"));
	kmem_cache_free(cache, object);
	kfree(other);
	EXPECT_EQ(kmem_cache_destroy(cache), 0);

	object = kmalloc(20000, GFP_KERNEL);
	EXPECT_PANIC(kfree(object + 16));
	EXPECT_PANIC(kfree(object + PAGE_SIZE));
	EXPECT(strstr(host_panic_text, "is not from kmalloc"));
	kfree(object);
	EXPECT_PANIC(kfree(object));
	finish();
}

TEST(slab, reports_panic_without_a_hook)
{
	void *object;

	start();
	slab_set_report(NULL);
	object = kmalloc(64, GFP_KERNEL);
	kfree(object);
	EXPECT_PANIC(kfree(object));
	EXPECT(strstr(host_panic_text, "double free"));
	finish();
}

TEST(slab, destroy_names_each_leak_and_refuses)
{
	struct kmem_cache *cache;
	void *a, *b;

	start();
	cache = kmem_cache_create("leaky", 40, 0, NULL);
	a = kmem_cache_alloc(cache, GFP_KERNEL);
	b = kmem_cache_alloc(cache, GFP_KERNEL);
	EXPECT_EQ(kmem_cache_destroy(cache), -EBUSY);
	EXPECT_EQ(nr_reports, 2);
	EXPECT(strstr(report_text, "leaky: leaked"));
	EXPECT(strstr(report_text, "allocated by"));
	nr_reports = 0;
	kmem_cache_free(cache, a);
	EXPECT_EQ(kmem_cache_destroy(cache), -EBUSY);
	EXPECT_EQ(nr_reports, 1);
	nr_reports = 0;
	kmem_cache_free(cache, b);
	EXPECT_EQ(kmem_cache_destroy(cache), 0);
	finish();
}

/* ----------------------------------------------------------- other promises */

TEST(slab, alignment_is_as_asked)
{
	start();
	for (size_t align = 8; align <= PAGE_SIZE; align *= 2) {
		struct kmem_cache *cache =
			kmem_cache_create("aligned", 24, align, NULL);
		void *object[20];

		REQUIRE(cache);
		for (int i = 0; i < 20; i++) {
			object[i] = kmem_cache_alloc(cache, GFP_KERNEL);
			EXPECT(IS_ALIGNED((uintptr_t)object[i], align));
		}
		for (int i = 0; i < 20; i++)
			kmem_cache_free(cache, object[i]);
		EXPECT_EQ(kmem_cache_destroy(cache), 0);
	}
	for (size_t size = 16; size < 9000; size += 100) {
		void *object = kmalloc(size, GFP_KERNEL);

		EXPECT(IS_ALIGNED((uintptr_t)object, 16));
		kfree(object);
	}
	finish();
}

TEST(slab, each_failure_leaves_nothing_behind)
{
	start();
	for (unsigned int n = 0; ; n++) {
		struct kmem_cache *cache;
		void *object = NULL;

		alloc_fail_after(n);
		cache = kmem_cache_create("failing", 500, 0, NULL);
		if (cache)
			object = kmem_cache_alloc(cache, GFP_KERNEL);
		alloc_fail_off();
		if (object)
			kmem_cache_free(cache, object);
		if (cache)
			EXPECT_EQ(kmem_cache_destroy(cache), 0);
		slab_reap();
		EXPECT_EQ(buddy_nr_free(), nr_before);
		if (object) {
			EXPECT(n == 3);
			break;
		}
	}
	finish();
}

TEST(slab, falls_back_to_small_slabs_when_large_blocks_are_gone)
{
	static struct page *pages[NR_FRAMES];
	size_t nr = 0, i;
	void *object;

	start();
	while ((pages[nr] = alloc_page(GFP_ATOMIC)))
		nr++;
	for (i = 0; i < nr; i++)	/* every second frame: no order 1 */
		if (page_to_pfn(pages[i]) % 2)
			free_page(pages[i]);
	object = kmalloc(1000, GFP_KERNEL);
	EXPECT(object);
	kfree(object);
	EXPECT(!kmalloc(8192, GFP_KERNEL));
	for (i = 0; i < nr; i++)
		if (page_to_pfn(pages[i]) % 2 == 0)
			free_page(pages[i]);
	finish();
}

TEST(kmalloc, sizes_pick_the_smallest_class)
{
	start();
	for (size_t size = 0; size <= KMALLOC_MAX_CLASS; size++) {
		unsigned int class = kmalloc_class_of(size);

		REQUIRE(EXPECT_EQ(class_of[(size + 7) / 8], class));
		REQUIRE(size <= sizes[class]);
		REQUIRE(class == 0 || size > sizes[class - 1]);
	}
}

TEST(kmalloc, zero_null_and_too_much)
{
	void *a, *b;

	start();
	a = kmalloc(0, GFP_KERNEL);
	b = kmalloc(0, GFP_KERNEL);
	EXPECT(a && b && a != b);
	kfree(a);
	kfree(b);
	kfree(NULL);
	EXPECT(!kmalloc(KMALLOC_MAX + 1, GFP_KERNEL));
	EXPECT(!kmalloc((size_t)-1, GFP_KERNEL));
	EXPECT(!krealloc(NULL, 0, GFP_KERNEL));
	a = krealloc(NULL, 10, GFP_KERNEL);
	EXPECT(a);
	EXPECT(!krealloc(a, (size_t)-1, GFP_KERNEL));
	EXPECT(!krealloc(a, 0, GFP_KERNEL));
	a = kmalloc(KMALLOC_MAX, GFP_KERNEL);
	EXPECT(a);
	EXPECT_EQ(ksize(a), KMALLOC_MAX);
	kfree(a);
	finish();
}
