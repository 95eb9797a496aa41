// SPDX-License-Identifier: MIT
/*
 * tlb - flushes by the cheapest means that is enough.
 *
 *	invlpg		   one page, global or not
 *	mov to CR3	   everything that is not global
 *	CR4.PGE off, on	   everything (SDM volume 3, section 4.10.4.1)
 *
 * Only one CPU runs, so telling the others has no place here yet: it will be
 * in these functions alone, for nobody else flushes.
 */
#include "mm/tlb.h"

#include "x86/cpu.h"

struct tlb_stats tlb_stats;

static void load_cr3(uint32_t cr3)
{
	tlb_stats.nr_cr3_load++;
	write_cr3(cr3);
}

void tlb_load_pgd(phys_addr_t phys)
{
	load_cr3(phys);
}

void tlb_flush_user(void)
{
	tlb_stats.nr_tlb_flush++;
	load_cr3(read_cr3());
}

void tlb_flush_all(void)
{
	uint32_t cr4 = read_cr4();

	if (!(cr4 & CR4_PGE)) {
		tlb_flush_user();
		return;
	}
	tlb_stats.nr_tlb_flush++;
	write_cr4(cr4 & ~CR4_PGE);
	write_cr4(cr4);
}

static bool is_small(vaddr_t start, vaddr_t end)
{
	return end - start <= TLB_FLUSH_CEILING * PAGE_SIZE;
}

static void flush_pages(vaddr_t start, vaddr_t end)
{
	for (; start < end; start += PAGE_SIZE)
		tlb_flush_page(start);
}

void tlb_flush_user_range(vaddr_t start, vaddr_t end)
{
	if (is_small(start, end))
		flush_pages(start, end);
	else
		tlb_flush_user();
}

void tlb_flush_kernel_range(vaddr_t start, vaddr_t end)
{
	if (is_small(start, end))
		flush_pages(start, end);
	else
		tlb_flush_all();
}
