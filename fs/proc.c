// SPDX-License-Identifier: MIT
/*
 * proc - what the kernel knows of the machine and of itself, as text in the
 * formats of Linux, so that programs and habits carry over.
 *
 * There is a line for what Atlas measures, and none for what it would have to
 * invent.
 *
 * Locking: each generator takes what its module wants.
 *
 * MemTotal is the sum of MemFree, Cached, AnonPages, Slab, PageTables,
 * VmallocUsed (with KernelStack) and KernelMisc, to the page, but for what is
 * changing hands that very moment: docs/15-seeing.md.
 *
 * Not here: processes and the CPU (kernel/proc*.c), the names (procfs.c).
 */
#include "fs/proc.h"

#include "boot/boot_info.h"
#include "drivers/time.h"
#include "fs/dev_kmsg.h"
#include "fs/file.h"
#include "fs/pipe.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "lib/symbols.h"
#include "mm/buddy.h"
#include "mm/directmap.h"
#include "mm/fault.h"
#include "mm/figures.h"
#include "mm/highmem.h"
#include "mm/kmalloc.h"
#include "mm/mm.h"
#include "mm/sysctl.h"
#include "mm/tlb.h"
#include "mm/vmalloc.h"
#include "mm/zone.h"
#include "sched/thread.h"
#include "x86/cpu.h"
#include "x86/sections.h"
#include "x86/uaccess.h"

/* ----------------------------------------------------------------- memory */

#define KIB(pages)	((pages) * (PAGE_SIZE / 1024))

static void kib_line(struct seq *out, const char *name, size_t kib)
{
	seq_printf(out, "%s:%*s%8zu kB\n", name, (int)(15 - strlen(name)), "",
		   kib);
}

/* What modules hold in whole pages, without a role of its own. */
static size_t nr_misc_pages(void)
{
	return pgtable_nr_kept() + nr_pipe_pages + 1;	/* zero_page */
}

/* Pages that a zone would rather keep than give to a program. */
static size_t nr_kept_back(void)
{
	struct buddy_stats buddy;
	size_t kept = 0;

	for (unsigned int i = 0; i < NR_ZONES; i++) {
		buddy_get_stats(i, &buddy);
		kept += min(zones[i].high, buddy.nr_free);
	}
	return kept;
}

/*
 * Nothing is ever taken from a program to be had back later, so no page is on
 * its way out: whatever a program has is unevictable.
 */
static void show_lists(struct seq *out, const struct page_census *census)
{
	static const char *const names[] = {
		"Active", "Inactive", "Active(anon)", "Inactive(anon)",
		"Active(file)", "Inactive(file)",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		kib_line(out, names[i], 0);
	kib_line(out, "Unevictable", KIB(census->anon + census->cached));
	kib_line(out, "Mlocked", KIB(mm_nr_locked()));
}

static void show_free(struct seq *out, const struct page_census *census)
{
	size_t high = zones[ZONE_HIGHMEM].nr_managed;
	struct buddy_stats buddy;

	buddy_get_stats(ZONE_HIGHMEM, &buddy);
	kib_line(out, "HighTotal", KIB(high));
	kib_line(out, "HighFree", KIB(buddy.nr_free));
	kib_line(out, "LowTotal", KIB(census->managed - high));
	kib_line(out, "LowFree", KIB(census->free - buddy.nr_free));
	kib_line(out, "SwapTotal", 0);
	kib_line(out, "SwapFree", 0);
	kib_line(out, "Dirty", 0);
	kib_line(out, "Writeback", 0);
}

static void show_kernel(struct seq *out, const struct page_census *census)
{
	size_t slab = census->slab + census->large;
	size_t by_4k, by_4m;
	struct vmalloc_stats vmalloc;
	struct mm_stats mm;

	mm_get_stats(&mm);
	vmalloc_get_stats(&vmalloc);
	directmap_get_stats(&by_4k, &by_4m);
	kib_line(out, "KReclaimable", 0);
	kib_line(out, "Slab", KIB(slab));
	kib_line(out, "SReclaimable", 0);
	kib_line(out, "SUnreclaim", KIB(slab));
	kib_line(out, "KernelStack",
		 nr_thread_stacks * (THREAD_STACK_SIZE / 1024));
	kib_line(out, "PageTables", KIB(mm.nr_tables));
	kib_line(out, "CommitLimit", KIB(vm_commit_limit()));
	kib_line(out, "Committed_AS", KIB(vm_committed()));
	kib_line(out, "VmallocTotal", vmalloc.total / 1024);
	kib_line(out, "VmallocUsed", KIB(census->vmalloc));
	kib_line(out, "VmallocChunk", vmalloc.largest / 1024);
	kib_line(out, "KernelMisc", KIB(nr_misc_pages()));
	kib_line(out, "DirectMap4k", by_4k / 1024);
	kib_line(out, "DirectMap4M", by_4m / 1024);
}

static void show_meminfo(struct seq *out)
{
	struct page_census census;

	page_census(&census);
	kib_line(out, "MemTotal", KIB(census.managed));
	kib_line(out, "MemFree", KIB(census.free));
	kib_line(out, "MemAvailable",
		 KIB(census.free - nr_kept_back()));
	kib_line(out, "Buffers", 0);
	kib_line(out, "Cached", KIB(census.cached));
	kib_line(out, "SwapCached", 0);
	show_lists(out, &census);
	show_free(out, &census);
	kib_line(out, "AnonPages", KIB(census.anon));
	kib_line(out, "Mapped", KIB(census.mapped));
	kib_line(out, "Shmem", KIB(census.shmem));
	show_kernel(out, &census);
}

static void show_buddyinfo(struct seq *out)
{
	struct buddy_stats buddy;

	for (unsigned int i = 0; i < NR_ZONES; i++) {
		if (!zones[i].nr_managed)
			continue;
		buddy_get_stats(i, &buddy);
		seq_printf(out, "Node 0, zone %8s ", zones[i].name);
		for (unsigned int order = 0; order < MAX_ORDER; order++)
			seq_printf(out, "%6zu ", buddy.nr_blocks[order]);
		seq_printf(out, "\n");
	}
}

/* Pages do not move, so all are of one kind. */
static void show_pagetypeinfo(struct seq *out)
{
	struct buddy_stats buddy;

	seq_printf(out, "Page block order: %u\nPages per block:  %u\n\n"
		   "Free pages count per migrate type at order ", MAX_ORDER - 1,
		   MAX_BLOCK);
	for (unsigned int order = 0; order < MAX_ORDER; order++)
		seq_printf(out, "%6u ", order);
	seq_printf(out, "\n");
	for (unsigned int i = 0; i < NR_ZONES; i++) {
		if (!zones[i].nr_managed)
			continue;
		buddy_get_stats(i, &buddy);
		seq_printf(out, "Node    0, zone %8s, type %12s ",
			   zones[i].name, "Unmovable");
		for (unsigned int order = 0; order < MAX_ORDER; order++)
			seq_printf(out, "%6zu ", buddy.nr_blocks[order]);
		seq_printf(out, "\n");
	}
	seq_printf(out, "\nNumber of blocks type %12s \n", "Unmovable");
	for (unsigned int i = 0; i < NR_ZONES; i++)
		if (zones[i].nr_managed)
			seq_printf(out, "Node 0, zone %8s %12u \n",
				   zones[i].name, DIV_ROUND_UP(zones[i].end -
				   zones[i].start, MAX_BLOCK));
}

/* What vmstat says, and zoneinfo of the only node; each page once. */
static void show_node(struct seq *out, const char *format)
{
	struct page_census census;
	struct mm_stats mm;

	page_census(&census);
	mm_get_stats(&mm);

	const struct { const char *name; size_t value; } lines[] = {
		{ "nr_inactive_anon", 0 }, { "nr_active_anon", 0 },
		{ "nr_inactive_file", 0 }, { "nr_active_file", 0 },
		{ "nr_unevictable", census.anon + census.cached },
		{ "nr_mlock", mm_nr_locked() },
		{ "nr_slab_reclaimable", 0 },
		{ "nr_slab_unreclaimable", census.slab + census.large },
		{ "nr_anon_pages", census.anon },
		{ "nr_mapped", census.mapped },
		{ "nr_file_pages", census.cached },
		{ "nr_dirty", 0 }, { "nr_writeback", 0 },
		{ "nr_shmem", census.shmem },
		{ "nr_kernel_stack", nr_thread_stacks *
				     (THREAD_STACK_SIZE / 1024) },
		{ "nr_page_table_pages", mm.nr_tables },
		{ "nr_vmalloc_pages", census.vmalloc },
		{ "nr_kept_table_pages", pgtable_nr_kept() },
		{ "nr_pipe_pages", nr_pipe_pages },
		{ "nr_zero_pages", 1 },
	};
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		seq_printf(out, format, lines[i].name, lines[i].value);
}

static void show_zone(struct seq *out, const struct zone *zone)
{
	struct buddy_stats buddy;

	buddy_get_stats(zone - zones, &buddy);
	seq_printf(out, "  pages free     %zu\n", buddy.nr_free);
	seq_printf(out, "        boost    0\n");
	seq_printf(out, "        min      %zu\n", zone->min);
	seq_printf(out, "        low      %zu\n", zone->low);
	seq_printf(out, "        high     %zu\n", zone->high);
	seq_printf(out, "        spanned  %u\n", zone->end - zone->start);
	seq_printf(out, "        managed  %zu\n", zone->nr_managed);
	seq_printf(out, "        cma      0\n");
	seq_printf(out, "        protection: (%zu, %zu, %zu)\n",
		   zone->reserve[ZONE_DMA], zone->reserve[ZONE_NORMAL],
		   zone->reserve[ZONE_HIGHMEM]);
	seq_printf(out, "      nr_free_pages %zu\n", buddy.nr_free);
	seq_printf(out, "  pagesets\n    cpu: 0\n              count: %zu\n",
		   buddy.nr_hot);
	seq_printf(out, "  node_unreclaimable:  0\n");
	seq_printf(out, "  start_pfn:           %u\n", zone->start);
}

static void show_zoneinfo(struct seq *out)
{
	bool is_first = true;

	for (unsigned int i = 0; i < NR_ZONES; i++) {
		seq_printf(out, "Node 0, zone %8s\n", zones[i].name);
		if (is_first) {
			seq_printf(out, "  per-node stats\n");
			show_node(out, "      %-12s %zu\n");
			is_first = false;
		}
		show_zone(out, &zones[i]);
	}
}

static void show_vmstat(struct seq *out)
{
	struct highmem_stats highmem;
	struct vmalloc_stats vmalloc;

	highmem_get_stats(&highmem);
	vmalloc_get_stats(&vmalloc);
	seq_printf(out, "nr_free_pages %zu\n", buddy_nr_free());
	show_node(out, "%s %zu\n");
	seq_printf(out, "pgpgin 0\npgpgout 0\npswpin 0\npswpout 0\n");
	seq_printf(out, "pgfault %u\npgmajfault 0\n", nr_faults_served);
	seq_printf(out, "nr_tlb_flush %u\n", tlb_stats.nr_tlb_flush);
	seq_printf(out, "nr_cr3_load %u\n", tlb_stats.nr_cr3_load);
	seq_printf(out, "nr_kmap %u\n", highmem.nr_used);
	seq_printf(out, "nr_kmap_flush %u\n", highmem.nr_flushes);
	seq_printf(out, "nr_vmalloc_area %zu\n", vmalloc.nr_areas);
	seq_printf(out, "nr_vmalloc_purge %u\n", vmalloc.nr_purges);
}

static void show_slabinfo(struct seq *out)
{
	struct slab_stats slab;

	seq_printf(out, "slabinfo - version: 2.1\n"
		   "# name            <active_objs> <num_objs> <objsize> "
		   "<objperslab> <pagesperslab>"
		   " : tunables <limit> <batchcount> <sharedfactor>"
		   " : slabdata <active_slabs> <num_slabs> <sharedavail>\n");
	for (unsigned int n = 0; slab_get_stats(n, &slab); n++)
		seq_printf(out, "%-17s %6zu %6zu %6zu %4u %4u"
			   " : tunables    0    0    0"
			   " : slabdata %6zu %6zu      0\n",
			   slab.name, slab.nr_live, slab.nr_objects, slab.size,
			   slab.objects_per_slab, slab.pages_per_slab,
			   slab.nr_slabs, slab.nr_slabs);
}

static void show_vmallocinfo(struct seq *out)
{
	char symbol[SYMBOL_NAME];
	struct vmalloc_info info;
	vaddr_t cursor = 0;

	while (vmalloc_next(&cursor, &info)) {
		uint32_t size = info.end - info.start, offset;
		const char *name = symbol_find((uint32_t)info.caller, &offset,
					       symbol);

		seq_printf(out, "0x%08x-0x%08x %7u ", info.start, info.end,
			   size);
		if (name)
			seq_printf(out, "%s+%#x", name, offset);
		else
			seq_printf(out, "%p", info.caller);
		if (info.kind == VMALLOC_IO)
			seq_printf(out, " phys=0x%08x ioremap\n", info.phys);
		else
			seq_printf(out, " pages=%u %s\n", size / PAGE_SIZE,
				   info.kind == VMALLOC_RAM ? "vmalloc" :
				   "vmap");
	}
}

static const char *range_name(uint32_t type)
{
	static const char *const names[] = {
		[1] = "System RAM", [2] = "Reserved", [3] = "ACPI Tables",
		[4] = "ACPI Non-volatile Storage", [5] = "Unusable memory",
	};

	return type > 0 && type < ARRAY_SIZE(names) ? names[type] : "Reserved";
}

static void image_line(struct seq *out, const struct boot_range *range,
		       const char *start, const char *end, const char *name)
{
	phys_addr_t first = (uint32_t)start - PAGE_OFFSET;
	phys_addr_t last = (uint32_t)end - PAGE_OFFSET - 1;

	if (first >= range->start && last < range->end)
		seq_printf(out, "  %08x-%08x : Kernel %s\n", first, last, name);
}

/* By address, as loaders need not have them; the first one behind NULL. */
static const struct boot_range *next_range(const struct boot_range *last)
{
	const struct boot_range *next = NULL;

	for (unsigned int i = 0; i < boot_info.nr_ranges; i++) {
		const struct boot_range *range = &boot_info.ranges[i];

		if (range->start >= range->end)
			continue;
		if (last && (range->start < last->start ||
			     (range->start == last->start && range <= last)))
			continue;
		if (!next || range->start < next->start)
			next = range;
	}
	return next;
}

static void show_iomem(struct seq *out)
{
	const struct boot_range *range = NULL;

	while ((range = next_range(range))) {
		seq_printf(out, "%08llx-%08llx : %s\n",
			   (unsigned long long)range->start,
			   (unsigned long long)range->end - 1,
			   range_name(range->type));
		image_line(out, range, _text_start, _text_end, "code");
		image_line(out, range, _rodata_start, _rodata_end, "rodata");
		image_line(out, range, _data_start, _kernel_end, "data");
	}
}

/* ---------------------------------------------------------------- the rest */

static void show_cmdline(struct seq *out)
{
	seq_printf(out, "%s\n", boot_info.cmdline);
}

/* The bits of cpuid(1).edx; those without a name have none. */
static const char *const cpu_flags[32] = {
	"fpu", "vme", "de", "pse", "tsc", "msr", "pae", "mce", "cx8", "apic",
	NULL, "sep", "mtrr", "pge", "mca", "cmov", "pat", "pse36", "pn",
	"clflush", NULL, "dts", "acpi", "mmx", "fxsr", "sse", "sse2", "ss",
	"ht", "tm", "ia64", "pbe",
};

static void show_cpu_name(struct seq *out)
{
	uint32_t r[4], text[13] = { 0 };

	cpuid(0x80000000, r);
	if (r[0] < 0x80000004)
		return;
	for (unsigned int i = 0; i < 3; i++)
		cpuid(0x80000002 + i, text + 4 * i);
	seq_printf(out, "model name\t: %s\n", (const char *)text);
}

static void show_cpuinfo(struct seq *out)
{
	uint32_t r[4], vendor[4] = { 0 }, family, model, levels;
	uint32_t khz = time_tsc_khz();

	cpuid(0, r);
	levels = r[0];
	vendor[0] = r[1];
	vendor[1] = r[3];
	vendor[2] = r[2];
	cpuid(1, r);
	family = r[0] >> 8 & 0xf;
	model = r[0] >> 4 & 0xf;
	if (family == 6 || family == 15)
		model |= r[0] >> 12 & 0xf0;
	if (family == 15)
		family += r[0] >> 20 & 0xff;
	seq_printf(out, "processor\t: 0\n");
	seq_printf(out, "vendor_id\t: %s\n", (const char *)vendor);
	seq_printf(out, "cpu family\t: %u\n", family);
	seq_printf(out, "model\t\t: %u\n", model);
	show_cpu_name(out);
	seq_printf(out, "stepping\t: %u\n", r[0] & 0xf);
	seq_printf(out, "cpu MHz\t\t: %u.%03u\n", khz / 1000, khz % 1000);
	seq_printf(out, "physical id\t: 0\nsiblings\t: 1\ncore id\t\t: 0\n"
		   "cpu cores\t: 1\nfpu\t\t: yes\nfpu_exception\t: yes\n"
		   "cpuid level\t: %u\nwp\t\t: yes\nflags\t\t:", levels);
	for (unsigned int bit = 0; bit < 32; bit++)
		if (r[3] >> bit & 1 && cpu_flags[bit])
			seq_printf(out, " %s", cpu_flags[bit]);
	seq_printf(out, "\nbogomips\t: %u.%02u\nclflush size\t: %u\n"
		   "address sizes\t: 32 bits physical, 32 bits virtual\n"
		   "power management:\n\n", khz / 500, khz / 5 % 100,
		   (r[1] >> 8 & 0xff) * 8);
}

static void show_kmsg(struct seq *out)
{
	struct printk_cursor cursor = printk_first();
	struct printk_record record;
	char *to;

	/* A message first lies behind the place of its line. */
	while ((to = seq_room(out, KMSG_LINE_MAX + PRINTK_MESSAGE_MAX)) &&
	       printk_next(&cursor, &record, to + KMSG_LINE_MAX) > 0)
		out->size += kmsg_line(to, &record, to + KMSG_LINE_MAX);
}

static struct proc_node machine_files[] = {
	PROC_FILE("/proc/meminfo", 0444, show_meminfo),
	PROC_FILE("/proc/buddyinfo", 0444, show_buddyinfo),
	PROC_FILE("/proc/pagetypeinfo", 0400, show_pagetypeinfo),
	PROC_FILE("/proc/zoneinfo", 0444, show_zoneinfo),
	PROC_FILE("/proc/vmstat", 0444, show_vmstat),
	PROC_FILE("/proc/slabinfo", 0400, show_slabinfo),
	PROC_FILE("/proc/vmallocinfo", 0400, show_vmallocinfo),
	PROC_FILE("/proc/iomem", 0444, show_iomem),
	PROC_FILE("/proc/cmdline", 0444, show_cmdline),
	PROC_FILE("/proc/cpuinfo", 0444, show_cpuinfo),
	PROC_FILE("/proc/kmsg", 0400, show_kmsg),
};

void proc_init(void)
{
	proc_register(machine_files, ARRAY_SIZE(machine_files));
}
