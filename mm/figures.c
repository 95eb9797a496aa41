// SPDX-License-Identifier: MIT
/*
 * figures - what memory is used for.
 *
 * Nothing is counted while it happens that can be seen afterwards.  A frame's
 * flags tell its role, an entry's bits whose page it names, an area's flags
 * its kind; so the figures here are exact, and cost only whoever reads them.
 *
 * How many entries name a page is told by its references: there is one for
 * each, and one of the mapping's if it has one.  Who holds a page for the
 * length of a copy is taken for an entry meanwhile.
 *
 * Locking: mm->lock for entries and areas.  Frames are looked at without one,
 * but with interrupts off for a large block at a time: each block is right at
 * its moment.
 */
#include "mm/figures.h"

#include "lib/string.h"
#include "mm/account.h"
#include "mm/mapping.h"
#include "mm/zone.h"
#include "x86/cpu.h"

/* ----------------------------------------------------------------- frames */

static inline uint32_t map_count(const struct page *page)
{
	int32_t refs = READ_ONCE(page->refs);

	if (page->flags & PG_MAPPING)
		refs--;
	return max(refs, 0);
}

static void count_cached(struct page_census *census, const struct page *page)
{
	const struct mapping *mapping = READ_ONCE(page->mapping);

	census->cached++;
	census->mapped += map_count(page) != 0;
	census->shmem += mapping && mapping->is_shmem;
	census->dirty += !!(page->flags & PG_DIRTY);
}

/* The block that @page heads.  Return: its size. */
static size_t count_block(struct page_census *census, const struct page *page)
{
	uint16_t flags = READ_ONCE(page->flags);
	size_t nr = 1u << page->order;

	if (flags & PG_BUDDY)
		census->free += nr;
	else if (flags & PG_PCP || !page->refs)
		census->free += nr = 1;
	else if (flags & PG_MAPPING)
		count_cached(census, page);
	else if (flags & PG_SLAB)
		census->slab += nr;
	else if (flags & PG_LARGE)
		census->large += nr;
	else if (flags & PG_VMALLOC)
		census->vmalloc += nr;
	else if (flags & PG_TABLE)
		census->tables += nr;
	else if (flags & PG_ANON)
		census->anon += nr;
	else
		census->other += nr;
	return nr;
}

/* No block lies across the ends, and none changes while it is counted. */
static void count_range(struct page_census *census, pfn_t pfn, pfn_t end)
{
	uint32_t flags = irq_save();

	while (pfn < end) {
		const struct page *page = pfn_to_page(pfn);

		if (page->flags & PG_RESERVED)
			pfn++;
		else
			pfn += count_block(census, page);
	}
	irq_restore(flags);
}

void page_census(struct page_census *census)
{
	*census = (struct page_census){ 0 };
	for (unsigned int i = 0; i < NR_ZONES; i++)
		census->managed += zones[i].nr_managed;
	for (pfn_t pfn = 0; pfn < max_pfn; pfn += MAX_BLOCK)
		count_range(census, pfn, min(pfn + MAX_BLOCK, max_pfn));
}

uint64_t page_map_count(pfn_t pfn)
{
	const struct page *page;

	if (pfn >= max_pfn)
		return 0;
	page = pfn_to_page(pfn);
	return page->flags & (PG_ANON | PG_MAPPING) ? map_count(page) : 0;
}

/* Linux's numbers of /proc/kpageflags. */
#define KPF_REFERENCED	(1u << 2)
#define KPF_UPTODATE	(1u << 3)
#define KPF_DIRTY	(1u << 4)
#define KPF_LRU		(1u << 5)
#define KPF_SLAB	(1u << 7)
#define KPF_BUDDY	(1u << 10)
#define KPF_MMAP	(1u << 11)
#define KPF_ANON	(1u << 12)
#define KPF_SWAPBACKED	(1u << 14)
#define KPF_NOPAGE	(1u << 20)
#define KPF_ZERO_PAGE	(1u << 24)
#define KPF_PGTABLE	(1u << 26)
#define KPF_RESERVED	(1ull << 32)

/* Is the frame inside a free block, whose first frame alone says so? */
static bool is_free_inside(pfn_t pfn)
{
	for (unsigned int order = 1; order < MAX_ORDER; order++) {
		const struct page *head = pfn_to_page(ALIGN_DOWN(pfn,
								 1u << order));

		if (head->flags & (PG_BUDDY | PG_PCP))
			return head->order >= order;
	}
	return false;
}

uint64_t page_kpf(pfn_t pfn)
{
	static const struct {
		uint16_t flag;
		uint32_t kpf;
	} table[] = {
		{ PG_BUDDY, KPF_BUDDY }, { PG_SLAB, KPF_SLAB },
		{ PG_TABLE, KPF_PGTABLE }, { PG_DIRTY, KPF_DIRTY },
		{ PG_ANON, KPF_ANON | KPF_SWAPBACKED | KPF_LRU |
			   KPF_UPTODATE },
		{ PG_MAPPING, KPF_LRU | KPF_UPTODATE },
	};
	const struct page *page;
	uint64_t kpf = 0;

	if (pfn >= max_pfn)
		return KPF_NOPAGE;
	page = pfn_to_page(pfn);
	if (page->flags & PG_RESERVED)
		return KPF_RESERVED;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (page->refs && page->flags & table[i].flag)
			kpf |= table[i].kpf;
	if (page->flags & (PG_BUDDY | PG_PCP) ||
	    (!page->refs && is_free_inside(pfn)))
		return KPF_BUDDY;
	if (page == zero_page)
		kpf |= KPF_ZERO_PAGE;
	if (page->flags & PG_MAPPING && page->mapping &&
	    page->mapping->is_shmem)
		kpf |= KPF_SWAPBACKED;
	return page_map_count(pfn) ? kpf | KPF_MMAP : kpf;
}

/* ------------------------------------------------------------------ areas */

/* An entry of an area, as what is to be known of it; false: there is none. */
static bool entry_at(const struct mm *mm, vaddr_t addr, pte_t *pte)
{
	const pte_t *at = pgtable_find(&mm->pgtable, addr);

	if (!at || pte_is_none(*at))
		return false;
	*pte = *at;
	return true;
}

/* The address of the next table, or the page above @addr if there is one. */
static vaddr_t next_address(const struct mm *mm, vaddr_t addr)
{
	if (pgtable_find(&mm->pgtable, addr))
		return addr + PAGE_SIZE;
	return (addr & ~(PGD_SIZE - 1)) + PGD_SIZE;
}

static void add_page(struct vma_figures *f, const struct page *page,
		     uint32_t pte)
{
	uint32_t users = max(map_count(page), 1u);
	uint32_t share = (PAGE_SIZE << PSS_SHIFT) / users;
	bool dirty = (pte & PTE_DIRTY) || (page->flags & PG_DIRTY);

	f->rss++;
	f->pss += share;
	f->referenced += !!(pte & PTE_ACCESSED);
	f->anonymous += !(pte & PTE_FILE);
	f->pss_anon += pte & PTE_FILE ? 0 : share;
	if (dirty)
		f->pss_dirty += share;
	if (users > 1) {
		f->shared_clean += !dirty;
		f->shared_dirty += dirty;
	} else {
		f->private_clean += !dirty;
		f->private_dirty += dirty;
	}
}

static void look_at(const struct mm *mm, const struct vma *vma,
		    struct vma_figures *f)
{
	*f = (struct vma_figures){
		.start = vma->start, .end = vma->end, .flags = vma->flags,
		.may_write = !vma->file || !(vma->flags & VM_SHARED) ||
			     vma->file->may_write,
		.is_file = vma->file,
		.is_shmem = vma->file && vma->file->mapping->is_shmem,
	};
	for (vaddr_t addr = vma->start; addr < vma->end && addr >= vma->start;
	     addr = next_address(mm, addr)) {
		pte_t pte;

		if (entry_at(mm, addr, &pte) && !(pte.raw & PTE_ZERO))
			add_page(f, pfn_to_page(pte_pfn(pte)), pte.raw);
	}
	if (vma->flags & VM_LOCKED)
		f->locked = f->pss >> PSS_SHIFT;
}

bool mm_next_vma_figures(struct mm *mm, vaddr_t *cursor,
			 struct vma_figures *figures)
{
	const struct vma *vma;

	mutex_lock(&mm->lock);
	vma = *cursor < TASK_SIZE ? vma_find(&mm->vmas, *cursor) : NULL;
	if (vma) {
		look_at(mm, vma, figures);
		*cursor = vma->end;
	}
	mutex_unlock(&mm->lock);
	return vma;
}

void vma_letters(const struct vma_figures *f, char *buf)
{
	/* By bit, two letters each; blanks: not shown. */
	static const char letters[] =
		"rdwrexshmrmwmemsgd  pf    loiosrrrdcdelfacnr      wfdd    hgnhmg";
	uint32_t flags = f->flags | 0x50;	/* may be read, executed */

	if (f->may_write)
		flags |= 0x20;
	else
		flags &= ~VM_SHARED;
	if (f->flags & VM_SHARED)
		flags |= 0x80;			/* may be shared */
	for (unsigned int bit = 0; bit < 32; bit++) {
		if (!(flags >> bit & 1) || letters[2 * bit] == ' ')
			continue;
		*buf++ = letters[2 * bit];
		*buf++ = letters[2 * bit + 1];
		*buf++ = ' ';
	}
	*buf = '\0';
}

/* --------------------------------------------------------- address spaces */

/* Entries of areas that show files in memory. */
static uint32_t count_shmem(const struct mm *mm)
{
	uint32_t nr = 0;

	for (const struct vma *vma = mm->vmas.first; vma; vma = vma->next) {
		if (!vma->file || !vma->file->mapping->is_shmem)
			continue;
		for (vaddr_t addr = vma->start;
		     addr < vma->end && addr >= vma->start;
		     addr = next_address(mm, addr)) {
			pte_t pte;

			nr += entry_at(mm, addr, &pte) &&
			      (pte.raw & (PTE_FILE | PTE_ZERO)) == PTE_FILE;
		}
	}
	return nr;
}

void mm_get_figures(struct mm *mm, struct mm_figures *f)
{
	mutex_lock(&mm->lock);
	memset(f, 0, sizeof(*f));
	f->vm = mm->total_vm;
	f->vm_peak = max(mm->peak_vm, mm->total_vm);
	f->locked = mm_sum(mm, VM_LOCKED, VM_LOCKED);
	f->rss = mm->pgtable.nr_pages;
	f->rss_peak = max(mm->peak_rss, mm->pgtable.nr_pages);
	f->rss_anon = mm->pgtable.nr_pages - mm->pgtable.nr_file;
	f->rss_shmem = count_shmem(mm);
	f->data = mm_sum(mm, VM_KIND, VM_KIND_DATA);
	f->stack = mm_sum(mm, VM_GROWSDOWN, VM_GROWSDOWN);
	f->exec = mm_sum(mm, VM_EXEC | VM_WRITE | VM_GROWSDOWN, VM_EXEC);
	f->text = (PAGE_ALIGN_UP(mm->end_code) -
		   (mm->start_code & PAGE_MASK)) >> PAGE_SHIFT;
	f->tables = mm->pgtable.nr_tables;
	f->rss_file = mm->pgtable.nr_file - f->rss_shmem;
	mutex_unlock(&mm->lock);
}

static uint64_t pagemap_entry(const struct mm *mm, vaddr_t addr)
{
	const struct page *page;
	uint64_t entry;
	pte_t pte;

	if (addr >= TASK_SIZE || !entry_at(mm, addr, &pte) ||
	    !pte_is_present(pte))
		return 0;
	entry = PAGEMAP_PRESENT | pte_pfn(pte);
	if (pte.raw & PTE_ZERO)
		return entry;
	page = pfn_to_page(pte_pfn(pte));
	if (pte.raw & PTE_FILE)
		entry |= PAGEMAP_FILE;
	return map_count(page) == 1 ? entry | PAGEMAP_EXCLUSIVE : entry;
}

void mm_pagemap(struct mm *mm, vaddr_t addr, size_t nr, uint64_t *entries)
{
	mutex_lock(&mm->lock);
	for (size_t i = 0; i < nr; i++)
		entries[i] = pagemap_entry(mm, addr + i * PAGE_SIZE);
	mutex_unlock(&mm->lock);
}
