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
#define PT_GNU_STACK	0x6474e551

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
static int load_sized(uint32_t size)
{
	struct elf elf;
	int err;

	elf_file_set(&file, size);
	err = elf_open(&elf, &elf_file);
	if (err) {
		EXPECT(!elf.phdrs && elf_file_is_free());
		EXPECT(elf_file_is_unmapped());
		return err;
	}
	path_size = elf_interpreter(&elf, path, sizeof(path));
	EXPECT(elf_file_is_unmapped());
	err = path_size < 0 ? (int)path_size : elf_map(&elf, hint, &image);
	elf_close(&elf);
	EXPECT(elf_file_is_free());
	return err;
}

static int load(void)
{
	return load_sized(GOOD_SIZE);
}

/* -------------------------------------------------------------- the model */

static bool page_is_in(uint64_t at, uint64_t start, uint64_t end)
{
	return end > at - at % PAGE_SIZE && start <= (at | (PAGE_SIZE - 1)) &&
	       start != end;
}

/* What @at has of a segment that has part in its page. */
static struct elf_file_byte model_segment(const struct elf_phdr *ph,
					  uint64_t start, uint64_t at,
					  uint64_t file_size)
{
	uint64_t from = (uint64_t)ph->offset + at - start;
	bool is_anonymous = !page_is_in(at, start, start + ph->filesz);
	bool is_tail = at >= start + ph->filesz && ph->memsz > ph->filesz;

	/* The zeros of a tail need a page that is there and can be written. */
	if (!(ph->flags & PF_W) || from / PAGE_SIZE * PAGE_SIZE >= file_size)
		is_tail = false;
	return (struct elf_file_byte){
		true, (ph->flags & PF_R ? 1 : 0) | (ph->flags & PF_W ? 2 : 0) |
		      (ph->flags & PF_X ? 4 : 0),
		is_anonymous || is_tail ? ELF_FILE_ZERO : from,
	};
}

static struct elf_file_byte model_byte(vaddr_t base, vaddr_t at,
				       uint64_t file_size)
{
	for (unsigned int i = file.header.phnum; i-- > 0;) {
		const struct elf_phdr *ph = &file.phdrs[i];
		uint64_t start = (vaddr_t)(base + ph->vaddr);
		uint64_t end = start + ph->memsz;

		/* An empty one that begins inside a page has that page. */
		if (start == end && start % PAGE_SIZE)
			end++;
		if (ph->type == PT_LOAD && page_is_in(at, start, end))
			return model_segment(ph, start, at, file_size);
	}
	return (struct elf_file_byte){ .is_mapped = false };
}

/* Will it be taken?  For files of which nothing lies below MMAP_MIN_ADDR. */
static bool model_is_good(vaddr_t base)
{
	for (unsigned int i = 0; i < file.header.phnum; i++) {
		const struct elf_phdr *ph = &file.phdrs[i];
		uint64_t start = (vaddr_t)(base + ph->vaddr);

		if (ph->type != PT_LOAD)
			continue;
		if (start >= 0xc0000000 || start + ph->memsz > 0xc0000000 ||
		    ph->memsz > 0xbffff000 || ph->filesz > ph->memsz ||
		    start % PAGE_SIZE != ph->offset % PAGE_SIZE)
			return false;
		if (ph->filesz && (uint64_t)ph->offset + ph->filesz >
		    0x100000000 - PAGE_SIZE)
			return false;
	}
	return base + file.header.entry < 0xc0000000;
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
	vaddr_t data_end = 0, end = 0, phdr = base;

	for (unsigned int i = 0; i < file.header.phnum; i++) {
		const struct elf_phdr *ph = &file.phdrs[i];
		vaddr_t start = base + ph->vaddr;

		if (ph->type != PT_LOAD)
			continue;
		if ((ph->flags & PF_X) && start < code)
			code = start;
		if ((ph->flags & PF_X) && start + ph->filesz > code_end)
			code_end = start + ph->filesz;
		if (start > data)
			data = start;
		if (start + ph->filesz > data_end)
			data_end = start + ph->filesz;
		if (start + ph->memsz > end)
			end = start + ph->memsz;
		for (uint64_t byte = 0; byte < min(ph->filesz, 9 * PAGE_SIZE);
		     byte++)
			if (ph->offset + byte == file.header.phoff)
				phdr = start + byte;
	}
	EXPECT_EQ(image.start_code, code);
	EXPECT_EQ(image.end_code, code_end);
	EXPECT_EQ(image.start_data, data);
	EXPECT_EQ(image.end_data, data_end);
	EXPECT_EQ(image.end, end);
	EXPECT_EQ(image.phdr, phdr);
	EXPECT_EQ(image.entry, base + file.header.entry);
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

TEST(elf, a_segment_of_bss_only_has_nothing_of_the_file)
{
	write_good_file();
	file.phdrs[1] = load_segment(PAGE_SIZE, DATA, 0, PAGE_SIZE + 1, 6);
	REQUIRE(load() == 0);
	expect_at(DATA, 3, ELF_FILE_ZERO);
	expect_at(DATA + 2 * PAGE_SIZE - 1, 3, ELF_FILE_ZERO);
	expect_nothing_at(DATA + 2 * PAGE_SIZE);
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

TEST(elf, a_pie_needs_something_to_load_and_a_place_for_all_of_it)
{
	write_good_pie();
	file.phdrs[0].type = file.phdrs[1].type = PT_NOTE;
	EXPECT_EQ(load(), -EINVAL);
	write_good_pie();
	file.phdrs[1].vaddr = 0xb0000010;
	EXPECT_EQ(load(), -ENOMEM);
	write_good_pie();
	hint = PIE + 1;
	EXPECT_EQ(load(), -EINVAL);
	EXPECT(elf_file_is_unmapped());
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

TEST(elf, a_wish_for_an_executable_stack_makes_nothing_else_executable)
{
	write_good_file();
	file.header.phnum = 3;
	file.phdrs[2] = (struct elf_phdr){ .type = PT_GNU_STACK,
					   .flags = PF_R | PF_W | PF_X };
	REQUIRE(load() == 0);
	expect_at(DATA, PROT_READ | PROT_WRITE, PAGE_SIZE);
	EXPECT_EQ(image.end_code, TEXT + 0x900);
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

/* ----------------------------------------------------------------- loaders */

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
	GIVES(-EINVAL, file.phdrs[1].vaddr = 0xc0000010);
	GIVES(-EINVAL, file.phdrs[1].vaddr = 0xfffff010);
	GIVES(-EINVAL, file.phdrs[1].vaddr = 0xbfffd010);
	GIVES(-EINVAL, file.phdrs[1].memsz = UINT32_MAX);
	GIVES(-EINVAL, file.phdrs[1].memsz = 0u - DATA - 0x10);	/* to 0 */
	GIVES(-EINVAL, file.phdrs[1].memsz = 0xbffff001);
	GIVES(-EINVAL, file.phdrs[1].vaddr = 0xb0000010;
	      file.phdrs[1].memsz = 0x60000000);	/* wraps, too */
	GIVES(0, file.phdrs[1].vaddr = 0xbfffc010;
	      file.phdrs[1].memsz = 0x3ff0);
	expect_as_modelled(GOOD_SIZE);
	GIVES(-EINVAL, file.phdrs[1].vaddr = 0xbfffc010;
	      file.phdrs[1].memsz = 0x3ff1);
	GIVES(-EPERM, file.phdrs[0].vaddr = 0);
}

TEST(elf, the_entry_is_below_the_kernel_and_may_lead_nowhere)
{
	GIVES(0, file.header.entry = 0);
	GIVES(0, file.header.entry = 0xbfffffff);
	EXPECT_EQ(image.entry, 0xbfffffff);
	GIVES(-EINVAL, file.header.entry = 0xc0000000);
	write_good_pie();
	hint = PIE;
	file.header.entry = 0xc0000000 - PIE;
	EXPECT_EQ(load(), -EINVAL);
	file.header.entry--;
	EXPECT_EQ(load(), 0);
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

static bool write_random_file(void)
{
	unsigned int nr = 1 + host_random_below(6);
	bool is_pie = host_random_one_in(3);

	write_header(is_pie ? ET_DYN : ET_EXEC, TEXT + host_random_below(9999),
		     nr);
	for (unsigned int i = 0; i < nr; i++) {
		file.phdrs[i] = random_segment();
		if (file.phdrs[i].vaddr < MMAP_MIN_ADDR)
			return false;
	}
	hint = 0;
	return true;
}

TEST(elf, random_files_agree_with_the_model_byte_by_byte)
{
	uint32_t taken = 0, refused = 0;

	for (int round = 0; round < ROUNDS; round++) {
		uint32_t size = PHDRS + 6 * sizeof(struct elf_phdr) +
				host_random_below(6 * PAGE_SIZE);
		int err;

		if (!write_random_file())
			continue;
		err = load_sized(size);
		if (file.header.type == ET_EXEC)
			EXPECT_EQ(!err, model_is_good(0));
		else if (!err)
			EXPECT(model_is_good(image.base));
		refused += !!err;
		taken += !err;
		if (err)
			continue;
		expect_as_modelled(size);
		for (vaddr_t at = TEXT - PAGE_SIZE; round % 64 == 0 &&
		     at < TEXT + WINDOW; at++)
			expect_byte(image.base + at, size);
	}
	EXPECT(taken > ROUNDS / 2 && refused > ROUNDS / 50);
}
