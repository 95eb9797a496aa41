// SPDX-License-Identifier: MIT
/*
 * mmap - arranges the areas of an address space: mmap, munmap, brk.
 * Their siblings live next door, in mprotect.c, mremap.c, madvise.c and mlock.c.
 *
 * All of them are built so:
 *
 *	arguments	everything that can be refused without a look
 *	place		where, and which areas are there now
 *	spares		a struct vma for each area more there may be
 *	-- nothing fails below --
 *	areas		split at the edges, remove, insert, join (vma.c)
 *	entries		unmap or protect what is already there (pgtable.c)
 *
 * Nothing is allocated for pages here, not even page tables: the first touch
 * does that (fault.c), unless MAP_POPULATE asks for it.
 *
 * New memory becomes part of the area below or above it when they are alike,
 * as on Linux, so a growing heap stays one area.
 *
 * The order of checks and their errors are Linux's, since programs see them.
 */
#include "mm/mmap.h"

#include "lib/errno.h"
#include "mm/fault.h"
#include "mm/mapping.h"
#include "mm/mm.h"
#include "mm/mmap_internal.h"
#include "mm/shmem.h"

#define STACK_SIZE	(33 * PAGE_SIZE)	/* at first; faults add more */
#define BOTTOM_UP_BASE	PAGE_ALIGN_UP(TASK_SIZE / 3)
#define VM_DATA		(VM_READ | VM_WRITE)

/* What mmap() knew before MAP_SHARED_VALIDATE: unknown bits are ignored. */
#define MAP_LEGACY	0x7f973

/* ---------------------------------------------------------------- munmap */

/* @size bytes of @vma go. */
static inline void leaves(struct mm *mm, const struct vma *vma, uint32_t size)
{
	mm->total_vm -= size >> PAGE_SHIFT;
	if (vma->flags & VM_ACCOUNT)
		vm_uncharge(size >> PAGE_SHIFT);
}

static void unmap_range(struct mm *mm, struct vma *vma, vaddr_t start,
			vaddr_t end, struct vma *spare)
{
	struct vma_tree *tree = &mm->vmas;
	struct vma *prev, *next;

	mm_note_peak(mm);
	if (vma->start < start) {
		if (vma->end > end) {
			vma_get_file(vma);
			vma_split(tree, vma, end, spare);
		}
		leaves(mm, vma, vma->end - start);
		vma_resize(vma, vma->start, start);
		vma = vma->next;
	}
	prev = vma ? vma->prev : tree->last;
	for (; vma && vma->end <= end; vma = next) {
		next = vma->next;
		leaves(mm, vma, vma->end - vma->start);
		vma_remove(tree, vma);
		vma_put(vma);
	}
	if (vma && vma->start < end) {
		leaves(mm, vma, end - vma->start);
		vma_resize(vma, end, vma->end);
	}
	pgtable_unmap(&mm->pgtable, start, end, prev ? prev->end : 0,
		      vma ? vma->start : TASK_SIZE);
}

void mmap_unmap_range(struct mm *mm, struct vma *vma, vaddr_t start,
		      vaddr_t end, struct vma *spare)
{
	unmap_range(mm, vma, start, end, spare);
}

static __always_inline int munmap_locked(struct mm *mm, vaddr_t start,
					 vaddr_t end)
{
	struct vma *vma = vma_find_intersection(&mm->vmas, start, end);
	struct vma *spare = NULL;

	if (!vma)
		return 0;
	if (unlikely(mmap_is_inside(vma, start, end))) {
		if (mm->vmas.nr >= max_maps())
			return -ENOMEM;
		spare = vma_alloc();
		if (!spare)
			return -ENOMEM;
	}
	unmap_range(mm, vma, start, end, spare);
	return 0;
}

int __small mmap_unmap(struct mm *mm, vaddr_t start, vaddr_t end)
{
	return munmap_locked(mm, start, end);
}

int mm_munmap(struct mm *mm, vaddr_t addr, size_t len)
{
	int err;

	if (!PAGE_ALIGNED(addr) || addr > TASK_SIZE || len > TASK_SIZE - addr)
		return -EINVAL;
	len = PAGE_ALIGN_UP(len);
	if (!len)
		return -EINVAL;
	mutex_lock(&mm->lock);
	err = munmap_locked(mm, addr, addr + len);
	mutex_unlock(&mm->lock);
	return err;
}

/* Is @vma a piece of what was attached at @addr, and unmoved? */
static bool is_piece(const struct vma *vma, vaddr_t addr,
		     const struct vm_file_ops *ops)
{
	return vma->file && vma->file->ops == ops && vma->start >= addr &&
	       (vma->start - addr) >> PAGE_SHIFT == vma->pgoff;
}

static int detach_locked(struct mm *mm, vaddr_t addr,
			 const struct vm_file_ops *ops)
{
	struct vma *vma = vma_find(&mm->vmas, addr), *next;
	const struct vm_file *file = NULL;
	uint64_t size = TASK_SIZE;

	for (; vma && vma->end - addr <= size; vma = next) {
		next = vma->next;
		if (!is_piece(vma, addr, ops) || (file && vma->file != file))
			continue;
		file = vma->file;
		size = file->mapping->size;
		unmap_range(mm, vma, vma->start, vma->end, NULL);
	}
	return file ? 0 : -EINVAL;
}

int __small mm_detach(struct mm *mm, vaddr_t addr,
		      const struct vm_file_ops *ops)
{
	int err;

	if (addr >= TASK_SIZE)
		return -EINVAL;
	mutex_lock(&mm->lock);
	err = detach_locked(mm, addr, ops);
	mutex_unlock(&mm->lock);
	return err;
}

/* ------------------------------------------------------------------ mmap */

static __always_inline int find_place(struct mm *mm, struct mmap_request *req)
{
	struct vma_tree *tree = &mm->vmas;
	vaddr_t addr = PAGE_ALIGN_UP(req->start);
	struct vma *next, *prev;

	if (addr && TASK_SIZE - req->size >= addr && addr >= MMAP_MIN_ADDR) {
		next = vma_find(tree, addr);
		prev = next ? next->prev : tree->last;
		if ((!next || addr + req->size <= vma_low_end(next)) &&
		    (!prev || addr >= prev->end)) {
			req->start = addr;
			req->next = next;
			return 0;
		}
	}
	addr = vma_find_gap_below(tree, req->size, MMAP_MIN_ADDR,
				  mm->mmap_base, &req->next);
	if (unlikely(!addr))
		addr = vma_find_gap_above(tree, req->size, BOTTOM_UP_BASE,
					  TASK_SIZE, &req->next);
	req->start = addr;
	return addr ? 0 : -ENOMEM;
}

int __small mmap_place(struct mm *mm, struct mmap_request *req)
{
	return find_place(mm, req);
}

/* The same for MAP_FIXED: check the address that is asked for. */
static int mmap_place_fixed(struct mm *mm, struct mmap_request *req, int flags)
{
	if (req->start > TASK_SIZE - req->size)
		return -ENOMEM;
	if (!PAGE_ALIGNED(req->start))
		return -EINVAL;
	if (req->start < MMAP_MIN_ADDR && !mm->may_lock_all)
		return -EPERM;
	req->next = vma_find(&mm->vmas, req->start);
	if ((flags & MAP_FIXED_NOREPLACE) && req->next &&
	    req->next->start < req->start + req->size)
		return -EEXIST;
	return 0;
}

static int mmap_check_file(const struct mmap_request *req, int prot, int flags)
{
	struct vm_file *file = req->file;
	bool shared = (flags & MAP_TYPE) != MAP_PRIVATE;
	int err;

	switch (flags & MAP_TYPE) {
	case MAP_SHARED_VALIDATE:
		if (flags & ~MAP_LEGACY)
			return -EOPNOTSUPP;
		/* fall through */
	case MAP_SHARED:
	case MAP_PRIVATE:
		if (file->ops->check)
			err = file->ops->check(file, prot, shared);
		else
			err = shared && (prot & PROT_WRITE) &&
			      !file->may_write ? -EACCES : 0;
		if (err)
			return err;
		return req->flags & VM_GROWSDOWN ? -EINVAL : 0;
	default:
		return -EINVAL;
	}
}

static int mmap_check_anonymous(const struct mmap_request *req, int flags)
{
	switch (flags & MAP_TYPE) {
	case MAP_SHARED:
		return req->flags & VM_GROWSDOWN ? -EINVAL : 0;
	case MAP_PRIVATE:
		return 0;
	default:
		return -EINVAL;
	}
}

/* Let the area below or above have the new range, if one is like it. */
static bool mmap_join(struct mm *mm, const struct mmap_request *req)
{
	struct vma_tree *tree = &mm->vmas;
	struct vma *next = req->next;
	struct vma *prev = next ? next->prev : tree->last;
	vaddr_t end = req->start + req->size;
	bool up = next && vma_can_precede(next, end, req->flags, req->file,
					  req->pgoff + (req->size >>
							PAGE_SHIFT), 0);

	if (prev && vma_can_follow(prev, req->start, req->flags, req->file,
				   req->pgoff, up ? next->anon : 0)) {
		vma_resize(prev, prev->start, end);
		if (up)
			vma_put(vma_swallow_next(tree, prev));
		return true;
	}
	if (up)
		vma_resize(next, req->start, next->end);
	return up;
}

static void mmap_insert(struct mm *mm, const struct mmap_request *req,
			struct vma *vma)
{
	vma->start = req->start;
	vma->end = req->start + req->size;
	vma->flags = req->flags;
	vma->pgoff = req->pgoff;
	vma->anon = 0;
	vma->file = req->file;
	vma_get_file(vma);
	vma_insert(&mm->vmas, vma, req->next);
}

/* Replace what is in the way.  Rare, so the spares are had without a look. */
static int __small mmap_over(struct mm *mm, struct mmap_request *req)
{
	vaddr_t end = req->start + req->size;
	struct vma *vma, *spare = NULL;

	if (mmap_is_inside(req->next, req->start, end)) {
		if (mm->vmas.nr >= max_maps())
			return -ENOMEM;
		spare = vma_alloc();
		if (!spare)
			return -ENOMEM;
	}
	vma = vma_alloc();
	if (!vma) {
		if (spare)
			vma_free(spare);
		return -ENOMEM;
	}

	/* From here on nothing fails. */
	unmap_range(mm, req->next, req->start, end, spare);
	req->next = vma_find(&mm->vmas, end);
	if (mmap_join(mm, req))
		vma_free(vma);
	else
		mmap_insert(mm, req, vma);
	return 0;
}

/* Pages in place of @req that areas with all of @flags have. */
static uint32_t __small nr_in_place(const struct mmap_request *req,
				    uint32_t flags)
{
	vaddr_t end = req->start + req->size;
	const struct vma *vma = req->next;
	uint32_t size = 0;

	for (; vma && vma->start < end; vma = vma->next)
		if ((vma->flags & flags) == flags)
			size += min(vma->end, end) - max(vma->start,
							 req->start);
	return size >> PAGE_SHIFT;
}

/* The limits are passed.  Do they allow it, as something else goes for it? */
static bool __small fits_in_place(const struct mm *mm,
				  const struct mmap_request *req)
{
	return mm_may_expand(mm, req->flags, (req->size >> PAGE_SHIFT) -
			     nr_in_place(req, 0));
}

static inline bool is_in_the_way(const struct mmap_request *req)
{
	return req->next && req->next->start < req->start + req->size;
}

/* What goes for it takes its promises along. */
static bool mmap_charge(const struct mm *mm, const struct mmap_request *req)
{
	const uint32_t nr_pages = req->size >> PAGE_SHIFT;
	uint32_t back;
	bool ok;

	if (likely(!is_in_the_way(req)))
		return vm_charge(mm, nr_pages);
	back = nr_in_place(req, VM_ACCOUNT);
	vm_uncharge(back);
	ok = vm_charge(mm, nr_pages);
	vm_uncharge(-back);
	return ok;
}

static int mmap_enter(struct mm *mm, struct mmap_request *req)
{
	struct vma *vma;

	if (is_in_the_way(req))
		return mmap_over(mm, req);
	if (mmap_join(mm, req))
		return 0;
	vma = vma_alloc();
	if (!vma)
		return -ENOMEM;
	mmap_insert(mm, req, vma);
	return 0;
}

static int mmap_region(struct mm *mm, struct mmap_request *req)
{
	const uint32_t nr_pages = req->size >> PAGE_SHIFT;
	int err;

	if (unlikely(!mm_may_expand(mm, req->flags, nr_pages)) &&
	    !fits_in_place(mm, req))
		return -ENOMEM;
	if (mmap_is_accounted(req->flags)) {
		if (!mmap_charge(mm, req))
			return -ENOMEM;
		req->flags |= VM_ACCOUNT;
	}
	err = mmap_enter(mm, req);
	if (likely(!err))
		mm->total_vm += nr_pages;
	else if (req->flags & VM_ACCOUNT)
		vm_uncharge(nr_pages);
	return err;
}

/* Shared anonymous memory: a new file, which the area alone will own. */
static int __small mmap_shmem(struct mm *mm, struct mmap_request *req)
{
	int err;

	req->pgoff = 0;
	req->file = shmem_create(req->size >> PAGE_SHIFT,
				 !(req->flags & VM_NORESERVE));
	if (!req->file)
		return -ENOMEM;
	err = mmap_region(mm, req);
	vm_file_put(req->file);
	return err;
}

/* The new area is there: its driver fills it. */
static int __small mmap_frames(struct mm *mm, const struct mmap_request *req)
{
	struct vma *vma = vma_find(&mm->vmas, req->start);
	int err = req->file->ops->map(req->file, mm, vma);

	if (err)
		unmap_range(mm, vma, vma->start, vma->end, NULL);
	return err;
}

static uint32_t __small mmap_odd_flags(int flags)
{
	bool may_overcommit = vm_overcommit_memory != OVERCOMMIT_NEVER;

	return (flags & MAP_GROWSDOWN ? VM_GROWSDOWN : 0) |
	       (flags & MAP_NORESERVE && may_overcommit ? VM_NORESERVE : 0) |
	       (flags & MAP_LOCKED ? VM_LOCKED : 0);
}

/* May what is asked for be locked, as @flags or mlockall() say? */
static int __small mmap_check_lock(const struct mm *mm, const struct mmap_request *req,
			   int flags)
{
	if ((flags & MAP_LOCKED) && !mm_can_lock(mm))
		return -EPERM;
	return mm_may_lock(mm, req->size >> PAGE_SHIFT) ? 0 : -EAGAIN;
}

static int mmap_locked(struct mm *mm, struct mmap_request *req, int prot,
		       int flags)
{
	int err;

	if (mm->vmas.nr > max_maps())
		return -ENOMEM;
	if (req->size > TASK_SIZE - MMAP_MIN_ADDR)
		return -ENOMEM;
	err = flags & MAP_FIXED ? mmap_place_fixed(mm, req, flags) :
		find_place(mm, req);
	if (err)
		return err;

	if (unlikely(prot & mm->read_exec) &&
	    !(req->file && req->file->no_exec))
		prot |= PROT_EXEC;
	req->flags = (prot & VM_ACCESS) | mm->def_flags;
	if (unlikely(flags & (MAP_GROWSDOWN | MAP_NORESERVE | MAP_LOCKED)))
		req->flags |= mmap_odd_flags(flags);
	if (unlikely(req->flags & VM_LOCKED)) {
		err = mmap_check_lock(mm, req, flags);
		if (err)
			return err;
	}
	err = req->file ? mmap_check_file(req, prot, flags) :
		mmap_check_anonymous(req, flags);
	if (err)
		return err;
	if (flags & MAP_SHARED & MAP_TYPE)
		req->flags |= VM_SHARED;

	if (req->file) {
		req->flags |= req->file->area_flags;
		err = mmap_region(mm, req);
		if (unlikely(req->flags & VM_PFNMAP) && !err)
			err = mmap_frames(mm, req);
		return err;
	}
	if (req->flags & VM_SHARED)
		return mmap_shmem(mm, req);
	req->pgoff = req->start >> PAGE_SHIFT;
	return mmap_region(mm, req);
}

static bool wants_populate(const struct mmap_request *req, int flags)
{
	return (req->flags & VM_LOCKED) ||
	       (flags & (MAP_POPULATE | MAP_NONBLOCK)) == MAP_POPULATE;
}

/* What can be said of the arguments without looking at the areas. */
static int mmap_check_args(struct mmap_request *req, size_t len, int flags)
{
	if (!len)
		return -EINVAL;
	if (flags & MAP_HUGETLB)
		return req->file ? -EINVAL : -ENOMEM;
	if (!(flags & MAP_FIXED)) {
		req->start &= PAGE_MASK;
		if (req->start && req->start < MMAP_MIN_ADDR)
			req->start = MMAP_MIN_ADDR;
	}
	req->size = PAGE_ALIGN_UP(len);
	if (!req->size)
		return -ENOMEM;
	if (req->pgoff + (req->size >> PAGE_SHIFT) < req->pgoff)
		return -EOVERFLOW;
	return 0;
}

long mm_mmap(struct mm *mm, vaddr_t addr, size_t len, int prot, int flags,
	     struct vm_file *file, uint32_t pgoff)
{
	struct mmap_request req;
	int err;

	req.start = addr;
	req.pgoff = pgoff;
	req.file = file;
	if (flags & MAP_FIXED_NOREPLACE)
		flags |= MAP_FIXED;
	err = mmap_check_args(&req, len, flags);
	if (!err) {
		mutex_lock(&mm->lock);
		err = mmap_locked(mm, &req, prot, flags);
		if (!err && unlikely(wants_populate(&req, flags)))
			mmap_populate(mm, req.start, req.start + req.size,
				      true);
		mutex_unlock(&mm->lock);
	}
	return err ? err : (long)req.start;
}

/* ----------------------------------------------------- remap_file_pages */

/* Is [@start, @end) all of one kind, from @vma on? */
static bool is_alike(const struct vma *vma, vaddr_t end)
{
	const struct vma *next;

	for (; vma->end < end; vma = next) {
		next = vma->next;
		if (!next || next->start != vma->end ||
		    next->file != vma->file || next->flags != vma->flags)
			return false;
	}
	return true;
}

static int remap_pages_locked(struct mm *mm, struct mmap_request *req,
			      int flags)
{
	struct vma *vma = vma_find(&mm->vmas, req->start);
	int err;

	if (!vma || vma->start > req->start || !(vma->flags & VM_SHARED) ||
	    !vma->file->may_write || !is_alike(vma, req->start + req->size))
		return -EINVAL;
	flags = (flags & MAP_NONBLOCK) | MAP_SHARED | MAP_FIXED |
		MAP_POPULATE | (vma->flags & VM_LOCKED ? MAP_LOCKED : 0);
	req->file = vm_file_get(vma->file);
	err = mmap_locked(mm, req, vma->flags & VM_ACCESS, flags);
	if (!err && wants_populate(req, flags))
		mmap_populate(mm, req->start, req->start + req->size, true);
	vm_file_put(req->file);
	return err;
}

int __small mm_remap_file_pages(struct mm *mm, vaddr_t start, size_t size,
				int prot, uint32_t pgoff, int flags)
{
	struct mmap_request req = {
		.start = start & PAGE_MASK, .size = size & PAGE_MASK,
		.pgoff = pgoff,
	};
	int err;

	if (prot || req.start + req.size <= req.start ||
	    pgoff + (req.size >> PAGE_SHIFT) < pgoff)
		return -EINVAL;
	mutex_lock(&mm->lock);
	err = remap_pages_locked(mm, &req, flags);
	mutex_unlock(&mm->lock);
	return err;
}

/* ------------------------------------------------------------------- brk */

static inline bool brk_has_room(const struct vma *next, vaddr_t end)
{
	return !next || end + PAGE_SIZE <= vma_low_end(next);
}

/* As mmap_region(), but that the area above is never joined. */
static int brk_region(struct mm *mm, struct mmap_request *req)
{
	const uint32_t nr_pages = req->size >> PAGE_SHIFT;
	struct vma *prev = req->next ? req->next->prev : mm->vmas.last, *vma;

	if (!mm_may_expand(mm, req->flags, nr_pages) ||
	    !vm_charge(mm, nr_pages))
		return -ENOMEM;
	req->flags |= VM_ACCOUNT;
	if (prev && vma_can_follow(prev, req->start, req->flags, NULL,
				   req->pgoff, 0)) {
		vma_resize(prev, prev->start, req->start + req->size);
	} else {
		vma = vma_alloc();
		if (!vma) {
			vm_uncharge(nr_pages);
			return -ENOMEM;
		}
		mmap_insert(mm, req, vma);
	}
	mm->total_vm += nr_pages;
	return 0;
}

/* The heap was empty, or has holes, or it is to be locked or executed. */
static int __noinline __small
brk_grow_odd(struct mm *mm, vaddr_t start, vaddr_t end, struct vma *heap)
{
	struct mmap_request req = {
		.start = start, .size = end - start,
		.flags = VM_DATA | mm->def_flags |
			 (mm->read_exec ? VM_EXEC : 0), .pgoff = start >> PAGE_SHIFT,
		.next = heap && heap->end == start ? heap->next : heap,
	};
	int err;

	if (start < MMAP_MIN_ADDR && !mm->may_lock_all)
		return -EPERM;
	if (!start)			/* nothing ends below it */
		req.next = vma_find(&mm->vmas, 0);
	if (!brk_has_room(req.next, end) || mm->vmas.nr > max_maps())
		return -ENOMEM;
	if ((req.flags & VM_LOCKED) && !mm_may_lock(mm, req.size >> PAGE_SHIFT))
		return -EAGAIN;
	err = brk_region(mm, &req);
	if (!err && (req.flags & VM_LOCKED))
		mmap_populate(mm, start, end, true);
	return err;
}

/* @heap: the first area that ends at @start or above. */
static int brk_grow(struct mm *mm, vaddr_t start, vaddr_t end,
		    struct vma *heap)
{
	uint32_t nr_pages;

	if (!heap || mm->def_flags | mm->read_exec ||
	    !vma_can_follow(heap, start, VM_DATA | VM_ACCOUNT, NULL,
			    start >> PAGE_SHIFT, 0))
		return brk_grow_odd(mm, start, end, heap);
	nr_pages = (end - start) >> PAGE_SHIFT;
	if (!brk_has_room(heap->next, end) ||
	    !mm_may_expand(mm, heap->flags, nr_pages) ||
	    !vm_charge(mm, nr_pages))
		return -ENOMEM;
	mm->total_vm += nr_pages;
	vma_resize(heap, heap->start, end);
	return 0;
}

static int brk_shrink(struct mm *mm, vaddr_t start, vaddr_t end,
		      struct vma *heap)
{
	if (!heap || heap->end != end || heap->start >= start)
		return munmap_locked(mm, start, end);
	mm_note_peak(mm);
	leaves(mm, heap, end - start);
	vma_resize(heap, heap->start, start);
	pgtable_unmap(&mm->pgtable, start, end, start,
		      heap->next ? heap->next->start : TASK_SIZE);
	return 0;
}

static int brk_locked(struct mm *mm, vaddr_t brk)
{
	vaddr_t old = PAGE_ALIGN_UP(mm->brk), new = PAGE_ALIGN_UP(brk);
	struct vma *heap;

	if (brk < mm->start_brk || brk > TASK_SIZE)
		return -ENOMEM;
	if (unlikely(mm->limit_data != UINT32_MAX) &&
	    brk - mm->start_brk + (mm->end_data - mm->start_data) >
	    mm->limit_data)
		return -ENOSPC;
	if (new == old)
		return 0;
	heap = vma_find(&mm->vmas, old - 1);
	return new > old ? brk_grow(mm, old, new, heap) :
		brk_shrink(mm, new, old, heap);
}

vaddr_t mm_brk(struct mm *mm, vaddr_t brk)
{
	mutex_lock(&mm->lock);
	if (!brk_locked(mm, brk))
		mm->brk = brk;
	brk = mm->brk;
	mutex_unlock(&mm->lock);
	return brk;
}

/* ------------------------------------------------------------------ exec */

void mm_set_brk(struct mm *mm, vaddr_t start)
{
	mm->start_brk = start;
	mm->brk = start;
}

int __small mm_map_stack(struct mm *mm)
{
	long addr = mm_mmap(mm, STACK_TOP - STACK_SIZE, STACK_SIZE,
			    PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED |
			    MAP_GROWSDOWN, NULL, 0);

	return addr == (long)(STACK_TOP - STACK_SIZE) ? 0 : (int)addr;
}
