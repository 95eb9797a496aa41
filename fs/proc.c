// SPDX-License-Identifier: MIT
/*
 * proc - what the kernel knows of the machine and of itself, as text in the
 * formats of Linux, so that programs and habits carry over.
 *
 * There is a line for what Atlas measures, and none for what it would have to
 * invent.
 *
 * Locking: each generator takes what its module wants.
 * Not here: processes (kernel/proc.c), the names (procfs.c).
 */
#include "fs/proc.h"

#include "boot/boot_info.h"
#include "drivers/time.h"
#include "fs/file.h"
#include "lib/div64.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "lib/symbols.h"
#include "mm/buddy.h"
#include "mm/directmap.h"
#include "mm/fault.h"
#include "mm/highmem.h"
#include "mm/kmalloc.h"
#include "mm/mm.h"
#include "mm/tlb.h"
#include "mm/vmalloc.h"
#include "mm/zone.h"
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

static size_t slab_nr_pages(void)
{
	struct slab_stats slab;
	size_t nr_pages = 0;

	for (unsigned int n = 0; slab_get_stats(n, &slab); n++)
		nr_pages += slab.nr_pages;
	return nr_pages;
}

static void show_meminfo(struct seq *out)
{
	size_t total = 0, free = 0, kept = 0, high_total, high_free;
	size_t by_4k, by_4m;
	struct vmalloc_stats vmalloc;
	struct buddy_stats buddy;
	struct mm_stats mm;

	for (unsigned int i = 0; i < NR_ZONES; i++) {
		buddy_get_stats(i, &buddy);
		total += zones[i].nr_managed;
		free += buddy.nr_free;
		kept += min(zones[i].high, buddy.nr_free);
	}
	high_total = zones[ZONE_HIGHMEM].nr_managed;
	high_free = buddy.nr_free;
	vmalloc_get_stats(&vmalloc);
	directmap_get_stats(&by_4k, &by_4m);
	kib_line(out, "MemTotal", KIB(total));
	kib_line(out, "MemFree", KIB(free));
	kib_line(out, "MemAvailable", KIB(free - kept));
	kib_line(out, "HighTotal", KIB(high_total));
	kib_line(out, "HighFree", KIB(high_free));
	kib_line(out, "LowTotal", KIB(total - high_total));
	kib_line(out, "LowFree", KIB(free - high_free));
	mm_get_stats(&mm);
	kib_line(out, "Slab", KIB(slab_nr_pages()));
	kib_line(out, "PageTables", KIB(mm.nr_tables));
	kib_line(out, "VmallocTotal", vmalloc.total / 1024);
	kib_line(out, "VmallocUsed", vmalloc.used / 1024);
	kib_line(out, "VmallocChunk", vmalloc.largest / 1024);
	kib_line(out, "DirectMap4k", by_4k / 1024);
	kib_line(out, "DirectMap4M", by_4m / 1024);
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

static void show_zoneinfo(struct seq *out)
{
	struct buddy_stats buddy;

	for (unsigned int i = 0; i < NR_ZONES; i++) {
		const struct zone *zone = &zones[i];

		buddy_get_stats(i, &buddy);
		seq_printf(out, "Node 0, zone %8s\n", zone->name);
		seq_printf(out, "  pages free     %zu\n", buddy.nr_free);
		seq_printf(out, "        min      %zu\n", zone->min);
		seq_printf(out, "        low      %zu\n", zone->low);
		seq_printf(out, "        high     %zu\n", zone->high);
		seq_printf(out, "        spanned  %u\n",
			   zone->end - zone->start);
		seq_printf(out, "        managed  %zu\n", zone->nr_managed);
		seq_printf(out, "        protection: (%zu, %zu, %zu)\n",
			   zone->reserve[ZONE_DMA], zone->reserve[ZONE_NORMAL],
			   zone->reserve[ZONE_HIGHMEM]);
		seq_printf(out, "  start_pfn:           %u\n", zone->start);
	}
}

static void show_vmstat(struct seq *out)
{
	struct highmem_stats highmem;
	struct vmalloc_stats vmalloc;
	struct mm_stats mm;

	mm_get_stats(&mm);
	highmem_get_stats(&highmem);
	vmalloc_get_stats(&vmalloc);
	seq_printf(out, "nr_free_pages %zu\n", buddy_nr_free());
	seq_printf(out, "nr_page_table_pages %zu\n", mm.nr_tables);
	seq_printf(out, "pgfault %u\n", nr_faults_served);
	seq_printf(out, "nr_slab_unreclaimable %zu\n", slab_nr_pages());
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

/* Idle time is not counted, hence the second number. */
static void show_uptime(struct seq *out)
{
	uint32_t rest, seconds = div64_32(time_now_ns(), NSEC_PER_SEC, &rest);

	seq_printf(out, "%u.%02u 0.00\n", seconds,
		   rest / (NSEC_PER_SEC / 100));
}

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
	uint32_t r[4], vendor[4] = { 0 }, family, model, khz = time_tsc_khz();

	cpuid(0, r);
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
	seq_printf(out, "flags\t\t:");
	for (unsigned int bit = 0; bit < 32; bit++)
		if (r[3] >> bit & 1 && cpu_flags[bit])
			seq_printf(out, " %s", cpu_flags[bit]);
	seq_printf(out, "\n\n");
}

static void show_kmsg(struct seq *out)
{
	uint32_t position = 0;
	size_t n;

	do {
		char *to = seq_room(out, PRINTK_MESSAGE_MAX);

		if (!to)
			return;
		n = printk_read(&position, to, PRINTK_MESSAGE_MAX);
		out->size += n;
	} while (n > 0);
}

static struct proc_node machine_files[] = {
	PROC_FILE("/proc/meminfo", 0444, show_meminfo),
	PROC_FILE("/proc/buddyinfo", 0444, show_buddyinfo),
	PROC_FILE("/proc/zoneinfo", 0444, show_zoneinfo),
	PROC_FILE("/proc/vmstat", 0444, show_vmstat),
	PROC_FILE("/proc/slabinfo", 0400, show_slabinfo),
	PROC_FILE("/proc/vmallocinfo", 0400, show_vmallocinfo),
	PROC_FILE("/proc/iomem", 0444, show_iomem),
	PROC_FILE("/proc/uptime", 0444, show_uptime),
	PROC_FILE("/proc/cmdline", 0444, show_cmdline),
	PROC_FILE("/proc/cpuinfo", 0444, show_cpuinfo),
	PROC_FILE("/proc/kmsg", 0400, show_kmsg),
};

void proc_init(void)
{
	proc_register(machine_files, ARRAY_SIZE(machine_files));
}
