// SPDX-License-Identifier: MIT
/*
 * mm - address spaces as wholes: made, copied, switched to, taken down.
 *
 *	struct mm --+-- vmas		what may be where	(vma.c)
 *		    +-- pgtable		what is where		(pgtable.c)
 *		    +-- brk, stack, counters
 *
 * Users are threads that run in it.  A kernel thread is no user, though it
 * runs on the page tables of whoever ran before (it touches no user address,
 * and a CR3 load costs what the TLB knows).  So the last user to go finds the
 * tables perhaps still loaded, and has them exchanged for the kernel's own.
 * Nobody walks them from then on, so taking everything down needs no flush.
 *
 * fork() copies entries, not pages: both sides keep the same frames without
 * the right to write, and whoever writes first gets a copy (fault.c).  Its
 * cost is linear in the pages that are there; empty space costs nothing.
 *
 * Locking: all fields of an mm by its lock, except where mm.h says otherwise;
 * the list of all by mm_list_lock, which is taken before an mm's lock.
 */
#include "mm/mm.h"

#include "lib/errno.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "mm/mapping.h"
#include "mm/mmap.h"
#include "mm/slab.h"

static struct kmem_cache *mm_cache, *vma_cache;

static struct mutex mm_list_lock = MUTEX_INIT(mm_list_lock);
static struct list mm_list = LIST_INIT(mm_list);

void mm_init(void)
{
	pgtable_init();
	mmap_init();
	mm_cache = kmem_cache_create("mm", sizeof(struct mm), 0, NULL);
	vma_cache = kmem_cache_create("vma", sizeof(struct vma), 0, NULL);
	if (!mm_cache || !vma_cache)
		panic("mm: no memory for its caches");
}

struct vma *vma_alloc(void)
{
	return kmem_cache_alloc(vma_cache, GFP_KERNEL);
}

void vma_put(struct vma *vma)
{
	if (vma->mapping)
		mapping_put(vma->mapping);
	vma_free(vma);
}

void vma_free(struct vma *vma)
{
	kmem_cache_free(vma_cache, vma);
}

struct mm *mm_create(void)
{
	struct mm *mm = kmem_cache_alloc(mm_cache, GFP_KERNEL);

	if (!mm)
		return NULL;
	if (pgtable_create(&mm->pgtable)) {
		kmem_cache_free(mm_cache, mm);
		return NULL;
	}
	mutex_init(&mm->lock);
	mm->users = 1;
	vma_tree_init(&mm->vmas);
	mm->start_brk = 0;
	mm->brk = 0;
	mm->start_stack = 0;
	mm->def_flags = 0;
	mm->total_vm = 0;
	mm->min_flt = 0;
	mutex_lock(&mm_list_lock);
	list_add_tail(&mm_list, &mm->link);
	mutex_unlock(&mm_list_lock);
	return mm;
}

static __always_inline struct vma *copy_vma(struct mm *to,
					    const struct vma *old,
					    uint32_t flags)
{
	struct vma *vma = vma_alloc();

	if (!vma)
		return NULL;
	vma->start = old->start;
	vma->end = old->end;
	vma->flags = flags;
	vma->pgoff = old->pgoff;
	vma->mapping = old->mapping;
	if (vma->mapping)
		mapping_get(vma->mapping);
	vma_insert(&to->vmas, vma, NULL);
	return vma;
}

/* Areas that a child does not get just as they are. */
#define VM_FORK_ODD	(VM_LOCK_FLAGS | VM_DONTCOPY | VM_WIPEONFORK)

static int __noinline clone_odd_vma(struct mm *to, struct mm *from,
				    const struct vma *old)
{
	if (old->flags & VM_DONTCOPY) {
		to->total_vm -= (old->end - old->start) >> PAGE_SHIFT;
		return 0;
	}
	if (!copy_vma(to, old, old->flags & ~VM_LOCK_FLAGS))
		return -ENOMEM;
	if (old->flags & VM_WIPEONFORK)
		return 0;
	return pgtable_copy(&to->pgtable, &from->pgtable, old->start, old->end,
			    !(old->flags & VM_SHARED));
}

static int clone_vma(struct mm *to, struct mm *from, const struct vma *old)
{
	if (unlikely(old->flags & VM_FORK_ODD))
		return clone_odd_vma(to, from, old);
	if (!copy_vma(to, old, old->flags))
		return -ENOMEM;
	if (old->flags & VM_SHARED)	/* constants below spare a few steps */
		return pgtable_copy(&to->pgtable, &from->pgtable, old->start,
				    old->end, false);
	return pgtable_copy(&to->pgtable, &from->pgtable, old->start, old->end,
			    true);
}

struct mm *mm_clone(struct mm *from)
{
	struct mm *mm = mm_create();
	struct vma *vma;
	int err = 0;

	if (!mm)
		return NULL;
	mutex_lock(&from->lock);
	mm->total_vm = from->total_vm;
	for (vma = from->vmas.first; vma; vma = vma->next) {
		err = clone_vma(mm, from, vma);
		if (unlikely(err))
			break;
	}
	mm->start_brk = from->start_brk;
	mm->brk = from->brk;
	mm->start_stack = from->start_stack;
	pgtable_flush(&from->pgtable);
	mutex_unlock(&from->lock);
	if (err) {
		mm_put(mm);
		return NULL;
	}
	return mm;
}

void mm_get(struct mm *mm)
{
	assert(mm->users > 0);
	atomic_inc(&mm->users);
}

static void mm_destroy(struct mm *mm)
{
	struct vma *vma, *next;

	mutex_lock(&mm_list_lock);
	list_remove(&mm->link);
	mutex_unlock(&mm_list_lock);

	assert(this_cpu()->mm != mm);
	pgtable_unload(&mm->pgtable);
	for (vma = mm->vmas.first; vma; vma = next) {
		next = vma->next;
		pgtable_unmap(&mm->pgtable, vma->start, vma->end, 0,
			      next ? next->start : TASK_SIZE);
		vma_put(vma);
	}
	pgtable_destroy(&mm->pgtable);
	kmem_cache_free(mm_cache, mm);
}

void mm_put(struct mm *mm)
{
	if (atomic_dec_is_zero(&mm->users))
		mm_destroy(mm);
}

/* ------------------------------------------------------------------ maps */

static const char *vma_name(const struct mm *mm, const struct vma *vma)
{
	if (vma->mapping)
		return vma->mapping->name;
	if (vma->start <= mm->brk && vma->end >= mm->start_brk)
		return "[heap]";
	if (vma->start <= mm->start_stack && vma->end >= mm->start_stack)
		return "[stack]";
	return NULL;
}

/* One line; as Linux has it, also to the space that ends a nameless one. */
static size_t format_vma(const struct mm *mm, const struct vma *vma, char *line)
{
	const struct mapping *mapping = vma->mapping;
	const char *name = vma_name(mm, vma);
	int length;

	length = snprintf(line, MM_MAPS_LINE,
			  "%08x-%08x %c%c%c%c %08x %02x:%02x %u ",
			  vma->start, vma->end,
			  vma->flags & VM_READ ? 'r' : '-',
			  vma->flags & VM_WRITE ? 'w' : '-',
			  vma->flags & VM_EXEC ? 'x' : '-',
			  vma->flags & VM_SHARED ? 's' : 'p',
			  mapping ? vma->pgoff << PAGE_SHIFT : 0,
			  mapping ? mapping->dev >> 8 : 0,
			  mapping ? mapping->dev & 0xff : 0,
			  mapping ? mapping->inode : 0);
	if (name)
		length += snprintf(line + length, MM_MAPS_LINE - length,
				   "%*s%s", max(49 - length, 0), "", name);
	if (length > MM_MAPS_LINE - 2)
		length = MM_MAPS_LINE - 2;
	line[length] = '\n';
	return length + 1;
}

size_t mm_format_maps(struct mm *mm, char *buf, size_t size, vaddr_t *cursor)
{
	char line[MM_MAPS_LINE];
	size_t used = 0, length;
	struct vma *vma;

	mutex_lock(&mm->lock);
	vma = *cursor < TASK_SIZE ? vma_find(&mm->vmas, *cursor) : NULL;
	for (; vma; vma = vma->next) {
		length = format_vma(mm, vma, line);
		if (length > size - used)
			break;
		memcpy(buf + used, line, length);
		used += length;
		*cursor = vma->end;
	}
	mutex_unlock(&mm->lock);
	return used;
}

/* ----------------------------------------------------------------- check */

static void check_inside(void *arg, vaddr_t va, pte_t pte)
{
	struct mm *mm = arg;
	struct vma *vma = vma_find(&mm->vmas, va);

	(void)pte;
	assert(vma && vma->start <= va);
	assert(!(pte.raw & PTE_WITHHELD) == !!(vma->flags & VM_ACCESS));
	if (pte.raw & PTE_WRITE) {
		assert(vma->flags & VM_WRITE);
		assert((vma->flags & VM_SHARED) ||
		       pfn_to_page(pte_pfn(pte))->refs == 1);
	}
	(void)vma;
}

void mm_check_one(struct mm *mm)
{
	struct vma *cache = mm->vmas.cache;
	uint32_t nr_pages = 0;

	vma_check(&mm->vmas);
	pgtable_check(&mm->pgtable);
	pgtable_for_each(&mm->pgtable, check_inside, mm);
	for (struct vma *vma = mm->vmas.first; vma; vma = vma->next)
		nr_pages += (vma->end - vma->start) >> PAGE_SHIFT;
	assert(nr_pages == mm->total_vm);
	mm->vmas.cache = cache;
}

void mm_check_all(void)
{
	struct mm *mm;

	mutex_lock(&mm_list_lock);
	list_for_each_entry(mm, &mm_list, link) {
		if (!mutex_trylock(&mm->lock))
			continue;
		mm_check_one(mm);
		mutex_unlock(&mm->lock);
	}
	mutex_unlock(&mm_list_lock);
}

void mm_get_stats(struct mm_stats *stats)
{
	const struct mm *mm;

	*stats = (struct mm_stats){ 0 };
	mutex_lock(&mm_list_lock);
	list_for_each_entry(mm, &mm_list, link) {
		/* Single words, that may change while we add: an estimate. */
		stats->nr_tables += READ_ONCE(mm->pgtable.nr_tables) + 1;
		stats->nr_pages += READ_ONCE(mm->pgtable.nr_pages);
	}
	mutex_unlock(&mm_list_lock);
}
