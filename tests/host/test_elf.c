// SPDX-License-Identifier: MIT
/*
 * ELF files against a model that knows of one byte at a time: the last segment
 * that has part in a page says what is there.
 *
 * What is refused, and what is not although it could be, is Linux's choice.
 */
#include "host.h"
#include "kernel/elf.c"

#include "elf_file.h"

#define PT_NOTE		4
#define PT_PHDR		6

#define TEXT		0x08048000u
#define DATA		0x0804b000u
#define PIE		0x56555000u
#define PHDRS		((uint32_t)sizeof(struct elf_header))
#define PATH		0x200u			/* of the loader, in the file */
#define GOOD_SIZE	(2 * PAGE_SIZE + 0x300)

static union {
	uint8_t bytes[ELF_FILE_MAX];
	struct {
		struct elf_header header;
		struct elf_phdr phdrs[PAGE_SIZE / sizeof(struct elf_phdr) + 1];
	};
} file;

/* What became of the last file. */
static struct elf_image image;
static char path[PAGE_SIZE];
static long path_size;
static int stack_rights;

/* What it was asked for. */
static bool is_loader;
static vaddr_t hint;

/* -------------------------------------------------------------- the files */

static struct elf_phdr load_segment(uint32_t offset, vaddr_t vaddr,
				    uint32_t filesz, uint32_t memsz,
				    uint32_t flags)
{
	return (struct elf_phdr){ PT_LOAD, offset, vaddr, vaddr, filesz, memsz,
				  flags, PAGE_SIZE };
}

static void write_header(uint16_t type, vaddr_t entry, uint16_t nr)
{
	file.header = (struct elf_header){
		.magic = 0x464c457f, .class = 1, .data = 1, .version = 1,
		.type = type, .machine = 3, .version2 = 1, .entry = entry,
		.phoff = PHDRS, .ehsize = 52, .phentsize = 32, .phnum = nr,
	};
}

/* Text in page 0 of the file; data with bss behind them in pages 1 and 2. */
static void write_good_file(void)
{
	memset(&file, 'x', GOOD_SIZE);
	write_header(ET_EXEC, TEXT + 0x400, 2);
	file.phdrs[0] = load_segment(0, TEXT, 0x900, 0x900, PF_R | PF_X);
	file.phdrs[1] = load_segment(PAGE_SIZE + 0x10, DATA + 0x10,
				     PAGE_SIZE + 0x100, 3 * PAGE_SIZE,
				     PF_R | PF_W);
	is_loader = false;
	hint = 0;
}

static void write_good_pie(void)
{
	write_good_file();
	file.header.type = ET_DYN;
	file.header.entry -= TEXT;
	file.phdrs[0].vaddr -= TEXT;
	file.phdrs[1].vaddr -= TEXT;
}

/* A third header names @name, @size bytes of it. */
static void write_loader(const char *name, uint32_t size)
{
	file.header.phnum = 3;
	file.phdrs[2] = (struct elf_phdr){ .type = PT_INTERP, .offset = PATH,
					   .filesz = size, .memsz = size };
	memcpy(&file.bytes[PATH], name, strlen(name) + 1);
}

/* What exec does.  Return: its errors; nothing is left but mappings. */
static int load_beside(uint32_t size)
{
	struct elf elf;
	int err;

	elf_file_set(&file, size);
	err = elf_open(&elf, &elf_file, is_loader);
	if (err) {
		EXPECT(!elf.phdrs && elf_file_is_free());
		return err;
	}
	path_size = elf_interpreter(&elf, path, sizeof(path));
	stack_rights = elf_stack_rights(&elf);
	err = path_size < 0 ? (int)path_size : elf_map(&elf, hint, &image);
	elf_close(&elf);
	EXPECT(elf_file_is_free());
	return err;
}

static int load_sized(uint32_t size)
{
	int err;

	elf_file_unmap();
	err = load_beside(size);
	if (err == -ENOEXEC)
		EXPECT(elf_file_is_unmapped());
	return err;
}

static int load(void)
{
	return load_sized(GOOD_SIZE);
}

/* -------------------------------------------------------------- the model */

static int model_rights(uint32_t flags)
{
	return (flags & PF_R ? PROT_READ : 0) |
	       (flags & PF_W ? PROT_WRITE : 0) |
	       (flags & PF_X ? PROT_EXEC : 0);
}

static struct elf_file_byte zero_byte(uint32_t flags)
{
	return (struct elf_file_byte){
		true, PROT_READ | PROT_WRITE | (flags & PF_X ? PROT_EXEC : 0),
		ELF_FILE_ZERO,
	};
}

static bool is_in(uint64_t at, uint64_t start, uint64_t end)
{
	return at >= start && at < end;
}

static uint64_t page_up(uint64_t at)
{
	return (at + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE;
}

/* Zeros need a page of the file that is there and can be written. */
static bool can_clear(struct elf_file_byte byte, uint32_t file_size)
{
	return byte.is_mapped && byte.prot & PROT_WRITE &&
	       (byte.from == ELF_FILE_ZERO ||
		PAGE_ALIGN_DOWN(byte.from) < file_size);
}

/* What @ph, at @start, makes of the byte at @at, which was @old. */
static struct elf_file_byte model_segment(const struct elf_phdr *ph,
					  uint64_t start, uint64_t at,
					  struct elf_file_byte old,
					  uint32_t file_size)
{
	uint64_t first = start - start % PAGE_SIZE;
	uint64_t file_end = start + ph->filesz;
	uint64_t zeros = ph->filesz ? page_up(file_end) : first;

	if (ph->filesz || is_loader)
		if (is_in(at, first, page_up(file_end)))
			old = (struct elf_file_byte){
				true, model_rights(ph->flags),
				ph->offset + (at - start),
			};
	if (is_loader || ph->memsz == ph->filesz)
		return old;
	if (is_in(at, zeros, page_up(start + ph->memsz)))
		return zero_byte(ph->flags);
	if (is_in(at, file_end, zeros) && can_clear(old, file_size))
		old.from = ELF_FILE_ZERO;
	return old;
}

static struct elf_file_byte model_segments(vaddr_t base, vaddr_t at,
					   uint32_t file_size)
{
	struct elf_file_byte byte = { .is_mapped = false };

	for (unsigned int i = 0; i < file.header.phnum; i++) {
		const struct elf_phdr *ph = &file.phdrs[i];

		if (ph->type == PT_LOAD)
			byte = model_segment(ph, (vaddr_t)(base + ph->vaddr),
					     at, byte, file_size);
	}
	return byte;
}

/* How far the bytes and the zeros of a loader go, and what these are. */
struct ends {
	uint64_t file, memory;
	uint32_t flags;
};

static struct ends model_ends(vaddr_t base)
{
	struct ends ends = { 0 };

	for (unsigned int i = 0; i < file.header.phnum; i++) {
		const struct elf_phdr *ph = &file.phdrs[i];
		uint64_t start = (vaddr_t)(base + ph->vaddr);

		if (ph->type != PT_LOAD)
			continue;
		ends.file = max(ends.file, start + ph->filesz);
		if (start + ph->memsz > ends.memory) {
			ends.memory = start + ph->memsz;
			ends.flags = ph->flags;
		}
	}
	return ends;
}

static struct elf_file_byte model_byte(vaddr_t base, vaddr_t at,
				       uint32_t file_size)
{
	struct elf_file_byte byte = model_segments(base, at, file_size);
	struct ends ends = model_ends(base);

	if (!is_loader)
		return byte;
	if (is_in(at, page_up(ends.file), page_up(ends.memory)))
		return zero_byte(ends.flags);
	if (is_in(at, ends.file, page_up(ends.file)))
		byte.from = ELF_FILE_ZERO;
	return byte;
}

/* How much the first segment takes for all; 0: only its own. */
static uint64_t model_span(void)
{
	uint64_t start = UINT64_MAX;

	if (file.header.type == ET_EXEC && !is_loader)
		return 0;
	for (unsigned int i = 0; i < file.header.phnum; i++)
		if (file.phdrs[i].type == PT_LOAD)
			start = min(start, (uint64_t)file.phdrs[i].vaddr);
	return page_up(model_ends(0).memory - (start - start % PAGE_SIZE));
}

/* Has the file such pages, and memory a place for them and for @span? */
static bool has_place(const struct elf_phdr *ph, uint64_t start, uint64_t span)
{
	uint32_t ragged = ph->vaddr % PAGE_SIZE;
	uint64_t size = page_up(ragged + (uint64_t)ph->filesz);

	if (!size || (!ph->filesz && !is_loader))
		return true;
	size = max(size, span);
	return ph->offset % PAGE_SIZE == ragged &&
	       ph->offset - ragged + size <= UINT32_MAX &&
	       start - ragged + size <= TASK_SIZE;
}

static bool is_below_kernel(uint64_t start, uint32_t size)
{
	return start < TASK_SIZE && start + size <= TASK_SIZE;
}

/* A program's sizes are judged as it is in the file, a loader's in place. */
static bool segment_is_sane(const struct elf_phdr *ph, vaddr_t start)
{
	return ph->filesz <= ph->memsz &&
	       is_below_kernel(is_loader ? start : ph->vaddr, ph->memsz) &&
	       (!ph->memsz || is_below_kernel(start, ph->memsz));
}

/* Will it be taken?  For files that the model knows. */
static bool model_is_good(vaddr_t base, uint32_t file_size)
{
	uint64_t span = model_span();
	bool any = false;
	vaddr_t end = model_ends(base).file;

	for (unsigned int i = 0; i < file.header.phnum; i++) {
		const struct elf_phdr *ph = &file.phdrs[i];
		vaddr_t start = base + ph->vaddr;

		if (ph->type != PT_LOAD)
			continue;
		if (!segment_is_sane(ph, start) ||
		    !has_place(ph, start, any ? 0 : span))
			return false;
		any = true;
	}
	if (any && !span && (is_loader || file.header.type == ET_DYN))
		return false;
	if (!is_loader)
		return true;
	return any && (end % PAGE_SIZE == 0 ||
		       can_clear(model_segments(base, end, file_size),
				 file_size));
}

/* Not those of which something lies below MMAP_MIN_ADDR or wraps. */
static bool model_knows(void)
{
	for (unsigned int i = 0; i < file.header.phnum; i++) {
		const struct elf_phdr *ph = &file.phdrs[i];

		if (ph->type == PT_LOAD &&
		    (ph->vaddr < MMAP_MIN_ADDR ||
		     (uint64_t)ph->vaddr + ph->memsz > UINT32_MAX))
			return false;
	}
	return true;
}

static void expect_byte(vaddr_t at, uint32_t file_size)
{
	struct elf_file_byte is = elf_file_byte(at);
	struct elf_file_byte should = model_byte(image.base, at, file_size);

	EXPECT_EQ(is.is_mapped, should.is_mapped);
	EXPECT_EQ(is.prot, should.prot);
	EXPECT_EQ(is.from, should.from);
}

/* ... and the pages around the edges of each segment. */
static void expect_bytes(uint32_t file_size)
{
	for (unsigned int i = 0; i < file.header.phnum; i++) {
		const struct elf_phdr *ph = &file.phdrs[i];
		vaddr_t start = image.base + ph->vaddr;
		vaddr_t edges[] = { start, start + ph->filesz,
				    start + ph->memsz };

		for (int edge = 0; edge < 3 && ph->type == PT_LOAD; edge++)
			for (int step = -1; step <= 1; step++) {
				vaddr_t at = edges[edge] + step * PAGE_SIZE;

				expect_byte(at, file_size);
				expect_byte(at - 1, file_size);
				expect_byte(at | (PAGE_SIZE - 1), file_size);
				expect_byte(PAGE_ALIGN_DOWN(at), file_size);
			}
	}
}

static void expect_image(void)
{
	vaddr_t base = image.base, code = UINT32_MAX, code_end = 0, data = 0;
	vaddr_t moved = is_loader ? base : 0, phdr = base;
	struct ends ends = model_ends(moved);

	for (unsigned int i = 0; i < file.header.phnum; i++) {
		const struct elf_phdr *ph = &file.phdrs[i];
		vaddr_t start = moved + ph->vaddr;

		if (ph->type != PT_LOAD)
			continue;
		if ((ph->flags & PF_X) && start < code)
			code = start;
		if ((ph->flags & PF_X) && start + ph->filesz > code_end)
			code_end = start + ph->filesz;
		if (start > data)
			data = start;
		for (uint64_t byte = 0; byte < min(ph->filesz, 9 * PAGE_SIZE);
		     byte++)
			if (ph->offset + byte == file.header.phoff)
				phdr = base + ph->vaddr + byte;
	}
	moved = base - moved;
	EXPECT_EQ(image.start_code, (vaddr_t)(code + moved));
	EXPECT_EQ(image.end_code, (vaddr_t)(code_end + moved));
	EXPECT_EQ(image.start_data, (vaddr_t)(data + moved));
	EXPECT_EQ(image.end_data, (vaddr_t)(ends.file + moved));
	EXPECT_EQ(image.end, (vaddr_t)(ends.memory + moved));
	EXPECT_EQ(image.phdr, phdr);
	EXPECT_EQ(image.entry, (vaddr_t)(base + file.header.entry));
}

static void expect_as_modelled(uint32_t file_size)
{
	expect_bytes(file_size);
	expect_image();
}

/* ----------------------------------------------------------- good programs */

static void expect_at(vaddr_t at, int prot, uint32_t from)
{
	struct elf_file_byte byte = elf_file_byte(at);

	EXPECT(byte.is_mapped);
	EXPECT_EQ(byte.prot, prot);
	EXPECT_EQ(byte.from, from);
}

static void expect_nothing_at(vaddr_t at)
{
	EXPECT(!elf_file_byte(at).is_mapped);
}

TEST(elf, a_static_program_lies_where_it_says)
{
	write_good_file();
	REQUIRE(load() == 0);
	EXPECT_EQ(path_size, 0);
	expect_nothing_at(TEXT - 1);
	expect_at(TEXT, PROT_READ | PROT_EXEC, 0);
	expect_at(TEXT + 0xfff, PROT_READ | PROT_EXEC, 0xfff);
	expect_nothing_at(TEXT + PAGE_SIZE);
	expect_nothing_at(DATA - 1);
	expect_at(DATA, PROT_READ | PROT_WRITE, PAGE_SIZE);
	EXPECT_EQ(image.base, 0);
	EXPECT_EQ(image.entry, TEXT + 0x400);
	EXPECT_EQ(image.start_code, TEXT);
	EXPECT_EQ(image.end_code, TEXT + 0x900);
	EXPECT_EQ(image.start_data, DATA + 0x10);
	EXPECT_EQ(image.end_data, DATA + PAGE_SIZE + 0x110);
	expect_as_modelled(GOOD_SIZE);
}

TEST(elf, the_heap_begins_behind_the_last_bss)
{
	write_good_file();
	REQUIRE(load() == 0);
	EXPECT_EQ(image.end, DATA + 0x10 + 3 * PAGE_SIZE);
	file.phdrs[0].memsz = DATA - TEXT + 9 * PAGE_SIZE;
	REQUIRE(load() == 0);
	EXPECT_EQ(image.end, DATA + 9 * PAGE_SIZE);
}

TEST(elf, the_page_in_which_bss_begins_is_cleared_to_its_end)
{
	write_good_file();
	REQUIRE(load() == 0);
	expect_at(DATA + PAGE_SIZE + 0x10f, 3, 2 * PAGE_SIZE + 0x10f);
	expect_at(DATA + PAGE_SIZE + 0x110, 3, ELF_FILE_ZERO);
	expect_at(DATA + PAGE_SIZE + 0xfff, 3, ELF_FILE_ZERO);
	expect_at(DATA + 2 * PAGE_SIZE, 3, ELF_FILE_ZERO);
	expect_at(DATA + 4 * PAGE_SIZE - 1, 3, ELF_FILE_ZERO);
	expect_nothing_at(DATA + 4 * PAGE_SIZE);
	/* Without bss, and where it cannot be written, the file shows. */
	file.phdrs[1].memsz = file.phdrs[1].filesz;
	REQUIRE(load() == 0);
	expect_at(DATA + PAGE_SIZE + 0x110, 3, 2 * PAGE_SIZE + 0x110);
	file.phdrs[1].memsz++;
	file.phdrs[1].flags = PF_R;
	REQUIRE(load() == 0);
	expect_at(DATA + PAGE_SIZE + 0x110, 1, 2 * PAGE_SIZE + 0x110);
}

TEST(elf, whole_pages_of_zeros_can_be_read_and_written)
{
	for (uint32_t flags = 0; flags < 8; flags++) {
		int prot = PROT_READ | PROT_WRITE |
			   (flags & PF_X ? PROT_EXEC : 0);

		write_good_file();
		file.phdrs[1].flags = flags;
		REQUIRE(load() == 0);
		expect_at(DATA + 2 * PAGE_SIZE, prot, ELF_FILE_ZERO);
		expect_at(DATA + 4 * PAGE_SIZE - 1, prot, ELF_FILE_ZERO);
		expect_as_modelled(GOOD_SIZE);
	}
}

TEST(elf, a_segment_of_bss_only_has_nothing_of_the_file)
{
	write_good_file();
	file.phdrs[1] = load_segment(PAGE_SIZE, DATA, 0, PAGE_SIZE + 1, 6);
	REQUIRE(load() == 0);
	expect_at(DATA, 3, ELF_FILE_ZERO);
	expect_at(DATA + 2 * PAGE_SIZE - 1, 3, ELF_FILE_ZERO);
	expect_nothing_at(DATA + 2 * PAGE_SIZE);
	/* Not even its first page, and what the offset is does not count. */
	file.phdrs[1] = load_segment(UINT32_MAX, DATA + 0x800, 0, 0x801, 4);
	REQUIRE(load() == 0);
	expect_nothing_at(DATA - 1);
	expect_at(DATA, 3, ELF_FILE_ZERO);
	expect_at(DATA + PAGE_SIZE, 3, ELF_FILE_ZERO);
	file.phdrs[1].memsz = 0;
	REQUIRE(load() == 0);
	expect_nothing_at(DATA);
}

TEST(elf, a_pie_goes_to_its_base_as_a_whole)
{
	write_good_pie();
	hint = PIE;
	REQUIRE(load() == 0);
	EXPECT_EQ(image.base, PIE);
	EXPECT_EQ(image.entry, PIE + 0x400);
	EXPECT_EQ(image.phdr, PIE + PHDRS);
	EXPECT_EQ(image.end, PIE + DATA - TEXT + 0x10 + 3 * PAGE_SIZE);
	expect_at(PIE, 5, 0);
	expect_nothing_at(PIE + PAGE_SIZE);
	expect_at(PIE + DATA - TEXT, 3, PAGE_SIZE);
	expect_as_modelled(GOOD_SIZE);
	/* Without a base, where there is room; linked elsewhere, the same. */
	hint = 0;
	REQUIRE(load() == 0);
	EXPECT_EQ(image.base, ELF_FILE_PLACE);
	write_good_file();
	file.header.type = ET_DYN;
	REQUIRE(load() == 0);
	EXPECT_EQ(image.base, ELF_FILE_PLACE - TEXT);
	expect_as_modelled(GOOD_SIZE);
}

TEST(elf, the_first_segment_of_a_pie_decides_where_all_of_it_is)
{
	write_good_pie();
	file.phdrs[0].vaddr += 2 * PAGE_SIZE;
	hint = PIE;
	REQUIRE(load() == 0);
	EXPECT_EQ(image.base, PIE - 2 * PAGE_SIZE);
	expect_at(PIE, 5, 0);
	expect_as_modelled(GOOD_SIZE);
	/* A ragged one begins in the page below the hint. */
	write_good_pie();
	file.phdrs[0].vaddr = file.phdrs[0].offset = 0x100;
	hint = PIE;
	REQUIRE(load() == 0);
	EXPECT_EQ(image.base, PIE - PAGE_SIZE);
	expect_at(PIE - 1, 5, 0xfff);
	/* Lower ones go below it, and what it takes for all is above it. */
	write_good_pie();
	file.phdrs[0].vaddr = 0x10000;
	file.phdrs[1].vaddr = 0x10;
	hint = PIE;
	REQUIRE(load() == 0);
	EXPECT_EQ(image.base, PIE - 0x10000);
	expect_at(PIE - 0x10000, 3, PAGE_SIZE);
	expect_nothing_at(PIE + PAGE_SIZE);
	expect_as_modelled(GOOD_SIZE);
}

/* Taken by its first segment, which gives back what it has no use for. */
TEST(elf, a_pie_needs_a_place_for_all_of_it)
{
	write_good_pie();
	REQUIRE(load() == 0);
	expect_nothing_at(image.base + PAGE_SIZE);
	expect_nothing_at(image.base + DATA - TEXT - 1);
	file.phdrs[1].vaddr = 0xb0000010;
	EXPECT_EQ(load(), -ENOMEM);
	EXPECT(elf_file_is_unmapped());
	/* The room is the file's, whose offsets must not wrap there. */
	write_good_pie();
	file.phdrs[0].offset = 0xffffb000;
	EXPECT_EQ(load(), -EINVAL);
	file.phdrs[0].offset -= 4 * PAGE_SIZE;
	EXPECT_EQ(load(), 0);
	/* What is there already is not mapped over. */
	hint = PIE;
	elf_file_unmap();
	mm_mmap(NULL, PIE + 5 * PAGE_SIZE, 1, 0,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, NULL, 0);
	EXPECT_EQ(load_beside(GOOD_SIZE), -EEXIST);
}

TEST(elf, a_pie_may_have_no_segments_but_not_empty_ones_alone)
{
	write_good_pie();
	file.phdrs[0].type = file.phdrs[1].type = PT_NOTE;
	hint = PIE;
	EXPECT_EQ(load(), 0);
	EXPECT(elf_file_is_unmapped() && image.base == 0);
	file.phdrs[0] = load_segment(0, 0, 0, 0, PF_R);
	EXPECT_EQ(load(), -EINVAL);
}

TEST(elf, segments_may_overlap_and_the_later_one_wins)
{
	write_good_file();
	file.phdrs[1] = load_segment(PAGE_SIZE + 0x800, TEXT + 0x800, 0x100,
				     0x200, PF_R | PF_W);
	REQUIRE(load() == 0);
	expect_at(TEXT, 3, PAGE_SIZE);
	expect_at(TEXT + 0x900, 3, ELF_FILE_ZERO);
	expect_as_modelled(GOOD_SIZE);
}

TEST(elf, segments_may_come_in_any_order)
{
	struct elf_phdr first;

	write_good_file();
	first = file.phdrs[0];
	file.phdrs[0] = file.phdrs[1];
	file.phdrs[1] = first;
	REQUIRE(load() == 0);
	expect_at(TEXT, 5, 0);
	expect_at(DATA, 3, PAGE_SIZE);
	EXPECT_EQ(image.end, DATA + 0x10 + 3 * PAGE_SIZE);
	EXPECT_EQ(image.start_data, DATA + 0x10);
	expect_as_modelled(GOOD_SIZE);
}

TEST(elf, headers_of_other_types_map_nothing)
{
	static const uint32_t types[] = { 0, 2, PT_NOTE, 5, PT_PHDR, 7,
					  0x6474e550, PT_GNU_STACK, 0x6474e552,
					  0x70000000, UINT32_MAX };

	write_good_file();
	file.header.phnum = 3;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		file.phdrs[2] = load_segment(0, 0x10000000, 100, 100, 7);
		file.phdrs[2].type = types[i];
		REQUIRE(load() == 0);
		expect_nothing_at(0x10000000);
		expect_as_modelled(GOOD_SIZE);
	}
}

TEST(elf, the_last_wish_for_a_stack_counts_and_is_one_for_the_stack_alone)
{
	write_good_file();
	REQUIRE(load() == 0);
	EXPECT_EQ(stack_rights, -1);
	file.header.phnum = 4;
	file.phdrs[2] = file.phdrs[3] = (struct elf_phdr){
		.type = PT_GNU_STACK, .flags = PF_R | PF_W,
	};
	file.phdrs[3].flags = PF_R | PF_W | PF_X;
	REQUIRE(load() == 0);
	EXPECT_EQ(stack_rights, PROT_READ | PROT_WRITE | PROT_EXEC);
	expect_at(DATA, PROT_READ | PROT_WRITE, PAGE_SIZE);
	EXPECT_EQ(image.end_code, TEXT + 0x900);
	file.phdrs[3].flags = 0;
	REQUIRE(load() == 0);
	EXPECT_EQ(stack_rights, 0);
	file.phdrs[3].type = PT_NOTE;
	REQUIRE(load() == 0);
	EXPECT_EQ(stack_rights, PROT_READ | PROT_WRITE);
}

TEST(elf, protection_is_that_of_the_flags)
{
	for (uint32_t flags = 0; flags < 16; flags++) {
		write_good_file();
		file.phdrs[0].flags = flags;
		REQUIRE(load() == 0);
		expect_at(TEXT, (flags & 4 ? PROT_READ : 0) | (flags & 2) |
			  (flags & 1 ? PROT_EXEC : 0), 0);
		EXPECT_EQ(image.start_code, flags & 1 ? TEXT : UINT32_MAX);
	}
}

TEST(elf, program_headers_are_where_the_last_segment_around_them_lies)
{
	write_good_file();
	REQUIRE(load() == 0);
	EXPECT_EQ(image.phdr, TEXT + PHDRS);
	/* What PT_PHDR says is not asked. */
	file.header.phnum = 3;
	file.phdrs[2] = (struct elf_phdr){ .type = PT_PHDR, .offset = PHDRS,
					   .vaddr = 0x1234, .filesz = 96 };
	REQUIRE(load() == 0);
	EXPECT_EQ(image.phdr, TEXT + PHDRS);
	/* A first byte is enough; in the file, not in memory. */
	file.phdrs[0].filesz = PHDRS + 1;
	REQUIRE(load() == 0);
	EXPECT_EQ(image.phdr, TEXT + PHDRS);
	file.phdrs[0].filesz = PHDRS;
	REQUIRE(load() == 0);
	EXPECT_EQ(image.phdr, 0);
	write_good_file();
	file.phdrs[1].offset = 0x10;
	REQUIRE(load() == 0);
	EXPECT_EQ(image.phdr, DATA + PHDRS);
}

/* --------------------------------------------------- the names of loaders */

TEST(elf, a_dynamic_program_names_its_loader)
{
	write_good_file();
	write_loader("/lib/ld.so", 11);
	EXPECT_EQ(load(), 0);
	EXPECT_EQ(path_size, 10);
	EXPECT(!strcmp(path, "/lib/ld.so"));
	/* The first of two; as much as a path may have. */
	file.phdrs[1] = file.phdrs[2];
	file.phdrs[2].filesz = 1;
	EXPECT_EQ(load(), 0);
	EXPECT_EQ(path_size, 10);
	write_good_file();
	write_loader("/", PAGE_SIZE);
	file.bytes[PATH + PAGE_SIZE - 1] = '\0';
	EXPECT_EQ(load(), 0);
	EXPECT_EQ(path_size, PAGE_SIZE - 1);
}

TEST(elf, names_of_loaders_have_two_bytes_at_least_and_a_page_at_most)
{
	static const uint32_t sizes[] = { 0, 1, PAGE_SIZE + 1, 0x7fffffff,
					  0x80000000, UINT32_MAX };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		write_good_file();
		write_loader("", sizes[i]);
		EXPECT_EQ(load(), -ENOEXEC);
		EXPECT(elf_file_is_unmapped());
	}
	/* Two that are zeros: no name, and nothing that exec could open. */
	write_good_file();
	write_loader("", 2);
	file.bytes[PATH + 1] = '\0';
	EXPECT_EQ(load(), 0);
	EXPECT(path_size == 1 && !path[0]);
}

TEST(elf, names_of_loaders_end_in_a_zero_and_inside_the_file)
{
	write_good_file();
	write_loader("/lib/ld.so", 10);
	EXPECT_EQ(load(), -ENOEXEC);
	file.phdrs[2].offset = GOOD_SIZE - 9;
	EXPECT_EQ(load(), -EIO);
	file.phdrs[2].offset = UINT32_MAX - 4;
	EXPECT_EQ(load(), -EIO);
}

/* ------------------------------------------------------ loaders in memory */

static void write_good_loader(void)
{
	write_good_pie();
	is_loader = true;
	hint = PIE;
}

TEST(elf, a_loader_goes_where_there_is_room)
{
	write_good_loader();
	REQUIRE(load() == 0);
	EXPECT_EQ(image.base, ELF_FILE_PLACE);
	EXPECT_EQ(image.entry, ELF_FILE_PLACE + 0x400);
	expect_at(ELF_FILE_PLACE, 5, 0);
	expect_nothing_at(ELF_FILE_PLACE + PAGE_SIZE);
	expect_at(ELF_FILE_PLACE + DATA - TEXT, 3, PAGE_SIZE);
	expect_as_modelled(GOOD_SIZE);
	/* One that must be at its place takes it. */
	write_good_file();
	is_loader = true;
	hint = PIE;
	REQUIRE(load_beside(GOOD_SIZE) == 0);
	EXPECT_EQ(image.base, 0);
	expect_at(TEXT, 5, 0);
	expect_nothing_at(TEXT + PAGE_SIZE);
	REQUIRE(load_beside(GOOD_SIZE) == 0);
	expect_as_modelled(GOOD_SIZE);
}

/* That of a program which is at 0 itself: as far as Linux thinks of it. */
TEST(elf, a_loader_wants_its_own_address_if_its_program_has_no_base)
{
	write_good_loader();
	file.phdrs[0].vaddr += TEXT;
	file.phdrs[1].vaddr += TEXT;
	REQUIRE(load() == 0);
	EXPECT_EQ(image.base, ELF_FILE_PLACE - TEXT);
	hint = 0;
	REQUIRE(load() == 0);
	EXPECT_EQ(image.base, 0);
	REQUIRE(load_beside(GOOD_SIZE) == 0);
	EXPECT_EQ(image.base, ELF_FILE_PLACE - TEXT);
}

TEST(elf, a_loader_has_zeros_behind_the_last_of_its_bytes_alone)
{
	write_good_loader();
	file.phdrs[0].memsz = 3 * PAGE_SIZE;
	file.phdrs[0].flags = PF_R | PF_W | PF_X;
	REQUIRE(load() == 0);
	expect_at(image.base + 0x900, 7, 0x900);
	expect_nothing_at(image.base + PAGE_SIZE);
	expect_at(image.base + DATA - TEXT + PAGE_SIZE + 0x110, 3,
		  ELF_FILE_ZERO);
	expect_at(image.base + DATA - TEXT + 4 * PAGE_SIZE - 1, 3,
		  ELF_FILE_ZERO);
	expect_nothing_at(image.base + DATA - TEXT + 4 * PAGE_SIZE);
	expect_as_modelled(GOOD_SIZE);
	/* They are executed if the one says so whose memory ends last. */
	file.phdrs[0].memsz = 9 * PAGE_SIZE;
	REQUIRE(load() == 0);
	expect_at(image.base + 9 * PAGE_SIZE - 1, 7, ELF_FILE_ZERO);
	expect_at(image.base + DATA - TEXT + 2 * PAGE_SIZE, 7, ELF_FILE_ZERO);
	file.phdrs[1].memsz = PAGE_SIZE * 9 - (DATA - TEXT) - 0x10;
	REQUIRE(load() == 0);
	expect_at(image.base + 9 * PAGE_SIZE - 1, 7, ELF_FILE_ZERO);
	expect_as_modelled(GOOD_SIZE);
}

/* ... although there may be no zeros at all. */
TEST(elf, a_loader_needs_its_last_page_of_the_file_clear)
{
	write_good_loader();
	file.phdrs[1].memsz = file.phdrs[1].filesz;
	REQUIRE(load() == 0);
	expect_at(image.base + DATA - TEXT + PAGE_SIZE + 0x110, 3,
		  ELF_FILE_ZERO);
	expect_as_modelled(GOOD_SIZE);
	file.phdrs[1].flags = PF_R;
	EXPECT_EQ(load(), -EFAULT);
	file.phdrs[1].flags = PF_R | PF_W;
	EXPECT_EQ(load_sized(2 * PAGE_SIZE), -EFAULT);
	EXPECT_EQ(load_sized(2 * PAGE_SIZE + 1), 0);
	/* Nothing is to be cleared of a file that ends with a page. */
	file.phdrs[1].flags = PF_R;
	file.phdrs[1].filesz = file.phdrs[1].memsz = 2 * PAGE_SIZE - 0x10;
	EXPECT_EQ(load(), 0);
	expect_as_modelled(GOOD_SIZE);
}

TEST(elf, a_ragged_segment_of_a_loader_has_its_first_page_of_the_file)
{
	write_good_loader();
	file.phdrs[1].filesz = 0;
	REQUIRE(load() == 0);
	expect_at(image.base + DATA - TEXT + 0xf, 3, PAGE_SIZE + 0xf);
	expect_at(image.base + DATA - TEXT + 0x10, 3, ELF_FILE_ZERO);
	expect_as_modelled(GOOD_SIZE);
	file.phdrs[1].offset++;
	EXPECT_EQ(load(), -EINVAL);
	file.phdrs[1].vaddr -= 0x10;
	EXPECT_EQ(load(), 0);
	expect_at(image.base + DATA - TEXT, 3, ELF_FILE_ZERO);
	expect_as_modelled(GOOD_SIZE);
}

TEST(elf, a_loader_of_another_type_or_without_segments_fails_late)
{
	struct elf elf;

	write_good_loader();
	file.header.type = 1;
	EXPECT_EQ(load(), -EINVAL);
	EXPECT(elf_file_is_unmapped());
	EXPECT_EQ(elf_open(&elf, &elf_file, false), -ENOEXEC);
	write_good_loader();
	file.phdrs[0].type = file.phdrs[1].type = PT_NOTE;
	EXPECT_EQ(load(), -EINVAL);
	file.header.type = ET_EXEC;
	EXPECT_EQ(load(), -EINVAL);
	file.phdrs[0] = load_segment(0, TEXT, 0, 0, PF_R);
	EXPECT_EQ(load(), -EINVAL);
}

TEST(elf, a_loader_is_judged_where_it_lies)
{
	write_good_loader();
	file.phdrs[0] = load_segment(0, 0, PAGE_SIZE, PAGE_SIZE, PF_R);
	file.phdrs[1] = load_segment(0, TASK_SIZE - ELF_FILE_PLACE, 0, 0, PF_R);
	EXPECT_EQ(load(), -EINVAL);
	file.phdrs[1].vaddr -= PAGE_SIZE;
	EXPECT_EQ(load(), 0);
	/* What would wrap as it is in the file need not do so there. */
	write_good_loader();
	file.header.phnum = 1;
	file.phdrs[0] = load_segment(0, 0xfffff000, 2 * PAGE_SIZE,
				     2 * PAGE_SIZE, PF_R);
	EXPECT_EQ(load(), 0);
	EXPECT_EQ(image.base, ELF_FILE_PLACE + PAGE_SIZE);
	expect_at(ELF_FILE_PLACE + PAGE_SIZE, 1, PAGE_SIZE);
}

/* ---------------------------------------------------------- what is refused */

#define GIVES(err, change)						\
	do {								\
		write_good_file();					\
		change;							\
		EXPECT_EQ(load(), (err));				\
	} while (0)

TEST(elf, a_file_is_known_by_its_first_four_bytes)
{
	for (int byte = 0; byte < 4; byte++)
		for (int bit = 0; bit < 8; bit++)
			GIVES(-ENOEXEC, file.bytes[byte] ^= 1 << bit);
}

/* Linux has never looked at them. */
TEST(elf, class_data_versions_and_sections_are_not_looked_at)
{
	GIVES(0, file.header.class = 2);
	GIVES(0, file.header.class = 0);
	GIVES(0, file.header.data = 2);
	GIVES(0, file.header.version = 0);
	GIVES(0, file.header.version2 = 77);
	GIVES(0, memset(file.header.pad, 0xff, sizeof(file.header.pad)));
	GIVES(0, file.header.ehsize = 1);
	GIVES(0, file.header.flags = UINT32_MAX);
	GIVES(0, file.header.shoff = UINT32_MAX; file.header.shnum = 0xffff;
	      file.header.shentsize = 3; file.header.shstrndx = 0xfffe);
	GIVES(0, file.phdrs[0].align = 3; file.phdrs[0].paddr = UINT32_MAX);
}

TEST(elf, only_programs_for_this_machine_are_taken)
{
	for (uint32_t type = 0; type <= 0xffff; type++)
		GIVES(type == 2 || type == 3 ? 0 : -ENOEXEC,
		      file.header.type = type);
	for (uint32_t machine = 0; machine <= 0xffff; machine++)
		GIVES(machine == 3 || machine == 6 ? 0 : -ENOEXEC,
		      file.header.machine = machine);
}

TEST(elf, program_headers_have_a_size_a_number_and_a_place)
{
	GIVES(-ENOEXEC, file.header.phentsize = 31);
	GIVES(-ENOEXEC, file.header.phentsize = 56);
	GIVES(-ENOEXEC, file.header.phentsize = 0);
	GIVES(-ENOEXEC, file.header.phnum = 0);
	GIVES(-ENOEXEC, file.header.phnum = 129);
	GIVES(-ENOEXEC, file.header.phnum = 0xffff);
	GIVES(0, file.header.phnum = 128;
	      memset(&file.phdrs[2], 0, 126 * sizeof(struct elf_phdr)));
	GIVES(-ENOEXEC, file.header.phoff = GOOD_SIZE);
	GIVES(-ENOEXEC, file.header.phoff = GOOD_SIZE - 63);
	GIVES(-ENOEXEC, file.header.phoff = 0xffffffc0);
	GIVES(-ENOEXEC, file.header.phoff = UINT32_MAX);
	/* The last bytes of a file will do, across a page's edge, too. */
	write_good_file();
	memcpy(&file.bytes[GOOD_SIZE - 64], file.phdrs, 64);
	file.header.phoff = GOOD_SIZE - 64;
	EXPECT_EQ(load(), 0);
	memcpy(&file.bytes[PAGE_SIZE - 20], &file.bytes[GOOD_SIZE - 64], 64);
	file.header.phoff = PAGE_SIZE - 20;
	EXPECT_EQ(load(), 0);
	expect_at(DATA, 3, PAGE_SIZE);
}

TEST(elf, segments_that_lie_are_refused)
{
	GIVES(-EINVAL, file.phdrs[1].memsz = file.phdrs[1].filesz - 1);
	GIVES(-EINVAL, file.phdrs[1].filesz = UINT32_MAX);
	GIVES(-EINVAL, file.phdrs[1].vaddr++);
	GIVES(-EINVAL, file.phdrs[1].offset--);
	GIVES(-EINVAL, file.phdrs[0].vaddr += 0x800);
	GIVES(-EINVAL, file.phdrs[1].offset = 0xfffff010);	/* wraps */
}

TEST(elf, segments_end_below_the_kernel)
{
	GIVES(-ENOMEM, file.phdrs[1].vaddr = 0xc0000010);
	GIVES(-ENOMEM, file.phdrs[1].vaddr = 0xfffff010);
	GIVES(-ENOMEM, file.phdrs[1].vaddr = 0xbfffd010);
	GIVES(-ENOMEM, file.phdrs[1].memsz = UINT32_MAX);
	GIVES(-ENOMEM, file.phdrs[1].memsz = 0u - DATA - 0x10);	/* to 0 */
	GIVES(-ENOMEM, file.phdrs[1].memsz = 0xbffff001);
	GIVES(-ENOMEM, file.phdrs[1].vaddr = 0xb0000010;
	      file.phdrs[1].memsz = 0x60000000);	/* wraps, too */
	GIVES(0, file.phdrs[1].vaddr = 0xbfffc010;
	      file.phdrs[1].memsz = 0x3ff0);
	expect_as_modelled(GOOD_SIZE);
	GIVES(-ENOMEM, file.phdrs[1].vaddr = 0xbfffc010;
	      file.phdrs[1].memsz = 0x3ff1);
	/* An empty one has no page that could not be mapped. */
	GIVES(-EINVAL, file.phdrs[1] = load_segment(0, TASK_SIZE, 0, 0, 4));
	GIVES(-EPERM, file.phdrs[0].vaddr = 0);
}

/* Who starts it there sees to that. */
TEST(elf, the_entry_may_lead_anywhere)
{
	GIVES(0, file.header.entry = 0xc0000000);
	EXPECT_EQ(image.entry, 0xc0000000);
	write_good_pie();
	hint = PIE;
	file.header.entry = 0u - PIE;
	EXPECT_EQ(load(), 0);
	EXPECT_EQ(image.entry, 0);
}

/* ----------------------------------------------- short files, short memory */

TEST(elf, a_file_cut_anywhere_is_refused_or_mapped_as_far_as_it_goes)
{
	uint32_t headers = PHDRS + 3 * sizeof(struct elf_phdr);

	write_good_file();
	write_loader("/lib/ld.so", 11);
	for (uint32_t size = 0; size <= GOOD_SIZE; size++) {
		int err = load_sized(size);

		EXPECT_EQ(err, size < headers ? -ENOEXEC :
			       size < PATH + 11 ? -EIO : 0);
		if (err)
			EXPECT(elf_file_is_unmapped());
		else if (size % 16 == 0 || size % PAGE_SIZE < 2)
			expect_as_modelled(size);
	}
}

TEST(elf, what_the_file_has_not_is_mapped_but_not_cleared)
{
	write_good_file();
	REQUIRE(load_sized(2 * PAGE_SIZE) == 0);
	expect_at(DATA + PAGE_SIZE + 0x110, 3, 2 * PAGE_SIZE + 0x110);
	expect_at(DATA + 2 * PAGE_SIZE, 3, ELF_FILE_ZERO);
	REQUIRE(load_sized(2 * PAGE_SIZE + 1) == 0);
	expect_at(DATA + PAGE_SIZE + 0x110, 3, ELF_FILE_ZERO);
}

TEST(elf, a_file_that_cannot_be_read_is_no_program)
{
	write_good_file();
	elf_file_read_error = -EIO;
	EXPECT_EQ(load(), -ENOEXEC);
	elf_file_read_error = -ENOMEM;
	EXPECT_EQ(load(), -ENOMEM);
	elf_file_read_error = 0;
	elf_file_alloc_fails = true;
	EXPECT_EQ(load(), -ENOMEM);
	elf_file_alloc_fails = false;
	EXPECT_EQ(load(), 0);
}

/* ------------------------------------------------------------ random files */

#define ROUNDS		20000
#define WINDOW		(12 * PAGE_SIZE)

static uint32_t random_size(void)
{
	switch (host_random_below(6)) {
	case 0:
		return 0;
	case 1:
		return host_random_below(4) * PAGE_SIZE;
	case 2:
		return host_random_below(100);
	default:
		return host_random_below(3 * PAGE_SIZE);
	}
}

static uint32_t random_wild(void)
{
	static const uint32_t wild[] = {
		1, 0x7fffffff, 0x80000000, 0xbfffe000, 0xbffff000, 0xbfffffff,
		TASK_SIZE, 0xf7fb5ff0, 0xfffff000, UINT32_MAX,
	};

	return host_random_one_in(2) ? wild[host_random_below(10)]
				     : host_random() | 0x10000;
}

static struct elf_phdr random_segment(void)
{
	uint32_t at = host_random_one_in(3) ? 0 : host_random_below(PAGE_SIZE);
	uint32_t filesz = random_size();
	struct elf_phdr ph = load_segment(
		host_random_below(5) * PAGE_SIZE + at,
		TEXT + host_random_below(9) * PAGE_SIZE + at, filesz,
		filesz + (host_random_one_in(2) ? random_size() : 0),
		host_random_below(8));

	if (host_random_one_in(8))
		ph.type = host_random_below(8);
	if (ph.type == PT_INTERP)
		ph.type = PT_NOTE;
	if (host_random_one_in(100))
		*(&ph.offset + host_random_below(5)) = random_wild();
	return ph;
}

static void write_random_file(void)
{
	unsigned int nr = 1 + host_random_below(6);
	bool is_pie = host_random_one_in(3);

	write_header(is_pie ? ET_DYN : ET_EXEC, TEXT + host_random_below(9999),
		     nr);
	for (unsigned int i = 0; i < nr; i++)
		file.phdrs[i] = random_segment();
	hint = host_random_one_in(2) ? 0 : PIE;
}

static bool random_file_is_taken(uint32_t size, bool look_at_all)
{
	bool is_taken = !load_sized(size);

	if (file.header.type == ET_EXEC)
		EXPECT_EQ(is_taken, model_is_good(0, size));
	if (!is_taken)
		return false;
	EXPECT(model_is_good(image.base, size));
	expect_as_modelled(size);
	for (vaddr_t at = TEXT - PAGE_SIZE; look_at_all && at < TEXT + WINDOW;
	     at++)
		expect_byte(image.base + at, size);
	return true;
}

static void compare_random_files(void)
{
	uint32_t taken = 0, refused = 0;

	for (int round = 0; round < ROUNDS; round++) {
		write_random_file();
		if (!model_knows())
			continue;
		if (random_file_is_taken(PHDRS + 6 * sizeof(struct elf_phdr) +
					 host_random_below(6 * PAGE_SIZE),
					 round % 64 == 0))
			taken++;
		else
			refused++;
	}
	EXPECT(taken > ROUNDS / 4 && refused > ROUNDS / 50);
}

TEST(elf, random_programs_agree_with_the_model_byte_by_byte)
{
	is_loader = false;
	compare_random_files();
}

TEST(elf, random_loaders_do_so_too)
{
	is_loader = true;
	compare_random_files();
}
