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
 * the list of all by mm_list_lock, which is taken before an mm's lock, but
 * that of one which is not in the list.
 */
#include "mm/mm.h"

#include "lib/errno.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "mm/account.h"
#include "mm/mapping.h"
#include "mm/mmap.h"
#include "mm/slab.h"

static struct kmem_cache *mm_cache, *vma_cache;

static struct mutex mm_list_lock = MUTEX_INIT(mm_list_lock);
static struct list mm_list = LIST_INIT(mm_list);

void mm_init(void)
{
	pgtable_init();
	account_init();
	mm_cache = kmem_cache_create("mm", sizeof(struct mm), 0, NULL);
	vma_cache = kmem_cache_create("vma", sizeof(struct vma), 0, NULL);
	if (!mm_cache || !vma_cache)
		panic("mm: no memory for its caches");
}

struct vma *vma_alloc(void)
{
	return kmem_cache_alloc(vma_cache, GFP_KERNEL);
}

void vma_get_file(const struct vma *vma)
{
	if (!vma->file)
		return;
	vm_file_get(vma->file);
	atomic_inc(&vma->file->mapping->nr_vmas);
	if (unlikely(vma->file->area_flags & VM_NOJOIN))
		vma->file->ops->shown(vma->file, true);
}

void vma_put(struct vma *vma)
{
	if (vma->file) {
		if (unlikely(vma->file->area_flags & VM_NOJOIN))
			vma->file->ops->shown(vma->file, false);
		atomic_add(&vma->file->mapping->nr_vmas, -1);
		vm_file_put(vma->file);
	}
	vma_free(vma);
}

void vma_free(struct vma *vma)
{
	kmem_cache_free(vma_cache, vma);
}

/* A new one that nobody sees yet. */
static struct mm *mm_alloc(void)
{
	struct mm *mm = kmem_cache_alloc(mm_cache, GFP_KERNEL);

	if (!mm)
		return NULL;
	*mm = (struct mm){
		.limit_as = UINT32_MAX, .limit_data = UINT32_MAX,
		.limit_stack = STACK_LIMIT, .limit_memlock = UINT32_MAX,
		.may_lock_all = true, .mmap_base = MMAP_BASE,
	};
	if (pgtable_create(&mm->pgtable)) {
		kmem_cache_free(mm_cache, mm);
		return NULL;
	}
	mutex_init(&mm->lock);
	mm->users = 1;
	return mm;
}

static void mm_publish(struct mm *mm)
{
	mutex_lock(&mm_list_lock);
	list_add_tail(&mm_list, &mm->link);
	mutex_unlock(&mm_list_lock);
}

struct mm *mm_create(void)
{
	struct mm *mm = mm_alloc();

	if (mm)
		mm_publish(mm);
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
	vma->file = old->file;
	vma->anon = vma_child_anon(old);
	vma_get_file(vma);
	vma_insert(&to->vmas, vma, NULL);
	return vma;
}

/* The promise that a copy of @old is. */
static inline bool charge_copy(const struct mm *mm, const struct vma *old)
{
	return !(old->flags & VM_ACCOUNT) ||
	       vm_charge(mm, vma_nr_pages(old));
}

static inline void uncharge_copy(const struct vma *old)
{
	if (old->flags & VM_ACCOUNT)
		vm_uncharge(vma_nr_pages(old));
}

/*
 * What a fault finds again is left to faults, as on Linux, where mincore() lets
 * one see it: an area needs its entries only for pages of its own, or of a
 * device.
 */
static __always_inline int copy_entries(struct mm *to, struct mm *from,
					const struct vma *old)
{
	if (likely(old->anon))		/* constants spare a few steps below */
		return pgtable_copy(&to->pgtable, &from->pgtable, old->start,
				    old->end, true);
	if (unlikely(old->flags & VM_PFNMAP))
		return pgtable_copy(&to->pgtable, &from->pgtable, old->start,
				    old->end, !(old->flags & VM_SHARED));
	return 0;
}

/* Areas that a child does not get just as they are. */
#define VM_FORK_ODD	(VM_LOCK_FLAGS | VM_DONTCOPY | VM_WIPEONFORK)

static int __noinline clone_odd_vma(struct mm *to, struct mm *from,
				    const struct vma *old)
{
	struct vma *vma;

	if (old->flags & VM_DONTCOPY) {
		to->total_vm -= (old->end - old->start) >> PAGE_SHIFT;
		return 0;
	}
	if (!charge_copy(from, old))
		return -ENOMEM;
	vma = copy_vma(to, old, old->flags & ~VM_LOCK_FLAGS);
	if (!vma) {
		uncharge_copy(old);
		return -ENOMEM;
	}
	if (old->flags & VM_WIPEONFORK) {
		vma->anon = 0;
		return 0;
	}
	return copy_entries(to, from, old);
}

static int clone_vma(struct mm *to, struct mm *from, const struct vma *old)
{
	if (unlikely(old->flags & VM_FORK_ODD))
		return clone_odd_vma(to, from, old);
	if (unlikely(!charge_copy(from, old)))
		return -ENOMEM;
	if (unlikely(!copy_vma(to, old, old->flags))) {
		uncharge_copy(old);
		return -ENOMEM;
	}
	return copy_entries(to, from, old);
}

static void copy_words(struct mm *to, const struct mm *from)
{
	const size_t first = offsetof(struct mm, start_brk);

	memcpy((char *)to + first, (const char *)from + first,
	       sizeof(*to) - first);
	if (from->exe)
		to->exe = vm_file_get(from->exe);
}

/*
 * mm_unmap_mapping() must not miss an entry that is copied while it walks, so
 * the child's lock is held from before it joins the list until all is copied.
 * As the walk holds the list's lock throughout, the child joins either before
 * it starts, and the walk waits at the child and finds there whatever was
 * copied; or after its end, when @from has nothing left that is to go.
 */
struct mm *mm_clone(struct mm *from)
{
	struct mm *mm = mm_alloc();
	struct vma *vma;
	int err = 0;

	if (!mm)
		return NULL;
	mutex_lock(&mm->lock);
	mm_publish(mm);
	mutex_lock(&from->lock);
	mm->total_vm = from->total_vm;
	for (vma = from->vmas.first; vma; vma = vma->next) {
		err = clone_vma(mm, from, vma);
		if (unlikely(err))
			break;
	}
	copy_words(mm, from);
	pgtable_flush(&from->pgtable);
	mutex_unlock(&from->lock);
	mutex_unlock(&mm->lock);
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
	uint32_t nr_charged = 0;

	mutex_lock(&mm_list_lock);
	list_remove(&mm->link);
	mutex_unlock(&mm_list_lock);

	assert(this_cpu()->mm != mm);
	pgtable_unload(&mm->pgtable);
	for (vma = mm->vmas.first; vma; vma = next) {
		next = vma->next;
		pgtable_unmap(&mm->pgtable, vma->start, vma->end, 0,
			      next ? next->start : TASK_SIZE);
		if (vma->flags & VM_ACCOUNT)
			nr_charged += vma_nr_pages(vma);
		vma_put(vma);
	}
	vm_uncharge(nr_charged);
	pgtable_destroy(&mm->pgtable);
	if (mm->exe)
		vm_file_put(mm->exe);
	kmem_cache_free(mm_cache, mm);
}

void mm_put(struct mm *mm)
{
	if (atomic_dec_is_zero(&mm->users))
		mm_destroy(mm);
}

/* --------------------------------------------------------------- mapping */

static void unmap_mapping(struct mm *mm, const struct mapping *mapping,
			  uint32_t start, uint32_t end, bool copies)
{
	for (struct vma *vma = mm->vmas.first; vma; vma = vma->next) {
		uint32_t first, last;
		vaddr_t from, to;

		if (!vma->file || vma->file->mapping != mapping)
			continue;
		first = max(start, vma->pgoff);
		last = min(end, vma_index(vma, vma->end));
		if (first >= last)
			continue;
		from = vma->start + ((first - vma->pgoff) << PAGE_SHIFT);
		to = from + ((last - first) << PAGE_SHIFT);
		if (copies)
			pgtable_unmap(&mm->pgtable, from, to, TASK_SIZE, 0);
		else
			pgtable_unmap_file(&mm->pgtable, from, to);
	}
}

void mm_unmap_mapping(struct mapping *mapping, uint32_t start, uint32_t end,
		      bool copies)
{
	struct mm *mm;

	assert(!mutex_is_held(&mapping->lock));
	if (!READ_ONCE(mapping->nr_vmas))
		return;
	mutex_lock(&mm_list_lock);
	list_for_each_entry(mm, &mm_list, link) {
		mutex_lock(&mm->lock);
		unmap_mapping(mm, mapping, start, end, copies);
		mutex_unlock(&mm->lock);
	}
	mutex_unlock(&mm_list_lock);
}

static bool shows_writable(const struct mm *mm, const struct mapping *mapping)
{
	const struct vma *vma;

	for (vma = mm->vmas.first; vma; vma = vma->next)
		if (vma->file && vma->file->mapping == mapping &&
		    (vma->flags & VM_SHARED) && vma->file->may_write)
			return true;
	return false;
}

bool mm_mapping_is_writable(const struct mapping *mapping)
{
	bool found = false;
	struct mm *mm;

	if (!READ_ONCE(mapping->nr_vmas))
		return false;
	mutex_lock(&mm_list_lock);
	list_for_each_entry(mm, &mm_list, link) {
		mutex_lock(&mm->lock);
		found |= shows_writable(mm, mapping);
		mutex_unlock(&mm->lock);
	}
	mutex_unlock(&mm_list_lock);
	return found;
}

/* ------------------------------------------------------------------ maps */

/* What a private anonymous area is for, if that is known. */
static const char *vma_use(const struct mm *mm, const struct vma *vma)
{
	if (vma->start <= mm->brk && vma->end >= mm->start_brk)
		return "[heap]";
	if (vma->start <= mm->start_stack && vma->end >= mm->start_stack)
		return "[stack]";
	return NULL;
}

/*
 * Its name, in which a newline is written as \012, at @buf.  Return: its
 * length; more than @size: it does not fit.
 */
static size_t format_name(const struct mm *mm, const struct vma *vma, char *buf,
			  size_t size)
{
	const char *use;
	size_t length, nr_newlines = 0;

	if (!vma->file) {
		use = vma_use(mm, vma);
		length = use ? strlen(use) : 0;
		if (length <= size)
			memcpy(buf, use, length);
		return length;
	}
	length = vma->file->ops->name(vma->file, buf, size);
	if (length > size)
		return length;
	for (size_t i = 0; i < length; i++)
		nr_newlines += buf[i] == '\n';
	if (!nr_newlines || length + 3 * nr_newlines > size)
		return length + 3 * nr_newlines;
	for (size_t i = length, to = length + 3 * nr_newlines; i--;) {
		if (buf[i] != '\n')
			buf[--to] = buf[i];
		else
			memcpy(buf + (to -= 4), "\\012", 4);
	}
	return length + 3 * nr_newlines;
}

/*
 * One line; as Linux has it, also to the space that ends a nameless one.
 * Return: its length; 0: it does not fit.
 */
static size_t format_vma(const struct mm *mm, const struct vma *vma, char *buf,
			 size_t size)
{
	const struct mapping *mapping = vma->file ? vma->file->mapping : NULL;
	size_t length, name;
	char head[80];

	length = snprintf(head, sizeof(head),
			  "%08x-%08x %c%c%c%c %08llx %02x:%02x %u ",
			  vma->start, vma->end,
			  vma->flags & VM_READ ? 'r' : '-',
			  vma->flags & VM_WRITE ? 'w' : '-',
			  vma->flags & VM_EXEC ? 'x' : '-',
			  vma->flags & VM_SHARED ? 's' : 'p',
			  mapping ? (unsigned long long)vma->pgoff << PAGE_SHIFT : 0,
			  mapping ? mapping->dev >> 8 : 0,
			  mapping ? mapping->dev & 0xff : 0,
			  mapping ? mapping->inode : 0);
	if (mapping || vma_use(mm, vma))
		length += snprintf(head + length, sizeof(head) - length, "%*s",
				   max(49 - (int)length, 0), "");
	if (length + 1 > size)
		return 0;
	memcpy(buf, head, length);
	name = format_name(mm, vma, buf + length, size - length - 1);
	if (name > size - length - 1)
		return 0;
	buf[length + name] = '\n';
	return length + name + 1;
}

static size_t format_maps(struct mm *mm, char *buf, size_t size,
			  vaddr_t *cursor, unsigned int nr)
{
	size_t used = 0, length;
	struct vma *vma;

	mutex_lock(&mm->lock);
	vma = *cursor < TASK_SIZE ? vma_find(&mm->vmas, *cursor) : NULL;
	for (; vma && nr--; vma = vma->next) {
		length = format_vma(mm, vma, buf + used, size - used);
		if (!length)
			break;
		used += length;
		*cursor = vma->end;
	}
	mutex_unlock(&mm->lock);
	return used;
}

size_t mm_format_maps(struct mm *mm, char *buf, size_t size, vaddr_t *cursor)
{
	return format_maps(mm, buf, size, cursor, UINT32_MAX);
}

size_t mm_format_map(struct mm *mm, char *buf, size_t size, vaddr_t *cursor)
{
	return format_maps(mm, buf, size, cursor, 1);
}

/* ----------------------------------------------------------------- check */

static void check_inside(void *arg, vaddr_t va, pte_t pte)
{
	struct mm *mm = arg;
	struct vma *vma = vma_find(&mm->vmas, va);

	assert(vma && vma->start <= va);
	if (pte_is_frame(pte)) {
		assert(vma->flags & VM_PFNMAP);
		return;
	}
	assert(!(pte.raw & (PTE_FILE | PTE_ZERO)) ==
	       !!(pfn_to_page(pte_pfn(pte))->flags & PG_ANON));
	assert(!(pte.raw & PTE_FILE) || vma->file);
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

static size_t count_present(const struct mm *mm, const struct vma *vma)
{
	size_t nr = 0;

	for (vaddr_t at = vma->start; at < vma->end; at += PAGE_SIZE) {
		const pte_t *pte = pgtable_find(&mm->pgtable, at);

		if (pte)
			nr += !pte_is_none(*pte);
		else
			at |= PGD_SIZE - PAGE_SIZE;	/* no table */
	}
	return nr;
}

size_t mm_nr_locked(void)
{
	const struct vma *vma;
	size_t nr = 0;
	struct mm *mm;

	mutex_lock(&mm_list_lock);
	list_for_each_entry(mm, &mm_list, link) {
		mutex_lock(&mm->lock);
		for (vma = mm->vmas.first; vma; vma = vma->next)
			if (vma->flags & VM_LOCKED)
				nr += count_present(mm, vma);
		mutex_unlock(&mm->lock);
	}
	mutex_unlock(&mm_list_lock);
	return nr;
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
