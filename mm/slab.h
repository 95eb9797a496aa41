// SPDX-License-Identifier: MIT
/*
 * slab - caches of objects of one size, on top of buddy.
 *
 *	struct kmem_cache *vma_cache =
 *		kmem_cache_create("vma", sizeof(struct vma), 0, NULL);
 *	struct vma *vma = kmem_cache_alloc(vma_cache, GFP_KERNEL);
 *	...
 *	kmem_cache_free(vma_cache, vma);
 *
 * The usual case is inlined: an object is popped from or pushed to this CPU's
 * magazine, an array of free objects.  Debug builds fence, poison and check
 * each object at both ends of its life and remember who did what.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/list.h"
#include "mm/buddy.h"
#include "mm/gfp.h"
#include "x86/cpu.h"
#include "x86/percpu.h"
#include "x86/spinlock.h"

#define SLAB_MAX_SIZE	8192u		/* bytes of an object */
#define SLAB_MIN_ALIGN	8u

/* Guarded by interrupts off on its CPU.  Empty: nr 0; full: nr capacity. */
struct magazine {
	unsigned int nr;
	unsigned int capacity;
	void *objects[];
};

/* Guarded by:  (c) cache->lock   (i) creation   (l) slab.c's list lock */
struct kmem_cache {
	struct magazine	*magazine[NR_CPUS];	/* (i) */
	const char	*name;			/* (i) */
	uint32_t	 size;			/* (i) of an object, as asked */
	uint32_t	 stride;		/* (i) from one to the next */
	uint32_t	 first;			/* (i) of a slab, its offset */
	uint32_t	 link;			/* (i) of the free link, too */
	uint8_t		 order, min_order;	/* (i) of a slab; when short */
	void		(*ctor)(void *object);	/* (i) */
	struct spinlock	 lock;
	struct list	 partial, full, empty;	/* (c) slabs, by page->link */
	size_t		 nr_slabs, nr_empty;	/* (c) */
	size_t		 nr_pages, nr_objects;	/* (c) in all slabs */
	size_t		 nr_taken;		/* (c) live, or in a magazine */
	struct list	 caches;		/* (l) */
};

/**
 * kmem_cache_create() - make a cache.
 * @name:  stays the caller's; for reports and /proc/slabinfo
 * @size:  bytes of an object, 1 to SLAB_MAX_SIZE
 * @align: a power of two up to PAGE_SIZE; 0 for SLAB_MIN_ALIGN
 * @ctor:  puts a fresh object into the state in which callers get it, and give
 *         it back; NULL for none
 *
 * Context: may sleep.
 * Return:  NULL when memory is short.
 */
struct kmem_cache *kmem_cache_create(const char *name, size_t size,
				     size_t align, void (*ctor)(void *object));

/**
 * kmem_cache_destroy() - take a cache down.
 *
 * Return: 0; -EBUSY when objects are still out: the report names them and
 *         who allocated them, and the cache lives on.
 */
int kmem_cache_destroy(struct kmem_cache *cache);

/** slab_init() - open the list of caches, with kmalloc's in it. */
void slab_init(void);

/**
 * slab_reap() - give every page without a live object back to buddy.
 * Context: any.  Return: the number of pages.
 */
size_t slab_reap(void);

/** slab_check() - walk all slabs; debug builds look at each object. */
void slab_check(void);

/**
 * slab_set_report() - who hears of a broken object; NULL: panic(), as at boot.
 *
 * When the hook returns, a bad free is ignored and broken fences are mended.
 */
void slab_set_report(void (*report)(const char *message));

struct slab_stats {
	const char *name;
	size_t size, stride;		/* bytes */
	size_t nr_live;			/* objects that somebody has */
	size_t nr_objects;		/* objects that there is room for */
	size_t nr_slabs, nr_pages;
	unsigned int objects_per_slab, pages_per_slab;
};

/** slab_get_stats() - of the @n-th cache.  Return: false: no such cache. */
bool slab_get_stats(unsigned int n, struct slab_stats *stats);

/*
 * For kmalloc, whose caches are static: make one, give it its magazine (false:
 * no memory), and the number of bytes at an object that its owner may use.
 */
void slab_cache_setup(struct kmem_cache *cache, const char *name, size_t size,
		      size_t align, void (*ctor)(void *object));
bool slab_cache_open(struct kmem_cache *cache);
size_t slab_usable_size(struct kmem_cache *cache, const void *object);

/* The slow halves: the magazine is empty, or full. */
void *slab_refill(struct kmem_cache *cache, gfp_t gfp);
void slab_drain(struct kmem_cache *cache, void *object);

/* The fast halves, without what debug builds and GFP_ZERO do around them. */
static inline void *slab_pop(struct kmem_cache *cache, gfp_t gfp)
{
	struct magazine *magazine = cache->magazine[cpu_id()];
	uint32_t flags = irq_save();
	void *object;

	if (unlikely(magazine->nr == 0)) {
		irq_restore(flags);
		return slab_refill(cache, gfp);
	}
	object = magazine->objects[--magazine->nr];
	irq_restore(flags);
	return object;
}

static inline void slab_push(struct kmem_cache *cache, void *object)
{
	struct magazine *magazine = cache->magazine[cpu_id()];
	uint32_t flags = irq_save();

	if (unlikely(magazine->nr == magazine->capacity)) {
		irq_restore(flags);
		slab_drain(cache, object);
		return;
	}
	magazine->objects[magazine->nr++] = object;
	irq_restore(flags);
}

/*
 * kmem_cache_alloc() - an object, as its constructor left it, or zeroed by
 * GFP_ZERO (not both), or with old data.
 * @gfp: neither __GFP_DMA nor __GFP_HIGHMEM
 * Context: any; where sleep is forbidden only without __GFP_WAIT.
 * Return:  NULL when memory is short.
 *
 * kmem_cache_free() - give it back.  Context: any.
 *
 * slab_alloc(), slab_free() - the same, for who asks for only the first @size
 * bytes of an object and has a @caller to blame: debug builds put the fence
 * right behind them.  slab_alloc_checked() is the former out of line, with all
 * that is not the usual case.
 */
void *slab_alloc_checked(struct kmem_cache *cache, size_t size, gfp_t gfp,
			 const void *caller);

#ifdef DEBUG

#define slab_alloc slab_alloc_checked
void slab_free(struct kmem_cache *cache, void *object, const void *caller);

void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp);
void kmem_cache_free(struct kmem_cache *cache, void *object);

#else

static inline void *slab_alloc(struct kmem_cache *cache, size_t size, gfp_t gfp,
			       const void *caller)
{
	if (unlikely((gfp & __GFP_ZERO) || alloc_fail_armed))
		return slab_alloc_checked(cache, size, gfp, caller);
	return slab_pop(cache, gfp);
}

static inline void slab_free(struct kmem_cache *cache, void *object,
			     const void *caller)
{
	(void)caller;
	slab_push(cache, object);
}

static inline void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp)
{
	return slab_alloc(cache, cache->size, gfp, NULL);
}

static inline void kmem_cache_free(struct kmem_cache *cache, void *object)
{
	slab_push(cache, object);
}

#endif
