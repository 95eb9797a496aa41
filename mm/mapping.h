// SPDX-License-Identifier: MIT
/*
 * mapping - a store of pages that address spaces can look at: a file, a boot
 * module, shared anonymous memory.  Memory management knows no more of a
 * file than this.
 *
 * The rules between a mapping and those who map it:
 *   G1  a mapping keeps a reference of its own on each page it has, so such a
 *       page has refs >= 2 wherever it is mapped, and a private writer copies
 *   G2  the page at an index stays the same page until release(), or until
 *	 punch() finds that nobody else has it
 *   G3  every vma that shows it holds a reference on the mapping
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "x86/atomic.h"

struct page;
struct mapping;

struct mapping_ops {
	/**
	 * get_page() - the page at @index, in pages from the start.
	 * @write: the caller is about to let somebody write to it
	 *
	 * The page comes with a reference that the caller gives back.
	 *
	 * Context: may sleep; the mm->lock of a caller may be held.
	 * Return:  0; -ENOMEM; any other error (-ENXIO: beyond the end) means
	 *	    that there is no such page, which the user sees as SIGBUS.
	 */
	int (*get_page)(struct mapping *mapping, uint32_t index, bool write,
			struct page **page);

	/**
	 * is_resident() - is the page at @index in memory?  NULL: each page
	 * that get_page() finds is.
	 */
	bool (*is_resident)(struct mapping *mapping, uint32_t index);

	/**
	 * punch() - [index, index + nr) is to read as zeros, for all who map
	 * it.  NULL: this mapping cannot have holes.  Context: as get_page().
	 */
	void (*punch)(struct mapping *mapping, uint32_t index, uint32_t nr);

	/** release() - the last reference is gone: give up all pages. */
	void (*release)(struct mapping *mapping);
};

/* Constant while it is mapped, but for refs, which is atomic. */
struct mapping {
	const struct mapping_ops *ops;
	int32_t	 refs;
	bool	 read_only;		/* no shared mapping may write to it */
	bool	 notes_writes;		/* get_page() is told of first writes */
	uint16_t dev;			/* major << 8 | minor, for maps */
	uint32_t inode;
	const char *name;		/* a path, or NULL */
};

static inline void mapping_get(struct mapping *mapping)
{
	atomic_inc(&mapping->refs);
}

static inline void mapping_put(struct mapping *mapping)
{
	if (atomic_dec_is_zero(&mapping->refs))
		mapping->ops->release(mapping);
}
