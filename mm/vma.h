// SPDX-License-Identifier: MIT
/*
 * vma - the areas of one address space, in a tree ordered by address.
 *
 * Pure bookkeeping: nothing here allocates, sleeps or knows page tables.
 * Locking: the caller's (mm->lock).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/assert.h"
#include "lib/rbtree.h"
#include "mm/layout.h"

struct vm_file;

/*
 * The first three are PROT_READ, PROT_WRITE and PROT_EXEC; all have the bits
 * that Linux has for them, since smaps shows them in that order.
 */
#define VM_READ		0x0001u
#define VM_WRITE	0x0002u
#define VM_EXEC		0x0004u
#define VM_ACCESS	(VM_READ | VM_WRITE | VM_EXEC)
#define VM_SHARED	0x0008u		/* writes go to the mapping */
#define VM_GROWSDOWN	0x0100u		/* a stack: grows when touched below */
#define VM_PFNMAP	0x0400u		/* frames without a struct page's count */
#define VM_LOCKED	0x2000u		/* its pages are there and stay */
#define VM_IO		0x4000u		/* memory of a device */
#define VM_DONTCOPY	0x20000u	/* fork() leaves it out */
#define VM_DONTEXPAND	0x40000u	/* mremap() does not make it larger */
#define VM_LOCKONFAULT	0x80000u	/* locked, but not at once */
#define VM_ACCOUNT	0x100000u	/* promised: was private and writable */
#define VM_NORESERVE	0x200000u	/* never to be promised */
#define VM_WIPEONFORK	0x02000000u	/* a child finds it empty */
#define VM_NOJOIN	0x08000000u	/* its file counts its areas */
#define VM_NOWRITE	0x10000000u	/* never to be written to */
#define VM_LOCK_FLAGS	(VM_LOCKED | VM_LOCKONFAULT)
/* Areas that never become one. */
#define VM_SPECIAL	(VM_PFNMAP | VM_IO | VM_DONTEXPAND | VM_NOJOIN)
/* Advice: kept, so that areas split and join as they do on Linux. */
#define VM_SEQ_READ	0x8000u
#define VM_RAND_READ	0x10000u
#define VM_DONTDUMP	0x04000000u
#define VM_HUGEPAGE	0x20000000u
#define VM_NOHUGEPAGE	0x40000000u
#define VM_MERGEABLE	0x80000000u

#define VMA_FORKED	1u		/* bit of vma->anon */

/* All fields are guarded by the mm->lock of the tree's owner. */
struct vma {
	vaddr_t	 start, end;		/* bytes, [start, end), page-aligned */
	uint32_t flags;			/* VM_* */
	uint32_t pgoff;			/* page of the mapping seen at start; */
					/* private anonymous: see vma.c */
	uint32_t anon;			/* history of its private pages, */
					/* areas.c: 0: none; VMA_FORKED */
	struct vm_file *file;		/* what it shows; NULL: private anon. */
	struct vma *prev, *next;	/* neighbours, by address */
	struct rb_node node;
	uint32_t max_gap;		/* no gap before a vma of the subtree */
};					/* that starts here is larger */

/* Guarded by its owner's lock, too. */
struct vma_tree {
	struct rb_root root;
	struct vma *first, *last;
	struct vma *cache;		/* last found, or NULL */
	unsigned int nr;
};

/** vma_tree_init() - no areas. */
void vma_tree_init(struct vma_tree *tree);

/* vma_find() without the cache, which it renews. */
struct vma *vma_find_slow(struct vma_tree *tree, vaddr_t addr);

/** vma_find() - the first vma that ends above @addr, or NULL. */
static inline struct vma *vma_find(struct vma_tree *tree, vaddr_t addr)
{
	struct vma *vma = tree->cache;

	if (likely(vma && vma->start <= addr && addr < vma->end))
		return vma;
	return vma_find_slow(tree, addr);
}

/* The same in one place, for files built for size. */
struct vma *vma_find_called(struct vma_tree *tree, vaddr_t addr);
#ifdef CALL_INLINES
#define vma_find(tree, addr)		vma_find_called(tree, addr)
#endif

/** vma_find_intersection() - the first vma with a byte in [start, end). */
static inline struct vma *vma_find_intersection(struct vma_tree *tree,
						vaddr_t start, vaddr_t end)
{
	struct vma *vma = vma_find(tree, start);

	return vma && vma->start < end ? vma : NULL;
}

/** vma_index() - the page of its file that @vma shows at @addr. */
static inline uint32_t vma_index(const struct vma *vma, vaddr_t addr)
{
	return vma->pgoff + ((addr - vma->start) >> PAGE_SHIFT);
}

/** vma_low_end() - where @vma starts, with the guard gap below a stack. */
static inline vaddr_t vma_low_end(const struct vma *vma)
{
	if (!(vma->flags & VM_GROWSDOWN))
		return vma->start;
	return vma->start > STACK_GUARD_GAP ? vma->start - STACK_GUARD_GAP : 0;
}

/**
 * vma_find_gap_below(), vma_find_gap_above() - the highest (lowest) hole of
 * @size bytes inside [low, high), clear of guard gaps.
 * @next: set to the vma above the hole, NULL when it is the last
 *
 * Return: the highest (lowest) address for it; 0 when there is none.
 */
vaddr_t vma_find_gap_below(struct vma_tree *tree, uint32_t size, vaddr_t low,
			   vaddr_t high, struct vma **next);
vaddr_t vma_find_gap_above(struct vma_tree *tree, uint32_t size, vaddr_t low,
			   vaddr_t high, struct vma **next);

/** vma_insert() - add @vma just below @next (NULL: at the end). */
void vma_insert(struct vma_tree *tree, struct vma *vma, struct vma *next);

/** vma_remove() - take @vma out; its memory and file are the caller's. */
void vma_remove(struct vma_tree *tree, struct vma *vma);

/* The gap below @vma has become larger: say so to the bounds above it. */
void vma_gap_has_grown(struct vma *vma);

/**
 * vma_resize() - let @vma be [start, end), which meets no neighbour.  What
 * its pages show stays where it is: pgoff moves along with start.
 */
static inline void vma_resize(struct vma *vma, vaddr_t start, vaddr_t end)
{
	vaddr_t old_start = vma->start, old_end = vma->end;

	assert(start < end && start >= (vma->prev ? vma->prev->end : 0));
	assert(!vma->next || end <= vma->next->start);
	vma->pgoff += (start >> PAGE_SHIFT) - (old_start >> PAGE_SHIFT);
	vma->start = start;
	vma->end = end;
	if (start > old_start)
		vma_gap_has_grown(vma);
	if (end < old_end && vma->next)
		vma_gap_has_grown(vma->next);
}

/**
 * vma_split() - cut @vma at @addr inside it: it keeps the lower part, @upper
 * becomes the rest.  The caller takes the file's second reference.
 */
void vma_split(struct vma_tree *tree, struct vma *vma, vaddr_t addr,
	       struct vma *upper);

/* May the history @anon of a range become part of that of @vma? */
static inline bool vma_anon_fits(const struct vma *vma, uint32_t anon)
{
	return anon == vma->anon || (!anon && !(vma->anon & VMA_FORKED));
}

/* May all between @prev and @next become one? */
static inline bool vma_anons_agree(const struct vma *prev,
				   const struct vma *next)
{
	return !prev->anon || !next->anon || prev->anon == next->anon;
}

/**
 * vma_can_follow() - could [start, ...) with these properties be part of
 * @left, which ends there?
 * vma_can_precede() - could [..., end), after which comes @pgoff, be part of
 * @right, which starts there?
 */
static inline bool vma_can_follow(const struct vma *left, vaddr_t start,
				  uint32_t flags, const struct vm_file *file,
				  uint32_t pgoff, uint32_t anon)
{
	return left->flags == flags && left->end == start &&
	       left->file == file && vma_index(left, start) == pgoff &&
	       !(flags & VM_SPECIAL) && vma_anon_fits(left, anon);
}

static inline bool vma_can_precede(const struct vma *right, vaddr_t end,
				   uint32_t flags, const struct vm_file *file,
				   uint32_t pgoff, uint32_t anon)
{
	return right->start == end && right->flags == flags &&
	       right->file == file && right->pgoff == pgoff &&
	       !(flags & VM_SPECIAL) && vma_anon_fits(right, anon);
}

/**
 * vma_swallow_next() - take the area that touches @vma from above into it.
 * Return: what to free.
 */
struct vma *vma_swallow_next(struct vma_tree *tree, struct vma *vma);

/** vma_check() - assert V1 to V4 of vma.c. */
void vma_check(struct vma_tree *tree);
