// SPDX-License-Identifier: MIT
/*
 * multiboot - the only file that knows the loader's format (Multiboot 1
 * specification, section 3.3) and turns it into struct boot_info.
 *
 * What lies above the direct map cannot be read this early: a loader that put
 * its structures there is refused.  Modules may lie anywhere.
 */
#include "boot/multiboot.h"

#include "boot/boot_info.h"
#include "lib/panic.h"
#include "lib/string.h"
#include "lib/util.h"
#include "mm/layout.h"

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

/* The modules' command lines, one after the other. */
static char module_text[2048];

static const void *low(uint32_t phys)
{
	if (phys >= DIRECTMAP_MAX)
		panic("multiboot: structure at %#x is out of reach", phys);
	return (const void *)(phys + PAGE_OFFSET);
}

static void add_range(uint64_t start, uint64_t end, uint32_t type)
{
	if (boot_info.nr_ranges == BOOT_RANGES) {
		boot_info.nr_lost++;
		return;
	}
	boot_info.ranges[boot_info.nr_ranges++] = (struct boot_range){
		.start = start, .end = end, .type = type,
	};
}

static void read_ranges(const struct multiboot_info *info)
{
	uint32_t at = info->mmap_addr, end = at + info->mmap_length;

	if (!(info->flags & HAS_MEM_MAP)) {
		if (!(info->flags & HAS_MEM_SIZE))
			panic("multiboot: the loader gave no memory map");
		add_range(0, (uint64_t)info->mem_lower << 10, 1);
		add_range(1 << 20,
			  (1 << 20) + ((uint64_t)info->mem_upper << 10), 1);
		return;
	}
	while (at < end) {
		const struct multiboot_range *range = low(at);

		add_range(range->addr, range->addr + range->len, range->type);
		at += range->size + sizeof(range->size);
	}
}

static void read_modules(const struct multiboot_info *info)
{
	const struct multiboot_module *from = low(info->mods_addr);
	size_t used = 0;

	for (uint32_t i = 0; i < info->mods_count && i < BOOT_MODULES; i++) {
		struct boot_module *module = &boot_info.modules[i];
		const char *text = from[i].string ? low(from[i].string) : "";

		module->start = from[i].start;
		module->end = from[i].end;
		module->cmdline = &module_text[used];
		strlcpy(&module_text[used], text, sizeof(module_text) - used);
		used += strlen(&module_text[used]);
		if (used < sizeof(module_text) - 1)
			used++;
		boot_info.nr_modules++;
	}
}

void multiboot_read(uint32_t magic, uint32_t info_phys)
{
	const struct multiboot_info *info;

	if (magic != MULTIBOOT_LOADED)
		panic("multiboot: not started by a multiboot loader (%#x)",
		      magic);
	info = low(info_phys);
	if (info->flags & HAS_CMDLINE)
		strlcpy(boot_info.cmdline, low(info->cmdline),
			sizeof(boot_info.cmdline));
	read_ranges(info);
	if (info->flags & HAS_MODULES)
		read_modules(info);
}
