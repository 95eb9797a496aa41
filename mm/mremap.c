// SPDX-License-Identifier: MIT
/*
 * mremap - makes a range of an area longer, shorter, or be somewhere else.
 *
 *	shrink		the tail is unmapped
 *	grow in place	the range ends its area, and behind it is room
 *	move		a new area, which gets the old one's entries
 *
 * To move is not to copy: frames stay, entries go from one place of the page
 * tables to another, at a few instructions a page that is there, and the old
 * addresses are flushed.  Like its siblings in mmap.c a move first asks for
 * all that may be refused:
 *
 *	arguments	flags, alignment, sizes; no overlap
 *	the area	may it grow, and does it hold the whole range?
 *	place		given (MREMAP_FIXED) or found
 *	spares		the new area; one for each area that falls in two;
 *			the page tables of the new place
 *	-- nothing fails below --
 *	what was there	is unmapped
 *	the new area	is inserted, and the entries move to it
 *	the old range	is unmapped, or stays, empty (MREMAP_DONTUNMAP)
 *	neighbours	like the new area join it
 *
 * The new area joins last of all: joined before, it might make the old range
 * the middle of one large area, which takes one spare more to cut.
 *
 * A range of size 0 in a shared area has nothing to move or to unmap: it is a
 * second view of the same mapping.
 */
#include "lib/errno.h"
#include "mm/mapping.h"
#include "mm/mmap_internal.h"

/* Linux keeps clear of the limit by that much, and programs can see it. */
#define SPARE_MAPS	3

struct remap {
	vaddr_t	 addr, new_addr;
	uint32_t old_size, new_size;
	uint32_t flags;			/* MREMAP_* */
	uint32_t kept;			/* bytes that move or stay */
	uint32_t nr_charged;		/* pages, promised for it */
	struct vma *vma;		/* the area at addr */
	/* of a move: */
	struct vma *next;		/* the area above the new place */
	struct vma *new_vma;
	struct vma *cut_old, *cut_new;	/* spares, or NULL */
	struct page *tables;
};

static int remap_check_args(const struct remap *r)
{
	const uint32_t fixed = r->flags & MREMAP_FIXED;
	const uint32_t stays = r->flags & MREMAP_DONTUNMAP;

	if (r->flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP))
		return -EINVAL;
	if ((fixed || stays) && !(r->flags & MREMAP_MAYMOVE))
		return -EINVAL;
	if (!PAGE_ALIGNED(r->addr) || !r->new_size)
		return -EINVAL;
	return 0;
}

/* The new place of MREMAP_FIXED and MREMAP_DONTUNMAP. */
static int remap_check_target(const struct mm *mm, const struct remap *r)
{
	if (!PAGE_ALIGNED(r->new_addr) || r->new_size > TASK_SIZE ||
	    r->new_addr > TASK_SIZE - r->new_size)
		return -EINVAL;
	if (r->addr + r->old_size > r->new_addr &&
	    r->new_addr + r->new_size > r->addr)
		return -EINVAL;
	if (mm->vmas.nr + 2 >= max_maps() - SPARE_MAPS)
		return -ENOMEM;
	if (r->old_size > r->new_size &&
	    (r->addr + r->new_size > TASK_SIZE ||
	     r->old_size - r->new_size > TASK_SIZE - r->addr - r->new_size))
		return -EINVAL;
	return 0;
}

/* Does one area hold what is to be kept, and may it be that large? */
static int remap_check_area(const struct mm *mm, const struct remap *r)
{
	const struct vma *vma = r->vma;
	uint32_t pgoff = vma->pgoff + ((r->addr - vma->start) >> PAGE_SHIFT);
	uint32_t nr_more = (r->new_size - r->kept) >> PAGE_SHIFT;

	if (!r->old_size && !(vma->flags & VM_SHARED))
		return -EINVAL;
	if ((r->flags & MREMAP_DONTUNMAP) &&
	    (vma->flags & (VM_DONTEXPAND | VM_PFNMAP)))
		return -EINVAL;
	if (r->kept > vma->end - r->addr)
		return -EFAULT;
	if ((r->flags & MREMAP_DONTUNMAP) &&
	    !mm_may_expand(mm, vma->flags, r->old_size >> PAGE_SHIFT))
		return -ENOMEM;
	if (!nr_more)
		return 0;
	if (pgoff + (r->new_size >> PAGE_SHIFT) < pgoff)
		return -EINVAL;
	if (vma->flags & (VM_DONTEXPAND | VM_PFNMAP))
		return -EFAULT;
	if ((vma->flags & VM_LOCKED) && !mm_may_lock(mm, nr_more))
		return -EAGAIN;
	return mm_may_expand(mm, vma->flags, nr_more) ? 0 : -ENOMEM;
}

static bool remap_charge(const struct mm *mm, struct remap *r)
{
	uint32_t more = r->flags & MREMAP_DONTUNMAP ? r->new_size :
			r->new_size - r->kept;

	if (!(r->vma->flags & VM_ACCOUNT))
		return true;
	if (!vm_charge(mm, more >> PAGE_SHIFT))
		return false;
	r->nr_charged = more >> PAGE_SHIFT;
	return true;
}

/* ------------------------------------------------------------------ move */

static void remap_put_spares(struct remap *r)
{
	if (r->new_vma)
		vma_free(r->new_vma);
	if (r->cut_old)
		vma_free(r->cut_old);
	if (r->cut_new)
		vma_free(r->cut_new);
	pgtable_put_tables(r->tables);
}

/* Is the old range to go, so that the area around it falls in two? */
static bool remap_cuts_old(const struct remap *r, const struct vma *vma)
{
	return r->old_size && !(r->flags & MREMAP_DONTUNMAP) &&
	       mmap_is_inside(vma, r->addr, r->addr + r->old_size);
}

/* @there: what lies at the new place, or NULL. */
static int remap_get_spares(struct mm *mm, struct remap *r,
			    const struct vma *there)
{
	bool cuts_old = remap_cuts_old(r, r->vma);
	bool cuts_new = there && mmap_is_inside(there, r->new_addr,
						r->new_addr + r->new_size);

	r->tables = NULL;
	r->new_vma = vma_alloc();
	r->cut_old = cuts_old ? vma_alloc() : NULL;
	r->cut_new = cuts_new ? vma_alloc() : NULL;
	if (r->new_vma && !r->cut_old == !cuts_old &&
	    !r->cut_new == !cuts_new &&
	    !pgtable_get_tables(&mm->pgtable, r->addr, r->new_addr, r->kept,
				&r->tables))
		return 0;
	remap_put_spares(r);
	return -ENOMEM;
}

static void remap_insert(struct mm *mm, struct remap *r)
{
	struct vma *vma = r->new_vma, *old = r->vma;

	vma->start = r->new_addr;
	vma->end = r->new_addr + r->new_size;
	vma->flags = old->flags;
	vma->file = old->file;
	vma_get_file(vma);
	vma->anon = old->anon;
	if (vma->file || vma->anon)
		vma->pgoff = vma_index(old, r->addr);
	else
		vma->pgoff = vma->start >> PAGE_SHIFT;
	vma_insert(&mm->vmas, vma, r->next);
	mm->total_vm += r->new_size >> PAGE_SHIFT;
	if (vma->flags & VM_ACCOUNT)	/* what is kept leaves the old place */
		vm_uncharge(r->nr_charged - (r->new_size >> PAGE_SHIFT));
	r->new_vma = NULL;
}

/*
 * The old area stays, by now perhaps as one with @new: all of it is no longer
 * locked, as on Linux.
 */
static void remap_keep_old(struct mm *mm, struct remap *r, struct vma *new)
{
	struct vma *vma;

	mmap_join_around(mm, new);
	vma = vma_find(&mm->vmas, r->addr);
	vma->flags &= ~VM_LOCK_FLAGS;
	if (vma->start == r->addr && vma->end == r->addr + r->old_size)
		vma->anon = 0;		/* its pages are elsewhere */
}

static void remap_leave_old(struct mm *mm, struct remap *r, struct vma *new)
{
	struct vma *spare = NULL;

	if (r->old_size) {
		if (remap_cuts_old(r, r->vma)) {
			spare = r->cut_old;
			r->cut_old = NULL;
		}
		mmap_unmap_range(mm, r->vma, r->addr, r->addr + r->old_size,
				 spare);
	}
	mmap_join_around(mm, new);
}

static int __small remap_move(struct mm *mm, struct remap *r, struct vma *there)
{
	struct vma *vma;
	int err;

	if (mm->vmas.nr >= max_maps() - SPARE_MAPS || !remap_charge(mm, r))
		return -ENOMEM;
	err = remap_get_spares(mm, r, there);
	if (err) {
		vm_uncharge(r->nr_charged);
		return err;
	}

	/* From here on nothing fails. */
	if (there) {
		mmap_unmap_range(mm, there, r->new_addr,
				 r->new_addr + r->new_size, r->cut_new);
		r->cut_new = NULL;
		r->next = vma_find(&mm->vmas, r->new_addr);
		r->vma = vma_find(&mm->vmas, r->addr);
	}
	vma = r->new_vma;
	remap_insert(mm, r);
	pgtable_move(&mm->pgtable, r->addr, r->new_addr, r->kept, &r->tables);
	if (r->flags & MREMAP_DONTUNMAP)
		remap_keep_old(mm, r, vma);
	else
		remap_leave_old(mm, r, vma);
	remap_put_spares(r);
	return 0;
}

/*
 * As Linux does: what is at the new place goes, and so does the tail of the
 * old one, before anybody asks whether the rest can be moved.
 */
static int __small remap_clear_target(struct mm *mm, struct remap *r)
{
	int err = mmap_unmap(mm, r->new_addr, r->new_addr + r->new_size);

	if (!err && r->old_size > r->new_size)
		err = mmap_unmap(mm, r->addr + r->new_size,
				 r->addr + r->old_size);
	if (err)
		return err;
	r->vma = vma_find(&mm->vmas, r->addr);
	if (!r->vma || r->vma->start > r->addr)
		return -EFAULT;
	return remap_check_area(mm, r);
}

static int remap_move_to(struct mm *mm, struct remap *r)
{
	vaddr_t end = r->new_addr + r->new_size;
	int err = remap_check_area(mm, r);

	/* A second view in place of the first: there is none to look at. */
	if (err || r->new_addr == r->addr)
		err = remap_clear_target(mm, r);
	if (err)
		return err;
	if (r->new_addr < MMAP_MIN_ADDR && !mm->may_lock_all)
		return -EPERM;
	r->next = vma_find(&mm->vmas, r->new_addr);
	return remap_move(mm, r, r->next && r->next->start < end ? r->next :
			  NULL);
}

static int __small remap_move_anywhere(struct mm *mm, struct remap *r)
{
	struct mmap_request req = {
		.start = r->flags & MREMAP_DONTUNMAP ? r->new_addr : 0,
		.size = r->new_size,
	};

	if (req.size > TASK_SIZE - MMAP_MIN_ADDR || mmap_place(mm, &req))
		return -ENOMEM;
	r->new_addr = req.start;
	r->next = req.next;
	return remap_move(mm, r, NULL);
}

/* --------------------------------------------------------- stay in place */

static bool remap_has_room(const struct remap *r)
{
	const struct vma *vma = r->vma;
	vaddr_t end = r->addr + r->new_size;

	return r->addr + r->old_size == vma->end && end > vma->end &&
	       end <= TASK_SIZE && (!vma->next || end <= vma->next->start) &&
	       end - vma->start <= TASK_SIZE - MMAP_MIN_ADDR;
}

static int remap_grow(struct mm *mm, struct remap *r)
{
	struct vma *vma = r->vma, *next = vma->next;

	if (!remap_has_room(r))
		return r->flags & MREMAP_MAYMOVE ? remap_move_anywhere(mm, r) :
			-ENOMEM;
	if (!remap_charge(mm, r))
		return -ENOMEM;
	vma_resize(vma, vma->start, r->addr + r->new_size);
	mm->total_vm += (r->new_size - r->old_size) >> PAGE_SHIFT;
	if (next && vma_can_precede(next, vma->end, vma->flags, vma->file,
				    vma_index(vma, vma->end), vma->anon) &&
	    vma_anons_agree(vma, next))
		vma_put(vma_swallow_next(&mm->vmas, vma));
	r->new_addr = r->addr;
	return 0;
}

/* As munmap() of the tail, which may reach over several areas. */
static int remap_shrink(struct mm *mm, struct remap *r)
{
	vaddr_t start = r->addr + r->new_size;
	uint32_t size = r->old_size - r->new_size;

	r->new_addr = r->addr;
	if (!size)
		return 0;
	if (start > TASK_SIZE || size > TASK_SIZE - start)
		return -EINVAL;
	return mmap_unmap(mm, start, start + size);
}

static int remap_locked(struct mm *mm, struct remap *r)
{
	uint32_t to = r->flags & (MREMAP_FIXED | MREMAP_DONTUNMAP);
	int err;

	r->vma = vma_find(&mm->vmas, r->addr);
	if (!r->vma || r->vma->start > r->addr)
		return -EFAULT;
	if (to) {
		err = remap_check_target(mm, r);
		if (err)
			return err;
	} else if (r->old_size >= r->new_size) {
		return remap_shrink(mm, r);
	}
	if (to & MREMAP_FIXED)
		return remap_move_to(mm, r);
	err = remap_check_area(mm, r);
	if (err)
		return err;
	return to ? remap_move_anywhere(mm, r) : remap_grow(mm, r);
}

long __small mm_mremap(struct mm *mm, vaddr_t addr, size_t old_len,
		       size_t new_len, uint32_t flags, vaddr_t new_addr)
{
	struct remap r = {
		.addr = addr, .new_addr = new_addr, .flags = flags,
		.old_size = PAGE_ALIGN_UP(old_len),
		.new_size = PAGE_ALIGN_UP(new_len),
	};
	int err = remap_check_args(&r);

	if (!err && (flags & MREMAP_DONTUNMAP) && old_len != new_len)
		err = -EINVAL;
	if (err)
		return err;
	r.kept = min(r.old_size, r.new_size);
	mutex_lock(&mm->lock);
	err = remap_locked(mm, &r);
	if (!err && r.new_size > r.kept) {
		const struct vma *vma = vma_find(&mm->vmas, r.new_addr);

		if (vma->flags & VM_LOCKED)
			mmap_populate(mm, r.new_addr + r.kept,
				      r.new_addr + r.new_size, true);
	}
	mutex_unlock(&mm->lock);
	return err ? err : (long)r.new_addr;
}
