// SPDX-License-Identifier: MIT
/*
 * kmalloc - memory of any size with a kernel address, contiguous also in
 * physical memory.
 *
 *	up to 8 KiB	a cache of the next size class
 *	up to 4 MiB	a block from buddy
 *	above		NULL: vmalloc() is for that
 *
 * Aligned to 8 bytes, and from a size of 16 on to 16.
 */
#pragma once

#include <stddef.h>

#include "mm/slab.h"

/* The size classes, in rising order. */
#define KMALLOC_CLASSES(X)						\
	X(8) X(16) X(32) X(64) X(96) X(128) X(192) X(256) X(512)	\
	X(1024) X(2048) X(4096) X(8192)

enum {
#define X(size) KMALLOC_##size,
	KMALLOC_CLASSES(X)
#undef X
	NR_KMALLOC_CLASSES
};

#define KMALLOC_MAX_CLASS	8192u
#define KMALLOC_MAX		(PAGE_SIZE << (MAX_ORDER - 1))

extern struct kmem_cache kmalloc_caches[NR_KMALLOC_CLASSES];

/* kmalloc_class(), for a size that the compiler knows. */
static __always_inline unsigned int kmalloc_class_of(size_t size)
{
#define X(limit)							\
	if (size <= limit)						\
		return KMALLOC_##limit;
	KMALLOC_CLASSES(X)
#undef X
	return NR_KMALLOC_CLASSES;
}

/* The two halves of kmalloc(): any size, and one whose class is known. */
void *kmalloc_sized(size_t size, gfp_t gfp);
void *kmalloc_from(struct kmem_cache *cache, size_t size, gfp_t gfp);

/**
 * kmalloc() - allocate @size bytes; a size of 0 gives memory of no use.
 * @gfp: any but __GFP_DMA and __GFP_HIGHMEM
 *
 * Context: any; where sleep is forbidden only without __GFP_WAIT.
 * Return:  NULL when memory is short or @size is above KMALLOC_MAX; else the
 *          caller's, until kfree().
 */
static __always_inline void *kmalloc(size_t size, gfp_t gfp)
{
	if (__builtin_constant_p(size) && size <= KMALLOC_MAX_CLASS)
		return kmalloc_from(&kmalloc_caches[kmalloc_class_of(size)],
				    size, gfp);
	return kmalloc_sized(size, gfp);
}

static __always_inline void *kzalloc(size_t size, gfp_t gfp)
{
	return kmalloc(size, gfp | __GFP_ZERO);
}

/** kfree() - give it back; NULL is nothing.  Context: any. */
void kfree(const void *object);

/** ksize() - how many bytes at @object are usable, at least what was asked. */
size_t ksize(const void *object);

/**
 * krealloc() - move to memory of another size, keeping the data.
 *
 * NULL allocates; a @size of 0 frees and returns NULL.  A smaller size keeps
 * the memory where it is.
 *
 * Return: the new address; NULL when memory is short: @object is untouched.
 */
void *krealloc(void *object, size_t size, gfp_t gfp);

/** kmalloc_init() - set up the classes; from slab_init(). */
void kmalloc_init(void);
