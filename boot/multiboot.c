// SPDX-License-Identifier: MIT
/*
 * multiboot - the only file that knows the loader's format (Multiboot 1
 * specification, section 3.3) and turns it into struct boot_info.
 *
 * memblock gets each entry of the map: first what is RAM, then what is not,
 * so that firmware wins where both claim a frame.  boot_info keeps a copy for
 * those who ask later what the loader said (/proc/iomem, initramfs.c).  A map
 * may be longer than it has room for.  What it lacks then must be RAM, never a
 * hole in it: at least one half of the table is for firmware's ranges, and when
 * it is full the last of them grows over the others.
 *
 * What lies above the direct map cannot be read this early: a loader that put
 * its structures there is refused.  Modules may lie anywhere.
 */
#include "boot/multiboot.h"

#include "boot/boot_info.h"
#include "lib/panic.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "lib/util.h"
#include "mm/layout.h"
#include "mm/memblock.h"

#define MULTIBOOT_LOADED	0x2BADB002u

#define HAS_MEM_SIZE		0x001u
#define HAS_CMDLINE		0x004u
#define HAS_MODULES		0x008u
#define HAS_MEM_MAP		0x040u

struct multiboot_info {
	uint32_t flags;
	uint32_t mem_lower, mem_upper;	/* KiB from 0, KiB from 1 MiB */
	uint32_t boot_device;
	uint32_t cmdline;
	uint32_t mods_count, mods_addr;
	uint32_t syms[4];
	uint32_t mmap_length, mmap_addr;
};

struct multiboot_module {
	uint32_t start, end;
	uint32_t string;
	uint32_t reserved;
};

struct multiboot_range {
	uint32_t size;			/* of the rest of this entry */
	uint64_t addr, len;
	uint32_t type;
} __attribute__((packed));

struct boot_info boot_info;

static const void *low(uint64_t phys)
{
	if (phys >= DIRECTMAP_MAX)
		panic("multiboot: structure at %#x is out of reach",
		      (uint32_t)phys);
	return (const void *)((uint32_t)phys + PAGE_OFFSET);
}

/* Copy a command line; Return: how many bytes that took, of @room > 0. */
static size_t copy_text(char *to, const char *from, size_t room)
{
	size_t size = strlcpy(to, from, room) + 1;

	if (size <= room)
		return size;
	pr_warn("multiboot: a command line of %zu characters is cut to %zu",
		size - 1, room - 1);
	return room;
}

static bool note_range(uint64_t start, uint64_t end, uint32_t type,
		       unsigned int max)
{
	if (boot_info.nr_ranges == max)
		return false;
	boot_info.ranges[boot_info.nr_ranges++] = (struct boot_range){
		.start = start, .end = end, .type = type,
	};
	return true;
}

static void add_ram(uint64_t start, uint64_t end)
{
	memblock_add(start, end);
	note_range(start, end, BOOT_RANGE_RAM, BOOT_RANGES / 2);
}

static void remove_firmware(uint64_t start, uint64_t end, uint32_t type)
{
	struct boot_range *last = &boot_info.ranges[BOOT_RANGES - 1];

	memblock_remove(start, end);
	if (end < start)
		end = UINT64_MAX;	/* it wraps: memblock.h tells why */
	if (start == end || note_range(start, end, type, BOOT_RANGES))
		return;
	last->start = min(last->start, start);
	last->end = max(last->end, end);
}

/* Add the ranges that are RAM, or remove those that are not. */
static void read_map(const struct multiboot_info *info, bool ram)
{
	uint64_t at = info->mmap_addr, end = at + info->mmap_length;

	while (at + sizeof(struct multiboot_range) <= end) {
		const struct multiboot_range *range = low(at);
		uint64_t next = at + range->size + sizeof(range->size);

		if (next < at + sizeof(*range))
			return;		/* no entry, so no next one */
		if (range->type != BOOT_RANGE_RAM && !ram)
			remove_firmware(range->addr, range->addr + range->len,
					range->type);
		if (range->type == BOOT_RANGE_RAM && ram)
			add_ram(range->addr, range->addr + range->len);
		at = next;
	}
}

static void read_ranges(const struct multiboot_info *info)
{
	if (!(info->flags & HAS_MEM_MAP)) {
		if (!(info->flags & HAS_MEM_SIZE))
			panic("multiboot: the loader gave no memory map");
		add_ram(0, (uint64_t)info->mem_lower << 10);
		add_ram(1 << 20,
			(1 << 20) + ((uint64_t)info->mem_upper << 10));
		return;
	}
	read_map(info, true);
	read_map(info, false);
}

static void read_modules(const struct multiboot_info *info)
{
	const struct multiboot_module *from = low(info->mods_addr);

	for (uint32_t i = 0; i < info->mods_count && i < BOOT_MODULES; i++) {
		struct boot_module *module = &boot_info.modules[i];
		const char *text = from[i].string ? low(from[i].string) : "";

		module->start = from[i].start;
		module->end = from[i].end;
		module->cmdline = text;
		memblock_reserve(from[i].string,
				 (uint64_t)from[i].string + strlen(text) + 1);
		boot_info.nr_modules++;
	}
	if (info->mods_count > BOOT_MODULES)
		pr_warn("multiboot: %u modules, of which only %u are noted",
			info->mods_count, BOOT_MODULES);
}

void multiboot_read(uint32_t magic, uint32_t info_phys)
{
	const struct multiboot_info *info;

	if (magic != MULTIBOOT_LOADED)
		panic("multiboot: not started by a multiboot loader (%#x)",
		      magic);
	info = low(info_phys);
	if (info->flags & HAS_CMDLINE)
		copy_text(boot_info.cmdline, low(info->cmdline),
			  sizeof(boot_info.cmdline));
	read_ranges(info);
	if (info->flags & HAS_MODULES)
		read_modules(info);
}

/* They lie one after the other then, each with its zero. */
void multiboot_keep_text(void)
{
	size_t used = 0;
	char *kept;

	if (!boot_info.nr_modules)
		return;
	kept = memblock_alloc(BOOT_MODULE_TEXT, PAGE_SIZE);
	for (unsigned int i = 0; i < boot_info.nr_modules; i++) {
		struct boot_module *module = &boot_info.modules[i];
		size_t size = copy_text(&kept[used], module->cmdline,
					BOOT_MODULE_TEXT - used);

		module->cmdline = &kept[used];
		used = min(used + size, (size_t)BOOT_MODULE_TEXT - 1);
	}
}
