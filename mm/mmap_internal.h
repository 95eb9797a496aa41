// SPDX-License-Identifier: MIT
/*
 * mmap_internal - what the files of the mmap family ask of one another:
 * mmap.c, mprotect.c, mremap.c, madvise.c and mlock.c.  Nobody else includes it.
 *
 * Context: all may sleep, with mm->lock held.
 */
#pragma once

#include "mm/account.h"
#include "mm/mm.h"
#include "mm/mmap.h"

/* Of private writable memory each page may come to need a frame. */
static inline bool mmap_is_accounted(uint32_t flags)
{
	return (flags & (VM_NORESERVE | VM_SHARED | VM_WRITE)) == VM_WRITE;
}

/* mmap.c: a place for an area, and what is to be there. */
struct mmap_request {
	vaddr_t	 start;			/* a hint at first */
	uint32_t size;
	uint32_t flags;			/* VM_* */
	uint32_t pgoff;
	struct vm_file *file;
	struct vma *next;		/* the first that ends above start */
};

/* mmap_place() - choose start, near the hint, and next; 0 or -ENOMEM. */
int mmap_place(struct mm *mm, struct mmap_request *req);

/* mmap_unmap() - munmap() of a range that is in order; 0 or -ENOMEM. */
int mmap_unmap(struct mm *mm, vaddr_t start, vaddr_t end);

/**
 * mmap_unmap_range() - the part of munmap that cannot fail.
 * @vma:   the first area that ends above @start; it has to exist
 * @spare: needed exactly if mmap_is_inside(@vma, @start, @end)
 */
void mmap_unmap_range(struct mm *mm, struct vma *vma, vaddr_t start,
		      vaddr_t end, struct vma *spare);

/* Does @vma go on at both sides of [@start, @end), so that it becomes two? */
static inline bool mmap_is_inside(const struct vma *vma, vaddr_t start,
				  vaddr_t end)
{
	return vma->start < start && vma->end > end;
}

/**
 * mmap_populate() - bring in the pages of [@start, @end), but not those of
 * areas that are locked on fault, nor where there is no area.
 * @persist: at a page that cannot be had, go on with the next area
 *
 * Return: 0; without @persist, what fault_in_locked() said of the first page
 *	   that could not be had.
 */
int mmap_populate(struct mm *mm, vaddr_t start, vaddr_t end, bool persist);

/* areas.c: who says which flags an area is to have. */
struct mmap_flags_of {
	uint32_t (*flags)(struct mmap_flags_of *of, const struct vma *vma);
};

/* Areas for the cuts at either end of a range, had in advance. */
struct mmap_spares {
	unsigned int nr;
	struct vma *vmas[2];
};

/**
 * mmap_get_spares() - what mmap_change_area() will need to change, one after
 * the other, areas from @first on up to @end.
 * Return: 0; -ENOMEM.
 */
int mmap_get_spares(struct mm *mm, const struct vma *first, vaddr_t start,
		    vaddr_t end, struct mmap_flags_of *flags_of,
		    struct mmap_spares *spares);

/** mmap_put_spares() - those that are left. */
void mmap_put_spares(struct mmap_spares *spares);

/**
 * mmap_change_area() - let what of [@start, @end) lies in @vma have @flags.
 * Return: the area that has it now, perhaps with more; the next to look at is
 *	   the one above that.
 */
struct vma *mmap_change_area(struct mm *mm, struct vma *vma, vaddr_t start,
			     vaddr_t end, uint32_t flags,
			     struct mmap_spares *spares);

/** mmap_join_around() - @vma is new: may it be part of its neighbours? */
struct vma *mmap_join_around(struct mm *mm, struct vma *vma);

/* Flags that go and come in all areas but those with one of @except. */
struct mmap_change {
	struct mmap_flags_of of;	/* for mmap_change_flags() */
	uint32_t clear, set, except;
};

/**
 * mmap_change_flags() - @change the areas of [@start, @end), holes or not.
 *
 * For flags that mean nothing to page tables.
 *
 * Return: 0; -ENOMEM with nothing changed.
 */
int mmap_change_flags(struct mm *mm, vaddr_t start, vaddr_t end,
		      struct mmap_change *change);
