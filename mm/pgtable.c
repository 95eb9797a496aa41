// SPDX-License-Identifier: MIT
/*
 * pgtable - writes the user half of page tables, and counts references.
 *
 *	pt->pgd		one page		  tables, on demand
 *	+-----+					  +------------------------+
 *	|  0  |--------------------------------->| 1024 entries = 4 MiB   |
 *	| ... |	  (none: 4 MiB of nothing)	  +------------------------+
 *	| 767 |
 *	+-----+ 768 .. 1023: the kernel's, the same in all address spaces and
 *	| ... |	    never changed after boot, so copied once
 *	+-----+
 *
 * Taking entries away goes in two steps, because a frame must not be given
 * away while a TLB still names it (T2 of tlb.h): gather the pages, flush, put
 * the pages.  A gather is an array on the stack, so any number of pages is
 * unmapped without memory for it, at one flush each GATHER_PAGES.
 *
 * A table that goes away is empty, and so is the user half of a directory:
 * that is just what the next owner wants.  A few of each are kept instead of
 * being freed, zeroed and filled anew.
 *
 * What is always true (pgtable_check(), with mm_check_one()):
 *   P1  nr_tables tables are in use, each where a vma lies, each PG_TABLE
 *   P2  nr_pages entries have a frame and no PTE_ZERO; each holds a reference;
 *	 nr_file of them are PTE_FILE
 *   P3  an entry with PTE_ZERO names zero_page and cannot be written, unless
 *	 it is a PTE_FRAME
 *   P4  a withheld entry is not present
 *
 * Not here: what belongs at an address (fault.c), where areas lie (vma.c).
 */
#include "mm/pgtable.h"

#include "lib/errno.h"
#include "lib/string.h"
#include "mm/buddy.h"
#include "mm/kernel_map.h"
#include "mm/tlb.h"

#define USER_SLOTS	pgd_index(TASK_SIZE)
#define PGD_USER_TABLE	(PTE_PRESENT | PTE_WRITE | PTE_USER | PTE_ACCESSED)
#define GATHER_PAGES	128
#define KEPT_TABLES	16
#define KEPT_PGDS	8

struct pgtable *pgtable_loaded_cpu[NR_CPUS];
struct page *zero_page;

/* Pages kept for their next use, linked by next.  Guarded by lock. */
struct kept {
	struct spinlock lock;
	struct page *top;
	unsigned int nr, max;
};

static struct kept kept_tables = { .max = KEPT_TABLES };
static struct kept kept_pgds = { .max = KEPT_PGDS };

static struct page *kept_pop(struct kept *kept)
{
	struct page *page;

	spin_lock(&kept->lock);
	page = kept->top;
	if (page) {
		kept->top = page->next;
		kept->nr--;
	}
	spin_unlock(&kept->lock);
	return page;
}

static bool kept_push(struct kept *kept, struct page *page)
{
	bool room;

	spin_lock(&kept->lock);
	room = kept->nr < kept->max;
	if (room) {
		page->next = kept->top;
		kept->top = page;
		kept->nr++;
	}
	spin_unlock(&kept->lock);
	return room;
}

static void __small kept_reap(struct kept *kept)
{
	struct page *page;

	while ((page = kept_pop(kept)))
		free_page(page);
}

/* A page as the last user left it in @kept, or one of zeros. */
static struct page *kept_alloc(struct kept *kept, bool *is_fresh)
{
	struct page *page;

	if (kept->nr && alloc_fail_now(GFP_KERNEL))
		return NULL;
	page = kept_pop(kept);
	*is_fresh = !page;
	return page ? page : alloc_page(GFP_KERNEL | GFP_ZERO);
}

static void kept_free(struct kept *kept, struct page *page)
{
	if (!kept_push(kept, page))
		free_page(page);
}

static bool is_zeros(const uint32_t *words, size_t nr)
{
	while (nr--)
		if (*words++)
			return false;
	return true;
}

void __small pgtable_init(void)
{
	zero_page = alloc_page(GFP_KERNEL | GFP_ZERO);
	if (!zero_page)
		panic("pgtable: no memory for the page of zeros");
}

unsigned int pgtable_nr_kept(void)
{
	return READ_ONCE(kept_tables.nr) + READ_ONCE(kept_pgds.nr);
}

void __small pgtable_reap(void)
{
	kept_reap(&kept_tables);
	kept_reap(&kept_pgds);
}

int __small pgtable_create(struct pgtable *pt)
{
	bool is_fresh;
	struct page *page = kept_alloc(&kept_pgds, &is_fresh);

	if (!page)
		return -ENOMEM;
	*pt = (struct pgtable){ .pgd = page_to_virt(page) };
	if (is_fresh)
		memcpy(&pt->pgd[USER_SLOTS], &kernel_pgd[USER_SLOTS],
		       (PTRS_PER_PGD - USER_SLOTS) * sizeof(pgd_t));
	assert(is_zeros(&pt->pgd->raw, USER_SLOTS));
	return 0;
}

void __small pgtable_destroy(struct pgtable *pt)
{
	assert(!pgtable_is_loaded(pt) && !pt->nr_pages && !pt->nr_tables);
	assert(is_zeros(&pt->pgd->raw, USER_SLOTS));
	kept_free(&kept_pgds, virt_to_page(pt->pgd));
}

void pgtable_load_slow(struct pgtable *pt)
{
	pgtable_loaded_cpu[cpu_id()] = pt;
	tlb_load_pgd(virt_to_phys(pt->pgd));
}

void pgtable_unload(struct pgtable *pt)
{
	preempt_disable();
	if (pgtable_is_loaded(pt)) {
		pgtable_loaded_cpu[cpu_id()] = NULL;
		tlb_load_pgd(virt_to_phys(kernel_pgd));
	}
	preempt_enable();
}

void pgtable_flush(const struct pgtable *pt)
{
	if (pgtable_is_loaded(pt))
		tlb_flush_user();
}

static inline pte_t *install_table(struct pgtable *pt, vaddr_t va,
				   struct page *page)
{
	pgd_t *pgd = &pt->pgd[pgd_index(va)];

	assert(!pgd->raw && is_zeros(page_to_virt(page), PTRS_PER_PTE));
	page->flags |= PG_TABLE;
	pgd->raw = page_to_phys(page) | PGD_USER_TABLE;
	pt->nr_tables++;
	return pgd_table(*pgd) + pte_index(va);
}

pte_t *pgtable_add_table(struct pgtable *pt, vaddr_t va)
{
	bool is_fresh;
	struct page *page = kept_alloc(&kept_tables, &is_fresh);

	return page ? install_table(pt, va, page) : NULL;
}

void pgtable_replace(struct pgtable *pt, pte_t *pte, vaddr_t va,
		     struct page *page)
{
	pte_t old = *pte;

	assert(pte_is_present(old));
	*pte = pte_make(page_to_pfn(page), PTE_USER_WRITE);
	if (pgtable_is_loaded(pt))
		tlb_flush_page(va);
	if ((old.raw & PTE_FRAME) == PTE_FILE)
		pt->nr_file--;
	if (old.raw & PTE_ZERO)
		pt->nr_pages++;
	else
		page_put(pfn_to_page(pte_pfn(old)));
}

/* ----------------------------------------------------------------- unmap */

struct gather {
	struct pgtable *pt;
	vaddr_t	 start, end;		/* where all that is gathered lay */
	bool	 is_stale;		/* an entry went, a flush is owed */
	unsigned int nr;
	struct page *tables;		/* linked by next */
	struct page *pages[GATHER_PAGES];
};

static void gather_flush(struct gather *gather)
{
	struct page **last = gather->pages + gather->nr;
	struct page **dead = gather->pages;

	if (gather->is_stale && pgtable_is_loaded(gather->pt))
		tlb_flush_user_range(gather->start, gather->end);
	gather->is_stale = false;

	/* Those with other users drop out; a dead page is freed with one. */
	for (struct page **p = gather->pages; p < last; p++) {
		struct page *page = *p;

		if (atomic_dec_is_zero(&page->refs)) {
			page->refs = 1;
			*dead++ = page;
		}
	}
	gather->nr = 0;
	if (dead > gather->pages)
		free_pages_bulk(gather->pages, dead - gather->pages);
}

static void gather_finish(struct gather *gather)
{
	struct page *page, *next;

	if (gather->is_stale)
		gather_flush(gather);
	for (page = gather->tables; page; page = next) {
		next = page->next;
		page->flags &= ~PG_TABLE;
		kept_free(&kept_tables, page);
	}
}

/* What the program wrote to it, others are to know. */
static void __noinline leave_file(struct pgtable *pt, uint32_t raw)
{
	pt->nr_file--;
	if (raw & PTE_DIRTY)
		page_set_dirty(pfn_to_page(raw >> PAGE_SHIFT));
}

/* Empty the entries [@pte, @last) of one table. */
static void gather_entries(struct gather *gather, pte_t *pte, pte_t *last)
{
	unsigned int nr = gather->nr;
	size_t nr_pages = 0;

	for (; pte < last; pte++) {
		uint32_t raw = pte->raw;

		if (!raw)
			continue;
		pte->raw = 0;
		gather->is_stale = true;
		if (unlikely(raw & (PTE_ZERO | PTE_FILE))) {
			if (raw & PTE_ZERO)
				continue;
			leave_file(gather->pt, raw);
		}
		nr_pages++;
		gather->pages[nr++] = pfn_to_page(raw >> PAGE_SHIFT);
		if (unlikely(nr == GATHER_PAGES)) {
			gather->nr = nr;
			gather_flush(gather);
			nr = 0;
		}
	}
	gather->nr = nr;
	gather->pt->nr_pages -= nr_pages;
}

/* Take the empty table of @pgd out; until the flush the CPU may walk it. */
static void gather_table(struct gather *gather, pgd_t *pgd)
{
	struct page *page = phys_to_page(pgd->raw);

	assert(page->flags & PG_TABLE);
	assert(is_zeros(&pgd_table(*pgd)->raw, PTRS_PER_PTE));
	pgd->raw = 0;
	page->next = gather->tables;
	gather->tables = page;
	gather->is_stale = true;
	gather->pt->nr_tables--;
}

/* pgtable_unmap() from @start on, where there is something to unmap. */
static void __noinline unmap_from(struct pgtable *pt, vaddr_t start,
				  vaddr_t end, vaddr_t floor, vaddr_t ceiling)
{
	struct gather gather;
	vaddr_t slot = start & ~(PGD_SIZE - 1);

	gather.pt = pt;
	gather.start = start;
	gather.end = end;
	gather.is_stale = false;
	gather.nr = 0;
	gather.tables = NULL;
	for (; slot < end; slot += PGD_SIZE) {
		pgd_t *pgd = &pt->pgd[pgd_index(slot)];
		vaddr_t from, to;

		if (!pgd->raw)
			continue;
		from = max(start, slot) - slot;
		to = min(end - slot, PGD_SIZE);
		gather_entries(&gather, pgd_table(*pgd) + (from >> PAGE_SHIFT),
			       pgd_table(*pgd) + (to >> PAGE_SHIFT));
		if (slot >= floor && slot + PGD_SIZE <= ceiling)
			gather_table(&gather, pgd);
	}
	gather_finish(&gather);
}

void pgtable_unmap(struct pgtable *pt, vaddr_t start, vaddr_t end,
		   vaddr_t floor, vaddr_t ceiling)
{
	vaddr_t slot, next;

	/* Memory that was never touched is common: look before the work. */
	for (; start < end; start = next) {
		pgd_t pgd = pt->pgd[pgd_index(start)];
		const pte_t *pte, *last;

		slot = start & ~(PGD_SIZE - 1);
		next = slot + PGD_SIZE;
		if (!pgd.raw)
			continue;
		if (slot >= floor && next <= ceiling)
			break;		/* its table goes */
		pte = pgd_table(pgd) + pte_index(start);
		last = pte + ((min(next, end) - start) >> PAGE_SHIFT);
		while (pte < last && pte_is_none(*pte))
			pte++;
		if (pte < last)
			break;
	}
	if (start < end)
		unmap_from(pt, start, end, floor, ceiling);
}

void __small pgtable_unmap_file(struct pgtable *pt, vaddr_t start, vaddr_t end)
{
	vaddr_t run = start;		/* entries from here on are to go */

	for (vaddr_t va = start; va < end; va += PAGE_SIZE) {
		const pte_t *pte = pgtable_find(pt, va);

		if (pte && pte->raw & PTE_FILE)
			continue;
		pgtable_unmap(pt, run, va, TASK_SIZE, 0);
		run = va + PAGE_SIZE;
	}
	pgtable_unmap(pt, run, end, TASK_SIZE, 0);
}

/* --------------------------------------------------------------- protect */

static uint32_t protect_entry(uint32_t raw, enum pgtable_access access)
{
	raw &= ~(PTE_PRESENT | PTE_WRITE | PTE_WITHHELD);
	if (access == PGTABLE_NONE)
		return raw | PTE_WITHHELD;
	if (access == PGTABLE_COPIED && !(raw & (PTE_ZERO | PTE_FILE)) &&
	    pfn_to_page(raw >> PAGE_SHIFT)->refs == 1)
		raw |= PTE_WRITE | PTE_DIRTY;
	return raw | PTE_PRESENT;
}

/* Return: bits that some entry lost. */
static uint32_t protect_entries(pte_t *pte, pte_t *last,
				enum pgtable_access access)
{
	uint32_t lost = 0;

	for (; pte < last; pte++) {
		uint32_t raw = pte->raw;

		if (!raw)
			continue;
		pte->raw = protect_entry(raw, access);
		lost |= raw & ~pte->raw;
	}
	return lost;
}

void pgtable_protect(struct pgtable *pt, vaddr_t start, vaddr_t end,
		     enum pgtable_access access)
{
	vaddr_t slot = start & ~(PGD_SIZE - 1);
	uint32_t lost = 0;

	for (; slot < end; slot += PGD_SIZE) {
		pgd_t pgd = pt->pgd[pgd_index(slot)];
		vaddr_t from, to;

		if (!pgd.raw)
			continue;
		from = max(start, slot) - slot;
		to = min(end - slot, PGD_SIZE);
		lost |= protect_entries(pgd_table(pgd) + (from >> PAGE_SHIFT),
					pgd_table(pgd) + (to >> PAGE_SHIFT),
					access);
	}

	/* A right that was only gained is noticed without a flush. */
	if ((lost & (PTE_PRESENT | PTE_WRITE)) && pgtable_is_loaded(pt))
		tlb_flush_user_range(start, end);
}

/* ------------------------------------------------------------------ copy */

/* Return: how many references were taken.  @keep: bits that both keep. */
static size_t copy_entries(pte_t *to, pte_t *from, pte_t *last, uint32_t keep,
			   uint32_t *nr_file)
{
	size_t nr = 0;

	for (; from < last; from++, to++) {
		uint32_t raw = from->raw;

		if (!raw)
			continue;
		raw &= keep;
		from->raw = raw;
		to->raw = raw;
		if (unlikely(raw & (PTE_ZERO | PTE_FILE))) {
			if (raw & PTE_ZERO)
				continue;
			++*nr_file;
		}
		atomic_inc(&pfn_to_page(raw >> PAGE_SHIFT)->refs);
		nr++;
	}
	return nr;
}

int pgtable_copy(struct pgtable *to, struct pgtable *from, vaddr_t start,
		 vaddr_t end, bool private)
{
	uint32_t keep = private ? ~PTE_WRITE : ~0u;
	vaddr_t next;

	for (vaddr_t va = start; va < end; va = next) {
		pte_t *source = pgtable_find(from, va);
		pte_t *target;

		next = min((va & ~(PGD_SIZE - 1)) + PGD_SIZE, end);
		if (!source)
			continue;
		target = pgtable_ensure(to, va);
		if (!target)
			return -ENOMEM;
		to->nr_pages += copy_entries(target, source, source +
					     ((next - va) >> PAGE_SHIFT), keep,
					     &to->nr_file);
	}
	return 0;
}

/* ------------------------------------------------------------------ move */

/* How far it is from @va to the end of what its table maps. */
static uint32_t rest_of_table(vaddr_t va)
{
	return PGD_SIZE - va % PGD_SIZE;
}

int __small pgtable_get_tables(const struct pgtable *pt, vaddr_t from,
			       vaddr_t to, uint32_t size, struct page **tables)
{
	uint32_t step;

	*tables = NULL;
	for (; size; size -= step, from += step, to += step) {
		struct page *page;
		bool is_fresh;

		step = min(rest_of_table(to), size);
		if (!pgtable_find(pt, from) &&
		    !pgtable_find(pt, from + step - 1))
			continue;
		page = kept_alloc(&kept_tables, &is_fresh);
		if (!page) {
			pgtable_put_tables(*tables);
			*tables = NULL;
			return -ENOMEM;
		}
		page->link.next = (struct list *)*tables;
		*tables = page;
	}
	return 0;
}

void pgtable_put_tables(struct page *tables)
{
	while (tables) {
		struct page *next = (struct page *)tables->link.next;

		free_page(tables);
		tables = next;
	}
}

/* The entry of @va, whose table may be one of @tables. */
static pte_t *ensure_from(struct pgtable *pt, vaddr_t va, struct page **tables)
{
	struct page *page = *tables;
	pte_t *pte = pgtable_find(pt, va);

	if (pte)
		return pte;
	assert(page);
	*tables = (struct page *)page->link.next;
	return install_table(pt, va, page);
}

/* Return: was there any? */
static bool move_entries(pte_t *from, pte_t *last, pte_t *to)
{
	bool any = false;

	for (; from < last; from++, to++) {
		if (pte_is_none(*from))
			continue;
		assert(pte_is_none(*to));
		*to = *from;
		from->raw = 0;
		any = true;
	}
	return any;
}

void __small pgtable_move(struct pgtable *pt, vaddr_t from, vaddr_t to,
			  uint32_t size, struct page **tables)
{
	vaddr_t start = from, end = from + size;
	bool any = false;
	uint32_t step;

	for (; from < end; from += step, to += step) {
		pte_t *source = pgtable_find(pt, from);

		step = min(min(rest_of_table(from), rest_of_table(to)),
			   end - from);
		if (source)
			any |= move_entries(source,
					    source + (step >> PAGE_SHIFT),
					    ensure_from(pt, to, tables));
	}
	if (any && pgtable_is_loaded(pt))
		tlb_flush_user_range(start, end);
}

/* ----------------------------------------------------------------- check */

void pgtable_for_each(const struct pgtable *pt,
		      void (*visit)(void *arg, vaddr_t va, pte_t pte),
		      void *arg)
{
	for (vaddr_t slot = 0; slot < TASK_SIZE; slot += PGD_SIZE) {
		pgd_t pgd = pt->pgd[pgd_index(slot)];

		if (!pgd.raw)
			continue;
		for (unsigned int i = 0; i < PTRS_PER_PTE; i++)
			if (pgd_table(pgd)[i].raw)
				visit(arg, slot + i * PAGE_SIZE,
				      pgd_table(pgd)[i]);
	}
}

struct entry_count {
	size_t nr_pages, nr_file;
};

static void check_entry(void *arg, vaddr_t va, pte_t pte)
{
	struct entry_count *count = arg;
	const struct page *page;

	(void)va;
	assert(!(pte.raw & PTE_WITHHELD) == pte_is_present(pte));	/* P4 */
	if (pte_is_frame(pte))
		return;
	page = pfn_to_page(pte_pfn(pte));
	if (pte.raw & PTE_ZERO) {					/* P3 */
		assert(page == zero_page && !(pte.raw & PTE_WRITE));
		return;
	}
	assert(page->refs >= 1);					/* P2 */
	assert(!(page->flags & (PG_BUDDY | PG_PCP | PG_SLAB | PG_TABLE)));
	count->nr_pages++;
	count->nr_file += !!(pte.raw & PTE_FILE);
}

void pgtable_check(const struct pgtable *pt)
{
	struct entry_count count = { 0, 0 };
	size_t nr_tables = 0;

	for (unsigned int i = 0; i < USER_SLOTS; i++) {
		if (!pt->pgd[i].raw)
			continue;
		assert(phys_to_page(pt->pgd[i].raw)->flags & PG_TABLE);
		nr_tables++;
	}
	pgtable_for_each(pt, check_entry, &count);
	assert(nr_tables == pt->nr_tables);				/* P1 */
	assert(count.nr_pages == pt->nr_pages);				/* P2 */
	assert(count.nr_file == pt->nr_file);
	(void)nr_tables;
}
