// SPDX-License-Identifier: MIT
/*
 * shim - a loader that hands Atlas any memory map we like.
 *
 *	qemu -kernel shim.elf -append "Atlas's command line"
 *	     -initrd "atlas.elf MAP,program arguments"
 *
 * QEMU's own loader gives an orderly map of a few entries.  The shim takes its
 * place: it is started by QEMU with Atlas as first module, copies Atlas to
 * where it is linked, and starts it with a map of its own making.  Which one,
 * the word behind Atlas's file name says:
 *
 *	QEMU	  |.......|shim|atlas.elf|program|............|
 *		  1 MiB   32 MiB
 *	then	  |Atlas|.|program or elsewhere..|............|
 *
 * The maps are nasty but honest: what is RAM at the end of the day is RAM.
 * Each entry is printed first ("loader: ADDR LEN TYPE"), so that tests/run can
 * work out, in its own way, which frames Atlas should find (maps.py).
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COM1		0x3f8
#define DEBUG_EXIT	0xf4
#define PAGE		4096u
#define KIB		1024u
#define MIB		(1024u * KIB)
#define GIB		(1024ull * MIB)

#define HAS_MEM_SIZE	0x001u
#define HAS_CMDLINE	0x004u
#define HAS_MODULES	0x008u
#define HAS_MEM_MAP	0x040u
#define MAGIC		0x2BADB002u

#define LOW_END		0x9fc00u	/* where the BIOS's own data begins */
#define RAM		1u
#define FIRMWARE	2u

struct info {
	uint32_t flags, mem_lower, mem_upper, boot_device, cmdline;
	uint32_t mods_count, mods_addr, syms[4], mmap_length, mmap_addr;
};

struct module {
	uint32_t start, end, string, reserved;
};

struct map_entry {
	uint32_t size;
	uint64_t addr, len;
	uint32_t type;
} __attribute__((packed));

struct elf_header {
	uint32_t magic, class[3];
	uint16_t type, machine;
	uint32_t version, entry, phoff, shoff, flags;
	uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct elf_phdr {
	uint32_t type, offset, vaddr, paddr, filesz, memsz, flags, align;
};

struct plan {
	const char *name;
	void (*make)(void);
};

void jump(uint32_t entry, uint32_t info, uint32_t magic);
void shim(const struct info *from);

static uint32_t top;			/* one past the last byte of RAM */
static uint32_t atlas_end;		/* one past Atlas's bss, page aligned */
static struct module program;

static struct info info;
static uint8_t map[256 * KIB];
static uint32_t map_size;
static unsigned int map_nr;
static uint32_t entry_size = 20;	/* as each entry says of itself */
static struct module modules[20];
static char cmdline[16 * KIB];
static uint32_t random_state;

/* --------------------------------------------------------------- small help */

static void put_char(char c)
{
	asm volatile("outb %0, %1" : : "a"(c), "d"((uint16_t)COM1));
}

static void put_text(const char *text)
{
	while (*text)
		put_char(*text++);
}

static void put_hex(uint64_t value)
{
	for (int shift = 60; shift >= 0; shift -= 4)
		put_char("0123456789abcdef"[value >> shift & 15]);
}

static void fail(const char *why)
{
	put_text("loader: ");
	put_text(why);
	put_text("\n");
	asm volatile("outb %0, %1" : : "a"((uint8_t)0x7f),
		     "d"((uint16_t)DEBUG_EXIT));
	for (;;)
		asm volatile("cli; hlt");
}

void *memcpy(void *to, const void *from, size_t size)
{
	char *t = to;
	const char *f = from;

	while (size--)
		*t++ = *f++;
	return to;
}

void *memset(void *to, int c, size_t size)
{
	char *t = to;

	while (size--)
		*t++ = c;
	return to;
}

static bool same(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

/* The number behind @prefix in @text, -1 if @text begins otherwise. */
static int number_behind(const char *text, const char *prefix)
{
	int number = 0;

	while (*prefix)
		if (*text++ != *prefix++)
			return -1;
	while (*text >= '0' && *text <= '9')
		number = number * 10 + *text++ - '0';
	return number;
}

/* What follows the first word. */
static const char *behind_word(const char *text)
{
	while (*text && *text != ' ')
		text++;
	while (*text == ' ')
		text++;
	return text;
}

static uint32_t random(uint32_t limit)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state % limit;
}

static uint32_t round_up(uint32_t address)
{
	return (address + PAGE - 1) & -PAGE;
}

/* --------------------------------------------------------------------- maps */

static void put(uint64_t addr, uint64_t len, uint32_t type)
{
	struct map_entry entry = { entry_size, addr, len, type };

	if (map_size + entry_size + 4 > sizeof(map))
		fail("the map is too long");
	memset(map + map_size, 0xa5, entry_size + 4);
	memcpy(map + map_size, &entry, sizeof(entry));
	map_size += entry_size + 4;
	map_nr++;
	put_text("loader: ");
	put_hex(addr);
	put_text(" ");
	put_hex(len);
	put_text(" ");
	put_hex(type);
	put_text("\n");
}

static void range(uint64_t start, uint64_t end, uint32_t type)
{
	put(start, end - start, type);
}

static void low(void)
{
	range(0, LOW_END, RAM);
	range(LOW_END, 640 * KIB, FIRMWARE);
	range(960 * KIB, MIB, FIRMWARE);
}

static void high(void)
{
	range(MIB, top, RAM);
}

static void move_program(uint32_t to)
{
	uint32_t size = program.end - program.start;

	memcpy((void *)to, (void *)program.start, size);
	program.start = to;
	program.end = to + size;
}

static void plain(void)
{
	low();
	high();
	range(0xfffc0000, 4 * GIB, FIRMWARE);
}

static void unsorted(void)
{
	uint32_t part = (top - MIB) / 8 & -PAGE;
	static const uint8_t order[] = { 5, 2, 7, 0, 6, 1, 4, 3 };

	range(0xfffc0000, 4 * GIB, FIRMWARE);
	for (int i = 0; i < 8; i++)
		range(MIB + order[i] * part,
		      order[i] == 7 ? top : MIB + (order[i] + 1) * part, RAM);
	range(960 * KIB, MIB, FIRMWARE);
	range(0, LOW_END, RAM);
}

static void overlap(void)
{
	low();
	range(MIB, top / 2, RAM);
	range(top / 4 + 0x123, top - 0x321, RAM);
	range(top / 3, top / 3 + 77, RAM);
	range(8 * MIB, top, RAM);
	range(MIB, top, RAM);
	range(0, LOW_END, RAM);
}

static void overlap_firmware(void)
{
	range(top / 2, top / 2 + 3 * MIB, FIRMWARE);
	low();
	high();
	range(top / 2 + MIB, top / 2 + 5 * MIB, RAM);
	range(5 * MIB + 1, 5 * MIB + 2, FIRMWARE);
	range(6 * MIB, 6 * MIB + PAGE, FIRMWARE);
	range(top - MIB, 4 * GIB, FIRMWARE);
	range(0, 64 * KIB, FIRMWARE);
}

static void empty(void)
{
	static const uint64_t at[] = {
		0, 1, MIB, 7 * MIB + 5, 16 * MIB, 896 * MIB, 4 * GIB, ~0ull
	};

	for (unsigned int i = 0; i < sizeof(at) / sizeof(at[0]); i++)
		put(at[i], 0, i % 2 ? RAM : FIRMWARE);
	plain();
	for (unsigned int i = 0; i < sizeof(at) / sizeof(at[0]); i++)
		put(at[i], 0, i % 2 ? FIRMWARE : RAM);
}

static void wrap(void)
{
	plain();
	put(~0ull - 0xffff, 0x20000, RAM);
	put(2 * MIB, ~0ull, RAM);
	put(5 * GIB, ~0ull - 4 * GIB, RAM);
	put(0 - 1 * MIB, 1 * MIB, RAM);
	put(~0ull - 0xffff, 0x20000, FIRMWARE);
	put(top - 2 * MIB + 9, ~0ull - MIB, FIRMWARE);
}

static void beyond(void)
{
	low();
	range(MIB, 18 * GIB, RAM);
	range(top, 5 * GIB, FIRMWARE);
	range(20 * GIB, 21 * GIB + 5, RAM);
	range(1ull << 44, 1ull << 50, RAM);
}

static void ragged(void)
{
	low();
	range(MIB + 1, 24 * MIB + 1, RAM);
	range(24 * MIB + 0x1fff, 25 * MIB - 1, RAM);
	range(25 * MIB + 0x3001, 30 * MIB + 0xfff, RAM);
	range(30 * MIB + 0x1001, top - 0x1234, RAM);
	range(MIB, 2 * MIB, RAM);
	range(40 * MIB + 0x801, 40 * MIB + 0x802, FIRMWARE);
	range(41 * MIB - 1, 41 * MIB + 1, FIRMWARE);
}

/* A page-wide hole after each @step bytes, @nr entries in all. */
static void holes(uint32_t step, unsigned int nr)
{
	uint32_t at = 4 * MIB;

	low();
	range(MIB, at, RAM);
	while (map_nr < nr - 1) {
		range(at, at + step - PAGE, RAM);
		at += step;
	}
	range(at, top, RAM);
}

static void holes_small(void)
{
	holes(5 * PAGE, 128);
}

static void holes_large(void)
{
	holes(MIB + 3 * PAGE, 128);
}

/* RAM first, so that what is lost at the end is the firmware's. */
static void firmware(uint32_t step, unsigned int nr)
{
	low();
	high();
	for (uint32_t at = 4 * MIB; map_nr < nr; at += step)
		range(at + 100, at + 200, FIRMWARE);
}

static void firmware_128(void)
{
	firmware(3 * PAGE, 128);
}

static void firmware_200(void)
{
	firmware(3 * PAGE, 200);
}

static void firmware_1000(void)
{
	firmware(3 * PAGE, 1000);
}

static void ram_200(void)
{
	holes(7 * PAGE, 200);
}

/* The second half, in which the program would lie, is lost. */
static void ram_1000(void)
{
	holes(7 * PAGE, 1000);
	move_program(2 * MIB);
}

static void mixed_200(void)
{
	low();
	high();
	for (uint32_t at = top; map_nr < 200; at -= 100 * KIB)
		range(at - 50 * KIB, at, map_nr % 2 ? FIRMWARE : RAM);
}

static void types(void)
{
	static const uint32_t type[] = { 0, 2, 3, 4, 5, 6, 7, 12, ~0u };

	low();
	for (unsigned int i = 0; i < sizeof(type) / sizeof(type[0]); i++)
		range((20 + i) * MIB, (20 + i) * MIB + 64 * KIB, type[i]);
	high();
}

static void extended(void)
{
	entry_size = 24;
	low();
	entry_size = 20;
	range(MIB, top / 2, RAM);
	entry_size = 60;
	range(top / 2, top, RAM);
	entry_size = 24;
	range(12 * MIB, 13 * MIB, FIRMWARE);
}

/* Sizes that lead nowhere: the reader must come to an end. */
static void bad_size(void)
{
	static const uint32_t size[] = { -4u, 0, -24u, 5, 19, ~0u };

	plain();
	for (unsigned int i = 0; i < sizeof(size) / sizeof(size[0]); i++) {
		*(uint32_t *)(map + map_size) = size[i];
		map_size += 4;
	}
	memset(map + map_size, 0, 64);
	map_size += 64;
}

static void bad_length(void)
{
	plain();
	info.mmap_length = -16u;
}

static void hole_dma(void)
{
	low();
	range(MIB, 15 * MIB + 0x800, RAM);
	range(17 * MIB + 0x801, top, RAM);
}

static void hole_dma_edge(void)
{
	low();
	range(MIB, 16 * MIB, RAM);
	range(20 * MIB, top, RAM);
}

static void hole_896(void)
{
	low();
	range(MIB, 896 * MIB, RAM);
	range(900 * MIB, top, RAM);
}

static void hole_to_896(void)
{
	low();
	range(MIB, 890 * MIB - 1, RAM);
	range(896 * MIB, top, RAM);
}

static void hole_over_896(void)
{
	low();
	range(MIB, 895 * MIB + 17 * PAGE, RAM);
	range(897 * MIB + 3 * PAGE, top, RAM);
}

static void no_low(void)
{
	range(MIB, top, RAM);
}

/* Zone DMA has frame 1 to 159 and what the image leaves. */
static void no_dma(void)
{
	low();
	range(MIB, atlas_end, FIRMWARE);
	range(17 * MIB, top, RAM);
}

static void only_high(void)
{
	range(MIB, atlas_end, RAM);
	range(64 * MIB, top, RAM);
}

/* A little RAM low, most of it far up: mem_map cannot describe it all. */
static void far(void)
{
	low();
	range(MIB, 10 * MIB, RAM);
	range(1024 * MIB, top, RAM);
	move_program(4 * MIB);
}

/* No piece of low memory is long, and mem_map wants one. */
static void pieces(void)
{
	low();
	range(MIB, 4 * MIB, RAM);
	for (uint32_t at = 4 * MIB; at < 100 * MIB; at += MIB)
		range(at, at + MIB - PAGE, RAM);
	range(900 * MIB, top, RAM);
}

/* All pieces are of a size that is mem_map's for a whole number of blocks. */
static void pieces_equal(void)
{
	low();
	range(MIB, atlas_end, RAM);
	for (uint32_t at = 4 * MIB; at < 100 * MIB; at += MIB)
		range(at, at + 512 * KIB, RAM);
	range(900 * MIB, top, RAM);
	move_program(16 * MIB);
}

static void tiny(uint32_t size)
{
	low();
	range(MIB, size, RAM);
	move_program(atlas_end);
}

/* Nothing but the image, the program and that many pages. */
static void pages(int nr)
{
	move_program(atlas_end);
	range(MIB, round_up(program.end) + nr * PAGE, RAM);
}

static void tiny_4m(void)
{
	tiny(4 * MIB);
}

static void tiny_3m(void)
{
	tiny(3 * MIB);
}

static void tiny_2m(void)
{
	tiny(2 * MIB);
}

static void tiny_image(void)
{
	low();
	range(MIB, atlas_end, RAM);
	move_program(64 * KIB);
}

static void no_free(void)
{
	range(MIB, atlas_end, RAM);
	move_program(64 * KIB);
}

static void no_ram(void)
{
	range(0, 4 * GIB, FIRMWARE);
}

static void empty_map(void)
{
}

static void sizes(void)
{
	range(0, 639 * KIB, RAM);
	range(MIB, 60 * MIB, RAM);
	info.mem_lower = 639;
	info.mem_upper = 59 * KIB;
	info.flags &= ~HAS_MEM_MAP;
}

static void nothing(void)
{
	info.flags &= ~(HAS_MEM_MAP | HAS_MEM_SIZE);
}

static void module_last(void)
{
	plain();
	move_program((top - (program.end - program.start)) & -PAGE);
}

static void module_high(void)
{
	plain();
	move_program(1000 * MIB);
}

static void module_border(void)
{
	plain();
	move_program(896 * MIB - PAGE);
}

static void module_behind_image(void)
{
	plain();
	move_program(atlas_end);
}

static void module_low(void)
{
	plain();
	move_program(64 * KIB);
}

static void module_firmware(void)
{
	plain();
	range(40 * MIB, 44 * MIB, FIRMWARE);
	move_program(41 * MIB);
}

static void module_hole(void)
{
	low();
	range(MIB, 40 * MIB, RAM);
	range(44 * MIB, top, RAM);
	move_program(41 * MIB);
}

static void module_no_ram(void)
{
	low();
	range(MIB, top - 16 * MIB, RAM);
	move_program(top - 8 * MIB);
}

static void module_unaligned(void)
{
	plain();
	move_program(48 * MIB + 0x123);
}

static void module_backwards(void)
{
	plain();
	program.end = program.start - PAGE;
}

static void module_endless(void)
{
	plain();
	program.end = -1u;
}

static void module_on_image(void)
{
	plain();
	program.start = MIB;
}

static void no_module(void)
{
	plain();
	info.mods_count = 0;
}

static void no_modules_flag(void)
{
	plain();
	info.flags &= ~HAS_MODULES;
	info.mods_count = -1u;
	info.mods_addr = -1u;
}

/* Each in a place of its own, the last ones beyond what Atlas notes. */
static void modules_20(void)
{
	plain();
	info.mods_count = 20;
	for (int i = 20; --i >= 0; modules[i] = program)
		move_program((40 + i) * MIB);
}

static void cmdline_5000(void)
{
	uint32_t size = 0;

	plain();
	while (cmdline[size])
		size++;
	memset(cmdline + size, 'x', 5000 - size);
	cmdline[size] = ' ';
}

static void no_cmdline(void)
{
	plain();
	info.flags &= ~HAS_CMDLINE;
	info.cmdline = -1u;
}

static void info_high(void)
{
	plain();
	memcpy((void *)(1000 * MIB), map, map_size);
	info.mmap_addr = 1000 * MIB;
}

/* From a seed: small holes and overlapping pieces of RAM anywhere. */
static void random_map(uint32_t seed)
{
	unsigned int nr;

	random_state = seed * 2654435761u | 1;
	nr = random(110) + 10;
	if (random(2))
		low();
	if (random(2))
		range(random(top), top - random(MIB), RAM);
	range(MIB, top - random(2) * random(32 * MIB), RAM);
	while (map_nr < nr) {
		uint32_t at = MIB + random(top - MIB);
		uint32_t size = random(2) ? random(64 * KIB) : random(2 * MIB);

		if (random(4) == 0)
			at &= -PAGE;
		if (random(4) == 0)
			size &= -PAGE;
		if (random(8) == 0)
			range(4 * GIB + at, 4 * GIB + at + size, random(3));
		else if (random(3))
			put(at, size, FIRMWARE + random(4));
		else
			range(at, size < top - at ? at + size : top, RAM);
	}
}

#define PLAN(name)	{ #name, name }
static const struct plan plans[] = {
	PLAN(plain), PLAN(unsorted), PLAN(overlap), PLAN(overlap_firmware),
	PLAN(empty), PLAN(wrap), PLAN(beyond), PLAN(ragged), PLAN(holes_small),
	PLAN(holes_large), PLAN(firmware_128), PLAN(firmware_200),
	PLAN(firmware_1000), PLAN(ram_200), PLAN(ram_1000), PLAN(mixed_200),
	PLAN(types), PLAN(extended), PLAN(bad_size), PLAN(bad_length),
	PLAN(hole_dma), PLAN(hole_dma_edge), PLAN(hole_896), PLAN(hole_to_896),
	PLAN(hole_over_896), PLAN(no_low), PLAN(no_dma), PLAN(only_high),
	PLAN(far), PLAN(pieces), PLAN(pieces_equal), PLAN(tiny_4m),
	PLAN(tiny_3m), PLAN(tiny_2m), PLAN(tiny_image), PLAN(no_free),
	PLAN(no_ram), PLAN(empty_map), PLAN(sizes), PLAN(nothing),
	PLAN(module_last),
	PLAN(module_high), PLAN(module_border), PLAN(module_behind_image),
	PLAN(module_low), PLAN(module_firmware), PLAN(module_hole),
	PLAN(module_no_ram), PLAN(module_unaligned), PLAN(module_backwards),
	PLAN(module_endless), PLAN(module_on_image), PLAN(no_module),
	PLAN(no_modules_flag), PLAN(modules_20), PLAN(cmdline_5000),
	PLAN(no_cmdline), PLAN(info_high),
};

static void make_map(const char *name)
{
	int seed = number_behind(name, "random_");
	int nr = number_behind(name, "pages_");

	for (unsigned int i = 0; i < sizeof(plans) / sizeof(plans[0]); i++)
		if (same(name, plans[i].name)) {
			plans[i].make();
			return;
		}
	if (nr >= 0)
		pages(nr);
	else if (seed >= 0)
		random_map(seed);
	else
		fail("there is no such map");
}

/* -------------------------------------------------------------------- start */

/* Copy Atlas to where it belongs; Return: where it begins to run. */
static uint32_t load(const struct elf_header *elf)
{
	const struct elf_phdr *ph = (const void *)elf + elf->phoff;
	uint32_t entry = 0;

	if (elf->magic != 0x464c457f)
		fail("the first module is no ELF file");
	for (int i = 0; i < elf->phnum; i++, ph++) {
		if (ph->type != 1 || !ph->memsz)
			continue;
		memcpy((void *)ph->paddr, (const void *)elf + ph->offset,
		       ph->filesz);
		memset((void *)(ph->paddr + ph->filesz), 0,
		       ph->memsz - ph->filesz);
		if (elf->entry - ph->vaddr < ph->memsz)
			entry = elf->entry - ph->vaddr + ph->paddr;
		if (ph->paddr + ph->memsz > atlas_end)
			atlas_end = round_up(ph->paddr + ph->memsz);
	}
	return entry;
}

void shim(const struct info *from)
{
	const struct module *given = (const void *)from->mods_addr;
	const char *text = (const char *)from->cmdline;
	uint32_t entry;

	if (from->mods_count != 2)
		fail("give two modules: atlas.elf MAP,program arguments");
	program = given[1];
	top = MIB + from->mem_upper * KIB;
	entry = load((const void *)given[0].start);
	for (uint32_t i = 0; text[i] && i < sizeof(cmdline) - 1; i++)
		cmdline[i] = text[i];

	info.flags = HAS_MEM_SIZE | HAS_CMDLINE | HAS_MODULES | HAS_MEM_MAP;
	info.mem_lower = 639;
	info.mem_upper = from->mem_upper;
	info.cmdline = (uint32_t)cmdline;
	info.mods_count = 1;
	info.mods_addr = (uint32_t)modules;
	info.mmap_addr = (uint32_t)map;
	make_map(behind_word((const char *)given[0].string));
	if (!info.mmap_length)
		info.mmap_length = map_size;
	modules[0] = program;
	jump(entry, (uint32_t)&info, MAGIC);
}
