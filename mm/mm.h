// SPDX-License-Identifier: MIT
/*
 * mm - one address space: its areas, its page tables, its counters.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/list.h"
#include "mm/pgtable.h"
#include "mm/vma.h"
#include "sched/mutex.h"
#include "x86/percpu.h"

struct mapping;

/*
 * Guarded by:  (l) lock   (a) atomic   (x) exec, before anybody else sees it
 *		(m) mm.c's lock of the list
 *		(k) kernel/ writes single words at any time: what RLIMIT_AS
 *		    and so on allow in bytes; UINT32_MAX is no limit
 */
struct mm {
	struct mutex	lock;
	int32_t		users;		/* (a) */
	struct pgtable	pgtable;	/* (l) */
	struct vma_tree	vmas;		/* (l) */
	struct vm_file	*exe;		/* (x) its program; NULL: none */
	uint32_t	def_flags;	/* (l) of areas to come: VM_LOCKED */
	uint32_t	total_vm;	/* (l) pages in all vmas */
	uint32_t	peak_vm, peak_rss; /* (l) the most before it shrank */
	uint32_t	min_flt;	/* (l) faults served */
	struct list	link;		/* (m) in the list of all */

	/* From here on a child's are the same. */
	vaddr_t		start_brk;	/* (x) first byte of the heap */
	vaddr_t		brk;		/* (l) first byte behind it */
	vaddr_t		start_stack;	/* (x) the first stack pointer */
	vaddr_t		mmap_base;	/* (x) mmap() goes down from here;
					       0: up, from a third of it all */
	vaddr_t		auxv_start, auxv_end; /* (x) on the stack, at first */
	uint32_t	limit_as, limit_data, limit_stack, limit_memlock; /* (k) */
	bool		may_lock_all;	/* (k) root: limits do not hold him */
	uint8_t		membarrier;	/* (k) what it registered for */
	uint8_t		read_exec;	/* (k) PROT_READ: it means PROT_EXEC, too */
	vaddr_t		start_code, end_code, start_data, end_data; /* (x) */
};

/*
 * Memory for areas.  A new area that shows ->file, if any, says so by
 * vma_get_file(); vma_put() takes that back and frees the area.
 */
struct vma *vma_alloc(void);
void vma_free(struct vma *vma);
void vma_get_file(const struct vma *vma);
void vma_put(struct vma *vma);

/**
 * vma_start_anon() - @vma, without a history, gets a first page of its own.
 * vma_child_anon() - the history that a child's copy of @vma has.
 */
void vma_start_anon(struct vma *vma);
uint32_t vma_child_anon(const struct vma *vma);

/** mm_init() - the caches; once, at boot, after slab_init(). */
void mm_init(void);

/**
 * mm_create() - an empty address space with one user.
 * Context: may sleep.  Return: NULL when memory is short.
 */
struct mm *mm_create(void);

/**
 * mm_clone() - a copy of @mm as fork() wants it: private pages are shared
 * until one side writes.
 * Context: may sleep.  Takes @mm->lock.  Return: NULL when memory is short.
 */
struct mm *mm_clone(struct mm *mm);

void mm_get(struct mm *mm);

/**
 * mm_put() - drop a user; the last one takes everything down.  A thread that
 * drops its own mm says mm_switch() to another (or NULL) first.
 * Context: may sleep.
 */
void mm_put(struct mm *mm);

/**
 * mm_switch() - from now on user addresses mean those of @mm.
 * @mm: NULL for a kernel thread, which touches none, so that whatever page
 *	tables are loaded stay loaded
 *
 * Context: the task switch, or the current thread for itself; no preemption.
 */
static inline void mm_switch(struct mm *mm)
{
	this_cpu()->mm = mm;
	if (mm)
		pgtable_load(&mm->pgtable);
}

static inline uint32_t mm_rss(const struct mm *mm)
{
	return mm->pgtable.nr_pages;
}

/* Of them, pages of mappings; the others are anonymous. */
static inline uint32_t mm_rss_file(const struct mm *mm)
{
	return mm->pgtable.nr_file;
}

/**
 * mm_mapping_is_writable() - does any area show @mapping shared, by an opening
 * that may write?  Context: as mm_unmap_mapping().
 */
bool mm_mapping_is_writable(const struct mapping *mapping);

/**
 * mm_unmap_mapping() - take pages [@start, @end) of @mapping out of every
 * address space; they will fault again.
 * @copies: private copies of them, too
 *
 * Whoever has found such a page in the mapping before this call, and maps it
 * before he drops his mm->lock, is seen.
 *
 * Context: may sleep.  Takes all mm->locks, one by one; the caller holds none,
 *	    nor @mapping->lock.
 */
void mm_unmap_mapping(struct mapping *mapping, uint32_t start, uint32_t end,
		      bool copies);

/**
 * mm_format_maps() - the areas from *@cursor on, in the form of
 * /proc/PID/maps, as many whole lines as fit.
 * @cursor: an address, 0 at first; moved to where to go on
 *
 * @size of MM_MAPS_LINE or more makes progress: room for the longest path, if
 * each byte of it is written as an octal number.
 *
 * Context: may sleep.  Takes @mm->lock.
 * Return:  how many bytes of @buf were filled, no NUL; 0 at the end.
 */
#define MM_MAPS_LINE (80 + 4 * 4096)
size_t mm_format_maps(struct mm *mm, char *buf, size_t size, vaddr_t *cursor);

/** mm_format_map() - the same, of one area only. */
size_t mm_format_map(struct mm *mm, char *buf, size_t size, vaddr_t *cursor);

/** mm_check_one() - vmas, page tables and counters of @mm agree. */
void mm_check_one(struct mm *mm);

/** mm_check_all() - the same, for all that exist and are not in use. */
void mm_check_all(void);

struct mm_stats {
	size_t nr_tables;		/* page tables and directories */
	size_t nr_pages;		/* entries that name a frame */
};

/**
 * mm_nr_locked() - pages that are there in areas with VM_LOCKED, of all address
 * spaces together; one that two have locked counts twice.  May sleep; takes all
 * mm->locks, one by one.
 */
size_t mm_nr_locked(void);

/** mm_get_stats() - of all address spaces together.  May sleep. */
void mm_get_stats(struct mm_stats *stats);
