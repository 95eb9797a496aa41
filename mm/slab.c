// SPDX-License-Identifier: MIT
/*
 * slab - keeps caches of free objects of one size, so that taking one is a
 * few instructions and no page is used for less than it can hold.
 *
 *	           this CPU's                  the cache's
 *	  alloc <-- magazine  <-- refill --     slabs      <-- buddy
 *	  free  -->  |o|o|o| |  -- drain -->   [ooxx][oxox] -->
 *
 * A magazine is an array of free objects, used as a stack with interrupts off.
 * When it is empty (full), half a magazine moves from (to) the slabs under
 * the cache's lock.  So in the long run, too, an object costs a share of a
 * lock, and a burst that fits a magazine never sees one.
 *
 * A slab is a block of 2^order pages, cut into objects `stride` bytes apart.
 * Free ones are chained through themselves (with a constructor or in debug
 * builds: through a word behind their data).  What else there is to know of a
 * slab stands in the struct pages of its frames, so nothing of it lies beside
 * the data and a power of two wastes no byte:
 *
 *	each page	PG_SLAB, cache, slab_index (0 for the head)
 *	the head	link (one of three lists), freelist, inuse, objects
 *
 * True whenever cache->lock is taken or dropped (slab_check() walks it):
 *   S1  a slab is on `empty` if inuse is 0, on `full` if inuse == objects,
 *       else on `partial`
 *   S2  inuse counts the objects that are not in the freelist
 *   S3  an object is in one place: live, in a magazine, or in a freelist
 *
 * Debug builds lay an object out as
 *
 *	fence | data, as much as was asked for | fence | struct track | link
 *
 * and fill what is free with poison.  At alloc, free and slab_check() a fence
 * that changed is an overrun, a poison byte that changed a write after free.
 * The report names who allocated and who freed the object.
 *
 * Locking: cache->lock, interrupts off, because handlers allocate too; buddy
 * is called under it to give a slab back, and never to get one.
 * Not here: sizes that are no cache's (kmalloc.c).
 */
#include "mm/slab.h"

#include "lib/errno.h"
#include "lib/fmt.h"
#include "lib/panic.h"
#include "lib/string.h"
#include "lib/symbols.h"
#include "mm/kmalloc.h"
#include "mm/page.h"

#define MAX_ORDER_OF_SLAB 3		/* 32 KiB */
#define MIN_OBJECTS	16		/* a slab should have, or more */
#define EMPTY_KEPT	2		/* slabs, before buddy gets them */

static struct list caches = LIST_INIT(caches);
static struct spinlock caches_lock = SPINLOCK_INIT;

/* Empty and full at once: what a cache has before it has a magazine. */
static struct magazine no_magazine;

static void (*report)(const char *message);

void slab_set_report(void (*hook)(const char *message))
{
	report = hook;
}

static void tell(const char *message)
{
	if (!report)
		panic("%s", message);
	report(message);
}

static inline struct page *slab_of(const void *object)
{
	struct page *page = virt_to_page(object);

	return page - page->slab_index;
}

static inline void **link_of(const struct kmem_cache *cache, void *object)
{
	return (void **)((char *)object + cache->link);
}

static inline char *slab_object(const struct kmem_cache *cache,
				const struct page *slab, unsigned int n)
{
	return (char *)page_to_virt(slab) + cache->first + n * cache->stride;
}

/* -------------------------------------------- fences and poison, debug only */

#ifdef DEBUG

#define FENCE_SIZE	8u
#define FENCE_BYTE	0xfd
#define FREE_BYTE	0x6b		/* in an object that is free */
#define NEW_BYTE	0x5a		/* in one that was just handed out */
#define STATE_FREE	0xf4eeu
#define STATE_LIVE	0x11feu

struct track {
	uint32_t state;
	uint32_t size;			/* asked for */
	const void *allocated_by, *freed_by;
};

static uint32_t fence_end(const struct kmem_cache *cache)
{
	return ALIGN_UP(cache->size + FENCE_SIZE, (uint32_t)sizeof(void *));
}

static struct track *track_of(const struct kmem_cache *cache, void *object)
{
	return (struct track *)((char *)object + fence_end(cache));
}

static void layout(struct kmem_cache *cache, uint32_t align)
{
	cache->link = fence_end(cache) + sizeof(struct track);
	cache->first = ALIGN_UP(FENCE_SIZE, align);
	cache->stride = ALIGN_UP(cache->link + (uint32_t)sizeof(void *) +
				 FENCE_SIZE, align);
}

/* "kmalloc_test+0x12", or the number. */
static const char *name_of(const void *caller, char *buf, size_t size)
{
	char symbol[SYMBOL_NAME];
	uint32_t offset;

	if (symbol_find((uintptr_t)caller, &offset, symbol))
		snprintf(buf, size, "%s+%#x", symbol, (unsigned int)offset);
	else
		snprintf(buf, size, "%p", caller);
	return buf;
}

static void tell_object(struct kmem_cache *cache, void *object,
			const void *caller, const char *what)
{
	const struct track *track = track_of(cache, object);
	char allocated[64], freed[64], now[64];
	char message[384];

	name_of(track->allocated_by, allocated, sizeof(allocated));
	name_of(track->freed_by, freed, sizeof(freed));
	name_of(caller, now, sizeof(now));
	snprintf(message, sizeof(message),
		 "slab: %s: %s: object %p, allocated by %s, freed by %s, "
		 "seen by %s", cache->name, what, object,
		 track->allocated_by ? allocated : "nobody yet",
		 track->freed_by ? freed : "nobody yet", now);
	tell(message);
}

static bool all_bytes(const void *from, size_t size, uint8_t byte)
{
	const uint8_t *at = from;

	while (size && *at == byte) {
		at++;
		size--;
	}
	return size == 0;
}

static void fences_set(struct kmem_cache *cache, void *object, uint32_t size)
{
	memset((char *)object - FENCE_SIZE, FENCE_BYTE, FENCE_SIZE);
	memset((char *)object + size, FENCE_BYTE, fence_end(cache) - size);
}

static void fences_check(struct kmem_cache *cache, void *object,
			 const void *caller)
{
	uint32_t size = track_of(cache, object)->size;
	const char *what = NULL;

	if (size > cache->size)
		size = cache->size;
	if (!all_bytes((char *)object + size, fence_end(cache) - size,
		       FENCE_BYTE))
		what = "written behind its end";
	else if (!all_bytes((char *)object - FENCE_SIZE, FENCE_SIZE,
			    FENCE_BYTE))
		what = "written before its start";
	if (!what)
		return;
	tell_object(cache, object, caller, what);
	fences_set(cache, object, size);
}

static void poison_set(struct kmem_cache *cache, void *object)
{
	if (!cache->ctor)
		memset(object, FREE_BYTE, cache->size);
}

static void poison_check(struct kmem_cache *cache, void *object,
			 const void *caller)
{
	if (cache->ctor || all_bytes(object, cache->size, FREE_BYTE))
		return;
	tell_object(cache, object, caller, "written after it was freed");
	poison_set(cache, object);
}

static void debug_new(struct kmem_cache *cache, void *object)
{
	*track_of(cache, object) = (struct track){ .state = STATE_FREE,
						   .size = cache->size };
	fences_set(cache, object, cache->size);
	poison_set(cache, object);
}

/* @object leaves the free ones. */
static void debug_alloc(struct kmem_cache *cache, void *object, uint32_t size,
			const void *caller)
{
	struct track *track = track_of(cache, object);

	if (track->state != STATE_FREE)
		tell_object(cache, object, caller, "its track was overwritten");
	fences_check(cache, object, caller);
	poison_check(cache, object, caller);
	track->state = STATE_LIVE;
	track->size = size;
	track->allocated_by = caller;
	track->freed_by = NULL;
	if (!cache->ctor)
		memset(object, NEW_BYTE, size);
	fences_set(cache, object, size);
}

/* Is there an object of @cache at just this address? */
static bool is_object(struct kmem_cache *cache, const void *object)
{
	uintptr_t at = (uintptr_t)object;
	const struct page *page, *slab;
	uint32_t offset;

	if (at < PAGE_OFFSET || at - PAGE_OFFSET >= DIRECTMAP_MAX ||
	    (at - PAGE_OFFSET) >> PAGE_SHIFT >= max_low_pfn)
		return false;
	page = virt_to_page(object);
	if (!(page->flags & PG_SLAB) || page->cache != cache)
		return false;
	slab = slab_of(object);
	offset = (const char *)object - slab_object(cache, slab, 0);
	return offset % cache->stride == 0 &&
	       offset / cache->stride < slab->objects;
}

static void tell_no_object(struct kmem_cache *cache, const void *object,
			   const void *caller)
{
	char buf[64], message[192];

	snprintf(message, sizeof(message),
		 "slab: %s: bad free: %p is no object of this cache, "
		 "freed by %s",
		 cache->name, object, name_of(caller, buf, sizeof(buf)));
	tell(message);
}

/* Return: false when @object must not be freed. */
static bool debug_free(struct kmem_cache *cache, void *object,
		       const void *caller)
{
	struct track *track;

	if (!is_object(cache, object)) {
		tell_no_object(cache, object, caller);
		return false;
	}
	track = track_of(cache, object);
	if (track->state != STATE_LIVE) {
		tell_object(cache, object, caller,
			    track->state == STATE_FREE ?
			    "double free" : "its track was overwritten");
		return false;
	}
	fences_check(cache, object, caller);
	track->state = STATE_FREE;
	track->size = cache->size;
	track->freed_by = caller;
	fences_set(cache, object, cache->size);
	poison_set(cache, object);
	return true;
}

static void debug_check(struct kmem_cache *cache, const struct page *slab)
{
	const void *caller = __builtin_return_address(0);

	for (unsigned int i = 0; i < slab->objects; i++) {
		void *object = slab_object(cache, slab, i);

		fences_check(cache, object, caller);
		if (track_of(cache, object)->state == STATE_FREE)
			poison_check(cache, object, caller);
		else if (track_of(cache, object)->state != STATE_LIVE)
			tell_object(cache, object, caller,
				    "its track was overwritten");
	}
}

static void tell_leaks_of(struct kmem_cache *cache, struct list *slabs)
{
	const struct page *slab;

	list_for_each_entry(slab, slabs, link)
		for (unsigned int i = 0; i < slab->objects; i++) {
			void *object = slab_object(cache, slab, i);

			if (track_of(cache, object)->state == STATE_LIVE)
				tell_object(cache, object,
					    __builtin_return_address(0),
					    "leaked");
		}
}

/* Without the lock: the cache is at its end, and reports may take long. */
static void tell_leaks(struct kmem_cache *cache)
{
	tell_leaks_of(cache, &cache->full);
	tell_leaks_of(cache, &cache->partial);
}

size_t slab_usable_size(struct kmem_cache *cache, const void *object)
{
	return track_of(cache, (void *)object)->size;
}

void slab_free(struct kmem_cache *cache, void *object, const void *caller)
{
	if (debug_free(cache, object, caller))
		slab_push(cache, object);
}

void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp)
{
	return slab_alloc(cache, cache->size, gfp, __builtin_return_address(0));
}

void kmem_cache_free(struct kmem_cache *cache, void *object)
{
	slab_free(cache, object, __builtin_return_address(0));
}

#else

static void layout(struct kmem_cache *cache, uint32_t align)
{
	cache->link = cache->ctor ? ALIGN_UP(cache->size,
					     (uint32_t)sizeof(void *)) : 0;
	cache->first = 0;
	cache->stride = ALIGN_UP(max(cache->size, cache->link +
				     (uint32_t)sizeof(void *)), align);
}

static inline void debug_new(struct kmem_cache *cache, void *object)
{
	(void)cache;
	(void)object;
}

static inline void debug_alloc(struct kmem_cache *cache, void *object,
			       uint32_t size, const void *caller)
{
	(void)cache;
	(void)object;
	(void)size;
	(void)caller;
}

static inline void debug_check(struct kmem_cache *cache,
			       const struct page *slab)
{
	(void)cache;
	(void)slab;
}

static void tell_leaks(struct kmem_cache *cache)
{
	char message[128];

	snprintf(message, sizeof(message), "slab: %s: %u objects leaked",
		 cache->name, (unsigned int)cache->nr_taken);
	tell(message);
}

size_t slab_usable_size(struct kmem_cache *cache, const void *object)
{
	(void)object;
	return cache->size;
}

#endif

void *slab_alloc_checked(struct kmem_cache *cache, size_t size, gfp_t gfp,
			 const void *caller)
{
	void *object;

	assert(size <= cache->size);
	assert(!(gfp & (__GFP_DMA | __GFP_HIGHMEM)));
	assert(!(gfp & __GFP_WAIT) || !in_atomic());
	assert(!(gfp & __GFP_ZERO) || !cache->ctor);
	if (alloc_fail_now(gfp))
		return NULL;
	object = slab_pop(cache, gfp);
	if (!object)
		return NULL;
	debug_alloc(cache, object, size, caller);
	if (gfp & __GFP_ZERO)
		memset(object, 0, size);
	return object;
}

/* -------------------------------------------------------------------- slabs */

static unsigned int objects_in(const struct kmem_cache *cache,
			       unsigned int order)
{
	return ((PAGE_SIZE << order) - cache->first) / cache->stride;
}

/* A large block if it is there for the taking, a small one if need be. */
static struct page *slab_get_pages(const struct kmem_cache *cache, gfp_t gfp)
{
	struct page *slab;

	gfp = (gfp & (__GFP_WAIT | __GFP_RESERVE)) | __GFP_NOFAIL_INJECT;
	if (cache->order == cache->min_order)
		return alloc_pages(gfp, cache->order);
	slab = alloc_pages(gfp & ~(__GFP_WAIT | __GFP_RESERVE), cache->order);
	return slab ? slab : alloc_pages(gfp, cache->min_order);
}

/* Make the objects of @slab, and chain them in rising order. */
static void slab_cut(struct kmem_cache *cache, struct page *slab)
{
	const uint32_t stride = cache->stride, link = cache->link;
	char *first = slab_object(cache, slab, 0);
	char *object = first + slab->objects * stride;
	char *next = NULL;

	do {
		object -= stride;
		if (cache->ctor)
			cache->ctor(object);
		debug_new(cache, object);
		*(void **)(object + link) = next;
		next = object;
	} while (object != first);
	slab->freelist = first;
}

/* A new slab, which is nobody's yet and on no list. */
static struct page *slab_create(struct kmem_cache *cache, gfp_t gfp)
{
	struct page *slab = slab_get_pages(cache, gfp);

	if (!slab)
		return NULL;
	for (unsigned int i = 0; i < 1u << slab->order; i++) {
		slab[i].flags = PG_SLAB;
		slab[i].cache = cache;
		slab[i].slab_index = i;
	}
	slab->inuse = 0;
	slab->objects = objects_in(cache, slab->order);
	slab_cut(cache, slab);
	return slab;
}

static void slab_add(struct kmem_cache *cache, struct page *slab)
{
	list_add(&cache->empty, &slab->link);
	cache->nr_empty++;
	cache->nr_slabs++;
	cache->nr_pages += 1u << slab->order;
	cache->nr_objects += slab->objects;
}

/* @slab is empty. */
static void slab_destroy(struct kmem_cache *cache, struct page *slab)
{
	list_remove(&slab->link);
	cache->nr_empty--;
	cache->nr_slabs--;
	cache->nr_pages -= 1u << slab->order;
	cache->nr_objects -= slab->objects;
	for (unsigned int i = 0; i < 1u << slab->order; i++) {
		slab[i].flags = 0;
		slab[i].cache = NULL;
		slab[i].slab_index = 0;
	}
	slab->freelist = NULL;
	slab->index = 0;
	free_pages(slab, slab->order);
}

static size_t __small destroy_empty(struct kmem_cache *cache, size_t keep)
{
	size_t before = cache->nr_pages;

	while (cache->nr_empty > keep)
		slab_destroy(cache, list_last_entry(&cache->empty, struct page,
						    link));
	return before - cache->nr_pages;
}

/* Up to @nr free objects from a slab that has some.  Return: how many. */
static unsigned int slab_take(struct kmem_cache *cache, struct page *slab,
			      void **objects, unsigned int nr)
{
	const uint32_t link = cache->link;
	char *object = slab->freelist;
	unsigned int taken = 0;

	while (taken < nr && object) {
		objects[taken++] = object;
		object = *(void **)(object + link);
	}
	slab->freelist = object;
	if (slab->inuse == 0)
		cache->nr_empty--;
	if (slab->inuse == 0 || !object) {		/* S1 */
		list_remove(&slab->link);
		list_add(object ? &cache->partial : &cache->full, &slab->link);
	}
	slab->inuse += taken;
	return taken;
}

/* Free objects from the slabs there are.  Return: how many, at most @nr. */
static unsigned int take_objects(struct kmem_cache *cache, void **objects,
				 unsigned int nr)
{
	unsigned int taken = 0;

	while (taken < nr) {
		struct list *from = list_is_empty(&cache->partial) ?
				    &cache->empty : &cache->partial;

		if (list_is_empty(from))
			break;
		taken += slab_take(cache,
				   list_first_entry(from, struct page, link),
				   objects + taken, nr - taken);
	}
	cache->nr_taken += taken;
	return taken;
}

/* @nr objects of @slab have gone into its freelist. */
static void slab_gave(struct kmem_cache *cache, struct page *slab,
		      unsigned int nr)
{
	bool was_full = slab->inuse == slab->objects;

	slab->inuse -= nr;
	if (likely(slab->inuse > 0 && !was_full))
		return;
	list_remove(&slab->link);			/* S1 */
	if (slab->inuse == 0) {
		list_add(&cache->empty, &slab->link);
		cache->nr_empty++;
	} else {
		list_add(&cache->partial, &slab->link);
	}
}

/* Neighbours in the array are often of one slab: look at each slab once. */
static void give_objects(struct kmem_cache *cache, void **objects,
			 unsigned int nr)
{
	void **const end = objects + nr;
	const uint32_t link = cache->link;

	cache->nr_taken -= nr;
	while (objects < end) {
		void **const first = objects;
		struct page *slab = slab_of(*first);
		const char *start = page_to_virt(slab);
		const size_t size = PAGE_SIZE << slab->order;
		char *next = slab->freelist;

		do {
			char *object = *objects++;

			*(void **)(object + link) = next;
			next = object;
		} while (objects < end &&
			 (size_t)((const char *)*objects - start) < size);
		slab->freelist = next;
		slab_gave(cache, slab, objects - first);
	}
}

/* ---------------------------------------------------------------- magazines */

/* One object for the caller, and the magazine half full. */
static void *refill(struct kmem_cache *cache)
{
	struct magazine *magazine = cache->magazine[cpu_id()];
	unsigned int half = magazine->capacity / 2;
	void *object = NULL;

	if (magazine->nr < half)
		magazine->nr += take_objects(cache,
					     magazine->objects + magazine->nr,
					     half - magazine->nr);
	if (magazine->nr)
		object = magazine->objects[--magazine->nr];
	else
		take_objects(cache, &object, 1);
	return object;
}

void *slab_refill(struct kmem_cache *cache, gfp_t gfp)
{
	for (;;) {
		uint32_t flags = spin_lock_irqsave(&cache->lock);
		void *object = refill(cache);
		struct page *slab;

		spin_unlock_irqrestore(&cache->lock, flags);
		if (object)
			return object;
		slab = slab_create(cache, gfp);
		if (!slab)
			return NULL;
		flags = spin_lock_irqsave(&cache->lock);
		slab_add(cache, slab);
		spin_unlock_irqrestore(&cache->lock, flags);
	}
}

/* The lower half of a magazine, the coldest, goes back to the slabs. */
static void drain(struct kmem_cache *cache, struct magazine *magazine,
		  unsigned int nr)
{
	give_objects(cache, magazine->objects, nr);
	magazine->nr -= nr;
	memmove(magazine->objects, magazine->objects + nr,
		magazine->nr * sizeof(void *));
}

void slab_drain(struct kmem_cache *cache, void *object)
{
	uint32_t flags = spin_lock_irqsave(&cache->lock);
	struct magazine *magazine = cache->magazine[cpu_id()];

	if (magazine->nr == magazine->capacity)
		drain(cache, magazine, magazine->capacity / 2);
	if (magazine->nr < magazine->capacity)
		magazine->objects[magazine->nr++] = object;
	else
		give_objects(cache, &object, 1);
	destroy_empty(cache, EMPTY_KEPT);
	spin_unlock_irqrestore(&cache->lock, flags);
}

static size_t in_magazines(const struct kmem_cache *cache)
{
	size_t nr = 0;

	for (unsigned int cpu = 0; cpu < NR_CPUS; cpu++)
		nr += cache->magazine[cpu]->nr;
	return nr;
}

static size_t __small reap(struct kmem_cache *cache)
{
	uint32_t flags = spin_lock_irqsave(&cache->lock);
	struct magazine *magazine = cache->magazine[cpu_id()];
	size_t nr;

	drain(cache, magazine, magazine->nr);
	nr = destroy_empty(cache, 0);
	spin_unlock_irqrestore(&cache->lock, flags);
	return nr;
}

size_t __small slab_reap(void)
{
	uint32_t flags = spin_lock_irqsave(&caches_lock);
	struct kmem_cache *cache;
	size_t nr = 0;

	list_for_each_entry(cache, &caches, caches)
		nr += reap(cache);
	spin_unlock_irqrestore(&caches_lock, flags);
	return nr;
}

/* ------------------------------------------------------------------- caches */

static unsigned int magazine_capacity(const struct kmem_cache *cache)
{
	if (cache->size <= 256)
		return 64;
	return cache->size <= 1024 ? 32 : 16;
}

void __small slab_cache_setup(struct kmem_cache *cache, const char *name,
			      size_t size, size_t align,
			      void (*ctor)(void *object))
{
	assert(size > 0 && size <= SLAB_MAX_SIZE);
	assert(align == 0 || (IS_POWER_OF_2(align) && align <= PAGE_SIZE));
	for (unsigned int cpu = 0; cpu < NR_CPUS; cpu++)
		cache->magazine[cpu] = &no_magazine;
	cache->name = name;
	cache->size = size;
	cache->ctor = ctor;
	layout(cache, max((uint32_t)align, SLAB_MIN_ALIGN));
	cache->min_order = 0;
	while (objects_in(cache, cache->min_order) == 0)
		cache->min_order++;
	cache->order = cache->min_order;
	while (cache->order < MAX_ORDER_OF_SLAB &&
	       objects_in(cache, cache->order) < MIN_OBJECTS)
		cache->order++;
	spin_init(&cache->lock);
	list_init(&cache->partial);
	list_init(&cache->full);
	list_init(&cache->empty);
	cache->nr_slabs = cache->nr_empty = 0;
	cache->nr_pages = cache->nr_objects = cache->nr_taken = 0;
}

bool __small slab_cache_open(struct kmem_cache *cache)
{
	unsigned int capacity = magazine_capacity(cache);
	struct magazine *magazine = kmalloc(sizeof(*magazine) +
					    capacity * sizeof(void *),
					    GFP_KERNEL);
	uint32_t flags;

	if (!magazine)
		return false;
	magazine->nr = 0;
	magazine->capacity = capacity;
	cache->magazine[cpu_id()] = magazine;
	flags = spin_lock_irqsave(&caches_lock);
	list_add_tail(&caches, &cache->caches);
	spin_unlock_irqrestore(&caches_lock, flags);
	return true;
}

struct kmem_cache *kmem_cache_create(const char *name, size_t size,
				     size_t align, void (*ctor)(void *object))
{
	struct kmem_cache *cache = kmalloc(sizeof(*cache), GFP_KERNEL);

	if (!cache)
		return NULL;
	slab_cache_setup(cache, name, size, align, ctor);
	if (!slab_cache_open(cache)) {
		kfree(cache);
		return NULL;
	}
	return cache;
}

int __small kmem_cache_destroy(struct kmem_cache *cache)
{
	uint32_t flags;

	reap(cache);
	if (cache->nr_taken) {
		tell_leaks(cache);
		return -EBUSY;
	}
	flags = spin_lock_irqsave(&caches_lock);
	list_remove(&cache->caches);
	spin_unlock_irqrestore(&caches_lock, flags);
	for (unsigned int cpu = 0; cpu < NR_CPUS; cpu++)
		if (cache->magazine[cpu] != &no_magazine)
			kfree(cache->magazine[cpu]);
	kfree(cache);
	return 0;
}

void slab_init(void)
{
	kmalloc_init();
}

/* ------------------------------------------------------- counting, checking */

static void fill_stats(struct kmem_cache *cache, struct slab_stats *stats)
{
	uint32_t flags = spin_lock_irqsave(&cache->lock);

	memset(stats, 0, sizeof(*stats));
	stats->name = cache->name;
	stats->size = cache->size;
	stats->stride = cache->stride;
	stats->nr_live = cache->nr_taken - in_magazines(cache);
	stats->nr_objects = cache->nr_objects;
	stats->nr_slabs = cache->nr_slabs;
	stats->nr_pages = cache->nr_pages;
	stats->objects_per_slab = objects_in(cache, cache->order);
	stats->pages_per_slab = 1u << cache->order;
	spin_unlock_irqrestore(&cache->lock, flags);
}

bool __small slab_get_stats(unsigned int n, struct slab_stats *stats)
{
	uint32_t flags = spin_lock_irqsave(&caches_lock);
	struct kmem_cache *cache;
	bool found = false;

	list_for_each_entry(cache, &caches, caches)
		if (n-- == 0) {
			fill_stats(cache, stats);
			found = true;
			break;
		}
	spin_unlock_irqrestore(&caches_lock, flags);
	return found;
}

static void check_slab(struct kmem_cache *cache, struct page *slab)
{
	unsigned int nr_free = 0;

	assert(slab->flags == PG_SLAB && slab->cache == cache);
	assert(slab->slab_index == 0);
	for (void *object = slab->freelist; object;
	     object = *link_of(cache, object)) {
		assert(slab_of(object) == slab);
		nr_free++;
		assert(nr_free <= slab->objects);
	}
	assert(nr_free + slab->inuse == slab->objects);		/* S2 */
	debug_check(cache, slab);
}

static void check_cache(struct kmem_cache *cache)
{
	size_t nr_slabs = 0, nr_empty = 0, nr_taken = 0;
	struct page *slab;

	list_for_each_entry(slab, &cache->empty, link) {	/* S1 */
		assert(slab->inuse == 0);
		check_slab(cache, slab);
		nr_empty++;
	}
	list_for_each_entry(slab, &cache->partial, link) {
		assert(slab->inuse > 0 && slab->inuse < slab->objects);
		check_slab(cache, slab);
		nr_slabs++;
		nr_taken += slab->inuse;
	}
	list_for_each_entry(slab, &cache->full, link) {
		assert(slab->inuse == slab->objects);
		check_slab(cache, slab);
		nr_slabs++;
		nr_taken += slab->inuse;
	}
	assert(nr_empty == cache->nr_empty);
	assert(nr_slabs + nr_empty == cache->nr_slabs);
	assert(nr_taken == cache->nr_taken);
	assert(in_magazines(cache) <= nr_taken);
}

void slab_check(void)
{
	uint32_t flags = spin_lock_irqsave(&caches_lock);
	struct kmem_cache *cache;

	list_for_each_entry(cache, &caches, caches) {
		spin_lock(&cache->lock);
		check_cache(cache);
		spin_unlock(&cache->lock);
	}
	spin_unlock_irqrestore(&caches_lock, flags);
}
