// SPDX-License-Identifier: MIT
/*
 * mapping - the pages of one file, and the openings of it that areas show.
 *
 *	vma ---> vm_file ---> mapping ---> pages, by index
 *	vma --/		       /
 *	vma ---> vm_file -----/
 *
 * Memory management knows no more of a file than this.  A mapping is the page
 * cache of a file, of shared anonymous memory, or what a device has instead.
 * It is not counted: its owner keeps it for as long as there is a vm_file on
 * it, and vm_files are counted.
 *
 * The rules between a mapping and those who map it:
 *   G1  a mapping keeps a reference of its own on each page it has
 *   G2  the page at an index stays the same page until it is truncated or
 *	 punched out, and then nobody maps it any more when that call returns
 *   G3  every vma that shows it holds a reference on a vm_file of it, and is
 *	 counted in nr_vmas
 *   G4  a page wholly beyond size is one of zeros that fallocate() made, for
 *	 the file to grow into: nobody maps it
 *   G5  who looks for what the file holds finds a PG_FRESH page as little as a
 *	 hole: read(), mincore(), lseek(SEEK_DATA).  A fault or a write takes it
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/radix.h"
#include "mm/layout.h"
#include "sched/mutex.h"
#include "x86/atomic.h"
#include "x86/mmu.h"

struct mapping;
struct mm;
struct page;
struct pgtable;
struct vm_file;
struct vma;

/* ------------------------------------------------------------- openings */

struct vm_file_ops {
	/* The last reference goes.  May sleep; an mm->lock may be held. */
	void (*release)(struct vm_file *file);

	/*
	 * Its path, as /proc/PID/maps shows it.  Return: its length, no NUL;
	 * what does not fit into @size is left out, but counted.
	 */
	size_t (*name)(struct vm_file *file, char *buf, size_t size);

	/*
	 * May it be mapped so?  NULL: may_write alone decides.  Asked when the
	 * place is known to be good.  Return: 0, -EACCES, -EPERM, -ENODEV.
	 */
	int (*check)(struct vm_file *file, int prot, bool shared);

	/* With VM_NOJOIN: an area of it has come, or is about to go. */
	void (*shown)(struct vm_file *file, bool comes);

	/*
	 * With VM_PFNMAP: fill the entries of the new @vma, by
	 * mm_remap_pfn_range(); mm->lock is held.  Return: 0 or -Exxx, and then
	 * the area goes again.
	 */
	int (*map)(struct vm_file *file, struct mm *mm, struct vma *vma);
};

/*
 * One opening of a mapping.  Areas of the same one can join.
 *
 * Guarded by:  (a) atomic   (c) the creator, read-only afterwards
 */
struct vm_file {
	int32_t	refs;				/* (a) */
	bool	may_write;			/* (c) to shared areas */
	bool	no_exec;			/* (c) nothing in it is code */
	uint32_t area_flags;			/* (c) VM_* of all its areas */
	struct mapping *mapping;		/* (c) NULL: cannot be mapped */
	const struct vm_file_ops *ops;		/* (c) */
};

static inline struct vm_file *vm_file_get(struct vm_file *file)
{
	assert(file->refs > 0);
	atomic_inc(&file->refs);
	return file;
}

static inline void vm_file_put(struct vm_file *file)
{
	assert(file->refs > 0);
	if (atomic_dec_is_zero(&file->refs))
		file->ops->release(file);
}

/* The same in one place, for files built for size. */
void vm_file_put_called(struct vm_file *file);
#ifdef CALL_INLINES
#define vm_file_put(file)		vm_file_put_called(file)
#endif

/* ------------------------------------------------------------- mappings */

/* Every hook may sleep; an mm->lock may be held.  All may be NULL. */
struct mapping_ops {
	/*
	 * Instead of the page cache, for a device: as mapping_get_page().
	 * Such a mapping has no pages of its own, and no size.
	 */
	int (*get_page)(struct mapping *mapping, uint32_t index, bool write,
			struct page **page);

	/*
	 * @nr pages are about to be made, are gone: the limit of a file
	 * system.  Called with mapping->lock held.  Return: 0 or -ENOSPC.
	 */
	int (*reserve)(struct mapping *mapping, uint32_t nr);
	void (*unreserve)(struct mapping *mapping, uint32_t nr);
};

#define MAPPING_SIZE_MAX	((uint64_t)0xffffffffu << PAGE_SHIFT)

/*
 * Guarded by:  (l) lock, taken below an mm->lock   (a) atomic
 *		(o) the owner, before anybody maps it
 */
struct mapping {
	const struct mapping_ops *ops;		/* (o) */
	struct mutex lock;
	struct radix pages;			/* (l) struct page, by index */
	uint32_t nr_pages;			/* (l) in pages */
	uint64_t size;				/* (l) bytes */
	int32_t	 nr_vmas;			/* (a) areas that show it */
	bool	 is_shmem;			/* (o) counted as Shmem, too, */
	bool	 prepaid;			/* (o) and not page by page as */
						/* promised: all of it was */
	uint16_t dev;				/* (o) major << 8 | minor */
	uint32_t inode;				/* (o) */
	void	*owner;				/* (o) for the owner alone */
};

/** mapping_init() - empty, of size 0.  @ops: NULL for no hook at all. */
void mapping_init(struct mapping *mapping, const struct mapping_ops *ops);

/**
 * mapping_get_page() - the page at @index; where there is none, one of zeros
 * is made.
 * @write: somebody is about to write to it, so that it becomes PG_DIRTY
 *
 * The page comes with a reference, for page_put().
 *
 * Context: may sleep; takes @mapping->lock.
 * Return:  0; -ENXIO: wholly beyond the size; -ENOMEM; -ENOSPC.
 */
int mapping_get_page(struct mapping *mapping, uint32_t index, bool write,
		     struct page **page);

/**
 * mapping_find_page() - the page at @index with a reference; NULL where there
 * is none, which reads as zeros.
 * @fresh: one that is PG_FRESH as well, for who writes to it and then calls
 *	   page_set_dirty()
 * Context: as mapping_get_page().
 */
struct page *mapping_find_page(struct mapping *mapping, uint32_t index,
			       bool fresh);

/**
 * mapping_seek() - the first index at or above @index that has a page (G5), or
 * with @hole that has none.
 * Return: false: there is none.  Context: as mapping_get_page().
 */
bool mapping_seek(struct mapping *mapping, uint32_t index, bool hole,
		  uint32_t *found);

/**
 * mapping_map_cached() - let those of the @nr entries from @pte on that are
 * empty name the pages that are there at @first, @first + 1 ...
 * @first, @nr: of indices that differ in their last RADIX_BITS bits at most
 * @flags:	for the entries
 *
 * A get_page() of the mapping's own is not asked.  Context: as
 * mapping_get_page(), with the mm->lock of @pt held.
 */
void mapping_map_cached(struct mapping *mapping, uint32_t first, uint32_t nr,
			struct pgtable *pt, pte_t *pte, uint32_t flags);

/**
 * mapping_add_page() - let @page, the caller's own and no longer written to by
 * him, be the dirty page at @index, which lies inside the size.
 *
 * Return: 0, the caller's reference has passed to the mapping; -EEXIST,
 *	   -ENOMEM, -ENOSPC.
 */
int mapping_add_page(struct mapping *mapping, uint32_t index,
		     struct page *page);

/**
 * mapping_reserve() - let there be a page at each index of [@start, @end), also
 * beyond the size: PG_FRESH ones where there was none.
 *
 * Context: as mapping_get_page(); nobody else reserves or punches meanwhile.
 * Return:  0; -ENOMEM, -ENOSPC, -EINTR, and then it has made none.
 */
int mapping_reserve(struct mapping *mapping, uint32_t start, uint32_t end);

/** mapping_set_size() - let it be @size bytes, which are not less. */
void mapping_set_size(struct mapping *mapping, uint64_t size);

/**
 * mapping_truncate() - let it be @size bytes; unless that is more, what
 * mapping_reserve() made beyond goes as well.
 *
 * What is cut off is gone for all: the pages leave the cache and every address
 * space, private copies of them as well, and the tail of the last page that
 * stays is zeroed.  A touch beyond the end is a SIGBUS from now on.
 *
 * Context: may sleep; takes mm->locks, so the caller holds none.
 */
void mapping_truncate(struct mapping *mapping, uint64_t size);

/**
 * mapping_punch() - pages [@start, @end) are to read as zeros.
 *
 * Those who map them find new ones; private copies stay.  Context: as
 * mapping_truncate().
 */
void mapping_punch(struct mapping *mapping, uint32_t start, uint32_t end);

/** mapping_destroy() - drop all pages; no area shows it.  Takes no mm->lock. */
void mapping_destroy(struct mapping *mapping);

/* Of all mappings together, in pages.  Atomic. */
extern int32_t nr_cached_pages;
extern int32_t nr_shmem_pages;		/* of them, is_shmem */

/** pagecache_init() - the cache of tree nodes; once, at boot. */
void pagecache_init(void);

/** mapping_check() - assert G1.  Context: takes @mapping->lock. */
void mapping_check(struct mapping *mapping);
