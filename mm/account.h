// SPDX-License-Identifier: MIT
/*
 * account - how much memory has been promised, and may still be.
 *
 * Context: mm->lock held, where there is an mm.
 */
#pragma once

#include <stdbool.h>

#include "mm/mm.h"
#include "mm/sysctl.h"
#include "x86/atomic.h"

extern uint32_t nr_ram_pages;		/* constant after account_init() */
extern int32_t	nr_committed;		/* atomic; pages promised to all */

/** account_init() - note how much RAM there is; by mm_init(). */
void account_init(void);

bool vm_charge_by_mode(const struct mm *mm, uint32_t nr_pages);

/**
 * vm_charge() - promise @nr_pages more, which vm_uncharge() takes back.
 * @mm: who asks; NULL: nobody in particular
 *
 * Return: false: that is too much.
 */
static inline bool vm_charge(const struct mm *mm, uint32_t nr_pages)
{
	if (unlikely(vm_overcommit_memory != OVERCOMMIT_GUESS))
		return vm_charge_by_mode(mm, nr_pages);
	if (unlikely(nr_pages > nr_ram_pages))
		return false;
	atomic_add(&nr_committed, nr_pages);
	return true;
}

static inline void vm_uncharge(uint32_t nr_pages)
{
	atomic_add(&nr_committed, -(int32_t)nr_pages);
}

/** vma_nr_pages() - how large @vma is. */
static inline uint32_t vma_nr_pages(const struct vma *vma)
{
	return (vma->end - vma->start) >> PAGE_SHIFT;
}

/* How many areas one address space may have. */
static inline uint32_t max_maps(void)
{
	return READ_ONCE(vm_max_map_count);
}

/* What kind of memory flags make, for RLIMIT_DATA and for status. */
#define VM_KIND		(VM_WRITE | VM_SHARED | VM_GROWSDOWN)
#define VM_KIND_DATA	VM_WRITE

/** mm_sum() - pages of the areas with (flags & @mask) == @value. */
uint32_t mm_sum(const struct mm *mm, uint32_t mask, uint32_t value);

bool mm_data_may_expand(const struct mm *mm, uint32_t nr_pages);

/**
 * mm_may_expand() - do the limits of @mm allow @nr_pages more with @flags?
 */
static inline bool mm_may_expand(const struct mm *mm, uint32_t flags,
				 uint32_t nr_pages)
{
	if (unlikely(mm->total_vm + nr_pages > mm->limit_as >> PAGE_SHIFT))
		return false;
	return likely(mm->limit_data == UINT32_MAX) ||
	       (flags & VM_KIND) != VM_KIND_DATA ||
	       mm_data_may_expand(mm, nr_pages);
}

/** mm_may_lock() - may @mm lock @nr_pages more? */
bool mm_may_lock(const struct mm *mm, uint32_t nr_pages);

/** mm_can_lock() - may it lock anything at all? */
static inline bool mm_can_lock(const struct mm *mm)
{
	return mm->limit_memlock || mm->may_lock_all;
}

/** mm_note_peak() - something is about to shrink. */
static inline void mm_note_peak(struct mm *mm)
{
	if (mm->peak_vm < mm->total_vm)
		mm->peak_vm = mm->total_vm;
	if (mm->peak_rss < mm->pgtable.nr_pages)
		mm->peak_rss = mm->pgtable.nr_pages;
}
