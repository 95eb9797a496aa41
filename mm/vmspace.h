// SPDX-License-Identifier: MIT
/*
 * vmspace - who has which addresses of [VMALLOC_START, VMALLOC_END).  It knows
 * no frames: vmalloc.c maps them.
 *
 * Locking: the caller's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/rbtree.h"
#include "mm/layout.h"

#define VMSPACE_PAGES	((VMALLOC_END - VMALLOC_START) / PAGE_SIZE)

enum vmspace_kind {
	VMSPACE_RAM, VMSPACE_MAP, VMSPACE_IO,	/* live; as enum vmalloc_kind */
	VMSPACE_LAZY,			/* unmapped, perhaps still in a TLB */
	VMSPACE_FREE,
};

/* A live area keeps its first page, the guard, unmapped. */
struct vmspace_area {
	vaddr_t start, end;		/* with the guard page */
	enum vmspace_kind kind;
	union {
		struct {		/* free */
			struct rb_node node;
			size_t largest;	/* bytes; range of this subtree */
		};
		const void *caller;	/* live: who asked for it */
		struct vmspace_area *next; /* lazy, or returned to be freed */
	};
};

/** vmspace_init() - all of the space is free; @all becomes its description. */
void vmspace_init(struct vmspace_area *all);

/**
 * vmspace_take() - take the lowest addresses of @size bytes, guard included.
 * @size:  a multiple of PAGE_SIZE, at least two pages
 * @spare: a structure to describe the area with
 *
 * Return: the area, whose kind the caller sets: @spare, or another one that
 *         was at hand, and then @spare is not used; NULL when there is no
 *         range so large.
 */
struct vmspace_area *vmspace_take(size_t size, struct vmspace_area *spare);

/**
 * vmspace_give() - the area's addresses, but for its guard unused, are free.
 * Return: structures that are no longer needed, linked by next.
 */
struct vmspace_area *vmspace_give(struct vmspace_area *area);

/** vmspace_find() - the live area whose first mapped page is @va, or NULL. */
struct vmspace_area *vmspace_find(vaddr_t va);

/** vmspace_next() - the first area or free range that begins at @va or above. */
struct vmspace_area *vmspace_next(vaddr_t va);

/** vmspace_largest() - bytes of the largest free range. */
size_t vmspace_largest(void);

/** vmspace_check() - assert V1 to V4 of vmspace.c. */
void vmspace_check(void);
