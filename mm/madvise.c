// SPDX-License-Identifier: MIT
/*
 * madvise - what a program says about its memory, and what it may ask:
 * madvise, mincore, msync.
 *
 * Advice is of three kinds:
 *
 *	drop		DONTNEED: entries go, the next touch finds zeros or
 *			the mapping's page.  REMOVE: the mapping's pages go,
 *			for all who map them
 *	bring		POPULATE_READ, POPULATE_WRITE: as if each page was
 *			touched now
 *	remember	a flag of the area: what fork() does with it, or how
 *			it is going to be used
 *
 * FREE, COLD and PAGEOUT name pages that may be taken away, WILLNEED some that
 * have been.  Nobody takes pages away in Atlas, so these four do no more than
 * look whether the advice makes sense.
 *
 * As on Linux a range may have holes.  The areas around them are advised all
 * the same, and the call then returns ENOMEM.  An area that refuses ends the
 * call; what lies before it has been advised.
 */
#include "lib/errno.h"
#include "mm/buddy.h"
#include "mm/fault.h"
#include "mm/mapping.h"
#include "mm/mmap_internal.h"

/* ----------------------------------------------------------------- flags */

/* The flags that @advice is about; false: it is about something else. */
static bool advice_flags(int advice, struct mmap_change *change)
{
	static const struct {
		uint8_t advice;
		uint32_t clear, set, except;
	} table[] = {
		{ MADV_NORMAL, VM_RAND_READ | VM_SEQ_READ, 0, 0 },
		{ MADV_RANDOM, VM_SEQ_READ, VM_RAND_READ, 0 },
		{ MADV_SEQUENTIAL, VM_RAND_READ, VM_SEQ_READ, 0 },
		{ MADV_DONTFORK, 0, VM_DONTCOPY, 0 },
		{ MADV_DOFORK, VM_DONTCOPY, 0, 0 },
		{ MADV_MERGEABLE, 0, VM_MERGEABLE, VM_SHARED },
		{ MADV_UNMERGEABLE, VM_MERGEABLE, 0, 0 },
		{ MADV_HUGEPAGE, VM_NOHUGEPAGE, VM_HUGEPAGE, 0 },
		{ MADV_NOHUGEPAGE, VM_HUGEPAGE, VM_NOHUGEPAGE, 0 },
		{ MADV_DONTDUMP, 0, VM_DONTDUMP, 0 },
		{ MADV_DODUMP, VM_DONTDUMP, 0, 0 },
		{ MADV_WIPEONFORK, 0, VM_WIPEONFORK, 0 },
		{ MADV_KEEPONFORK, VM_WIPEONFORK, 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		if (table[i].advice == advice) {
			change->clear = table[i].clear;
			change->set = table[i].set;
			change->except = table[i].except;
			return true;
		}
	}
	return false;
}

/* --------------------------------------------------------------- madvise */

static bool is_known(int advice)
{
	return advice >= MADV_NORMAL && advice <= MADV_DONTNEED_LOCKED &&
	       (advice <= MADV_DONTNEED || advice >= MADV_FREE);
}

static int check_remove(const struct vma *vma)
{
	if ((vma->flags & VM_LOCKED) || !vma->file)
		return -EINVAL;
	if (!(vma->flags & VM_SHARED) || !vma->file->may_write)
		return -EACCES;
	return vma->file->mapping->ops->get_page ? -EOPNOTSUPP : 0;
}

/* Does @advice make sense for @vma? */
static int check_advice(const struct vma *vma, int advice)
{
	bool ok = true;

	switch (advice) {
	case MADV_REMOVE:
		return check_remove(vma);
	case MADV_FREE:
		ok = !vma->file && !(vma->flags & VM_LOCKED);
		break;
	case MADV_DONTNEED:
	case MADV_COLD:
	case MADV_PAGEOUT:
		ok = !(vma->flags & (VM_LOCKED | VM_PFNMAP));
		break;
	case MADV_DONTNEED_LOCKED:
		ok = !(vma->flags & VM_PFNMAP);
		break;
	case MADV_DOFORK:
		ok = !(vma->flags & VM_IO);
		break;
	case MADV_DODUMP:
		ok = !(vma->flags & VM_SPECIAL & ~VM_NOJOIN);
		break;
	case MADV_POPULATE_READ:
		ok = (vma->flags & VM_READ) && !(vma->flags & (VM_IO | VM_PFNMAP));
		break;
	case MADV_POPULATE_WRITE:
		ok = (vma->flags & VM_WRITE) &&
		     !(vma->flags & (VM_IO | VM_PFNMAP));
		break;
	case MADV_WIPEONFORK:
		ok = !vma->file;
		break;
	}
	return ok ? 0 : -EINVAL;
}

static int populate(struct mm *mm, vaddr_t start, vaddr_t end, bool write)
{
	for (; start < end; start += PAGE_SIZE) {
		int err = fault_in_locked(mm, start, write);

		if (err)
			return err == -ENOMEM ? err : -EFAULT;
	}
	return 0;
}

/* Empty the entries; a touch will want their tables again. */
static void drop(struct mm *mm, vaddr_t start, vaddr_t end)
{
	mm_note_peak(mm);
	pgtable_unmap(&mm->pgtable, start, end, TASK_SIZE, 0);
}

/* To visit all who map the pages takes their mm->locks, one at a time. */
static void punch(struct mm *mm, const struct vma *vma, vaddr_t start,
		  vaddr_t end)
{
	struct vm_file *file = vm_file_get(vma->file);
	uint32_t index = vma_index(vma, start);

	mutex_unlock(&mm->lock);
	mapping_punch(file->mapping, index, index + ((end - start) >>
						     PAGE_SHIFT));
	vm_file_put(file);
	mutex_lock(&mm->lock);
}

/*
 * [@start, @end) lies in @vma, for which @advice makes sense.  REMOVE lets go
 * of the lock for a while: @vma may be gone afterwards.
 */
static int advise(struct mm *mm, const struct vma *vma, vaddr_t start,
		  vaddr_t end, int advice)
{
	switch (advice) {
	case MADV_DONTNEED:
	case MADV_DONTNEED_LOCKED:
		drop(mm, start, end);
		return 0;
	case MADV_REMOVE:
		punch(mm, vma, start, end);
		return 0;
	case MADV_POPULATE_READ:
	case MADV_POPULATE_WRITE:
		return populate(mm, start, end, advice == MADV_POPULATE_WRITE);
	default:
		return 0;
	}
}

/* Areas from @start on, up to the first that refuses, or to a failure. */
static int advise_areas(struct mm *mm, vaddr_t start, vaddr_t *end, int advice)
{
	struct vma *vma = vma_find(&mm->vmas, start);
	bool hole = false;
	int err;

	while (start < *end && vma && vma->start < *end) {
		vaddr_t stop = min(vma->end, *end);

		hole |= vma->start > start;
		start = max(start, vma->start);
		err = check_advice(vma, advice);
		if (!err)
			err = advise(mm, vma, start, stop, advice);
		if (err) {
			*end = start;
			return err;
		}
		start = stop;
		vma = vma_find(&mm->vmas, start);
	}
	return hole || start < *end ? -ENOMEM : 0;
}

static int madvise_locked(struct mm *mm, vaddr_t start, vaddr_t end, int advice)
{
	struct mmap_change change;
	int err = advise_areas(mm, start, &end, advice);

	if (start < end && advice_flags(advice, &change) &&
	    mmap_change_flags(mm, start, end, &change))
		return -EAGAIN;
	return err;
}

int __small mm_madvise(struct mm *mm, vaddr_t addr, size_t len, int advice)
{
	vaddr_t end = addr + PAGE_ALIGN_UP(len);
	int err;

	if (!is_known(advice) || !PAGE_ALIGNED(addr))
		return -EINVAL;
	if ((len && !PAGE_ALIGN_UP(len)) || end < addr)
		return -EINVAL;
	if (end == addr)
		return 0;
	mutex_lock(&mm->lock);
	err = madvise_locked(mm, addr, end, advice);
	mutex_unlock(&mm->lock);
	return err;
}

/* --------------------------------------------------------------- mincore */

static bool is_in_core(const struct mm *mm, const struct vma *vma, vaddr_t addr)
{
	const pte_t *pte = pgtable_find(&mm->pgtable, addr);
	struct page *page;

	if (pte && !pte_is_none(*pte))
		return true;
	if (!vma->file)
		return false;
	page = mapping_find_page(vma->file->mapping, vma_index(vma, addr),
				 false);
	if (page)
		page_put(page);
	return page;
}

long __small mm_mincore(struct mm *mm, vaddr_t addr, uint32_t nr_pages,
			uint8_t *in_core)
{
	struct vma *vma;
	long nr = -ENOMEM;

	mutex_lock(&mm->lock);
	vma = vma_find(&mm->vmas, addr);
	if (vma && vma->start <= addr) {
		nr = min(nr_pages, (vma->end - addr) >> PAGE_SHIFT);
		for (long i = 0; i < nr; i++)
			in_core[i] = is_in_core(mm, vma, addr + i * PAGE_SIZE);
	}
	mutex_unlock(&mm->lock);
	return nr;
}

/* ----------------------------------------------------------------- msync */
/*
 * What one process writes to a mapping all others see at once, and nothing
 * lies behind a mapping that would have to be brought up to date.
 */

static int msync_locked(struct mm *mm, vaddr_t start, vaddr_t end, int flags)
{
	const struct vma *vma = vma_find(&mm->vmas, start);
	bool hole = false;

	for (; vma && vma->start < end; vma = vma->next) {
		hole |= vma->start > start;
		if (hole && flags == MS_ASYNC)
			return -ENOMEM;
		if ((flags & MS_INVALIDATE) && (vma->flags & VM_LOCKED))
			return -EBUSY;
		if ((flags & MS_SYNC) && (vma->flags & VM_SHARED) &&
		    (vma->flags & VM_PFNMAP))
			return -EINVAL;
		start = vma->end;
	}
	return hole || start < end ? -ENOMEM : 0;
}

int __small mm_msync(struct mm *mm, vaddr_t addr, size_t len, int flags)
{
	vaddr_t end = addr + PAGE_ALIGN_UP(len);
	int err;

	if (flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC))
		return -EINVAL;
	if (!PAGE_ALIGNED(addr) || ((flags & MS_ASYNC) && (flags & MS_SYNC)))
		return -EINVAL;
	if (end < addr)
		return -ENOMEM;
	if (end == addr)
		return 0;
	mutex_lock(&mm->lock);
	err = msync_locked(mm, addr, end, flags);
	mutex_unlock(&mm->lock);
	return err;
}
