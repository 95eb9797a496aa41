// SPDX-License-Identifier: MIT
/*
 * elf - files are hostile: a good one is mapped as it says, a broken one is
 * refused, and nothing in between.
 */
#include "kernel/elf.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/buddy.h"
#include "mm/mapping.h"
#include "mm/mm.h"
#include "mm/mmap.h"
#include "tests/ktap.h"
#include "x86/uaccess.h"

#define FILE_PAGES	3
#define FILE_SIZE	(2 * PAGE_SIZE + 100)
#define TEXT		0x08048000u
#define DATA		0x0804a000u
#define FUZZ_ROUNDS	3000

struct header {
	uint8_t	 ident[16];
	uint16_t type, machine;
	uint32_t version, entry, phoff, shoff, flags;
	uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct phdr {
	uint32_t type, offset, vaddr, paddr, filesz, memsz, flags, align;
};

static const struct vm_file_ops file_ops;	/* it is never released */

/* A file in memory: one block of four pages, mapped page by page. */
static struct {
	struct vm_file file;
	struct mapping mapping;
	struct page *pages;
	char *bytes;
	struct header *header;
	struct phdr *phdrs;
} file;

static int get_page(struct mapping *mapping, uint32_t index, bool write,
		    struct page **page)
{
	(void)mapping;
	(void)write;
	if (index >= FILE_PAGES)
		return -ENXIO;
	*page = file.pages + index;
	page_get(*page);
	return 0;
}

static const struct mapping_ops ops = { .get_page = get_page };

/* Text in page 0, data at the start of page 1 with bss behind it. */
static void write_good_file(void)
{
	static const uint8_t ident[16] = { 0x7f, 'E', 'L', 'F', 1, 1, 1 };

	memset(file.bytes, 0, FILE_PAGES * PAGE_SIZE);
	*file.header = (struct header){
		.type = 2, .machine = 3, .version = 1, .entry = TEXT + 0x200,
		.phoff = sizeof(struct header), .ehsize = 52,
		.phentsize = 32, .phnum = 2,
	};
	memcpy(file.header->ident, ident, sizeof(ident));
	file.phdrs[0] = (struct phdr){
		1, 0, TEXT, TEXT, PAGE_SIZE, PAGE_SIZE, 5, PAGE_SIZE,
	};
	file.phdrs[1] = (struct phdr){
		1, PAGE_SIZE + 16, DATA + 16, DATA + 16, 200, 2 * PAGE_SIZE,
		6, PAGE_SIZE,
	};
	memset(file.bytes + PAGE_SIZE, 'd', PAGE_SIZE);
}

static bool create(void)
{
	file.pages = alloc_pages(GFP_KERNEL, 2);
	if (!file.pages)
		return false;
	for (unsigned int i = 1; i < FILE_PAGES; i++)
		file.pages[i].refs = 1;
	file.bytes = page_to_virt(file.pages);
	file.header = (struct header *)file.bytes;
	file.phdrs = (struct phdr *)(file.header + 1);
	mapping_init(&file.mapping, &ops);
	file.file = (struct vm_file){
		.refs = 1, .mapping = &file.mapping, .ops = &file_ops,
	};
	file.mapping.size = FILE_SIZE;
	write_good_file();
	return true;
}

static void destroy(void)
{
	EXPECT_EQ(file.file.refs, 1);
	EXPECT_EQ(file.mapping.nr_vmas, 0);
	for (unsigned int i = 1; i < FILE_PAGES; i++) {
		EXPECT_EQ(file.pages[i].refs, 1);
		file.pages[i].refs = 0;
	}
	free_pages(file.pages, 2);
}

static int load_here(bool is_loader, struct elf_image *image)
{
	struct elf elf;
	int err = elf_open(&elf, &file.file, is_loader);

	if (err)
		return err;
	err = elf_map(&elf, 0x00400000, image);
	elf_close(&elf);
	return err;
}

/* Load into an address space of its own; @look at it when it worked. */
static int load_as(bool is_loader, uint32_t size,
		   void (*look)(const struct elf_image *image))
{
	struct mm *mm = mm_create();
	struct elf_image image;
	int err;

	if (!mm)
		return -ENOMEM;
	mm_switch(mm);
	file.mapping.size = size;
	err = load_here(is_loader, &image);
	if (!err && look)
		look(&image);
	mm_switch(NULL);
	mm_put(mm);
	return err;
}

static int load(uint32_t size, void (*look)(const struct elf_image *image))
{
	return load_as(false, size, look);
}

static void look_at_good_file(const struct elf_image *image)
{
	uint32_t word;
	char byte;

	EXPECT_EQ(image->entry, TEXT + 0x200);
	EXPECT_EQ(image->phdr, TEXT + sizeof(struct header));
	EXPECT_EQ(get_user_u32(&word, TEXT), 0);
	EXPECT_EQ(word, 0x464c457f);
	EXPECT_EQ(put_user_u32(TEXT, 0), -EFAULT);
	EXPECT_EQ(copy_from_user(&byte, DATA + 215, 1), 0);
	EXPECT_EQ(byte, 'd');
	/* bss: the tail of the file's page, and the page behind it. */
	for (vaddr_t at = DATA + 216; at < DATA + 16 + 2 * PAGE_SIZE; at += 4) {
		EXPECT_EQ(get_user_u32(&word, at), 0);
		if (!EXPECT_EQ(word, 0))
			break;
	}
	EXPECT_EQ(put_user_u32(DATA + PAGE_SIZE, 1), 0);
	EXPECT_EQ(put_user_u32(DATA + 16, 1), 0);
	EXPECT_EQ(image->end, DATA + 16 + 2 * PAGE_SIZE);
}

TEST(elf, maps_text_data_and_bss_as_the_headers_say)
{
	REQUIRE(create());
	EXPECT_EQ(load(FILE_SIZE, look_at_good_file), 0);
	EXPECT_EQ(file.bytes[PAGE_SIZE + 16], 'd');	/* a private map */
	destroy();
}

static void look_at_pie(const struct elf_image *image)
{
	uint32_t word;

	EXPECT_EQ(image->entry, 0x00400200);
	EXPECT_EQ(get_user_u32(&word, image->entry & PAGE_MASK), 0);
	EXPECT_EQ(word, 0x464c457f);
	/* A gap in it is one in memory. */
	EXPECT_EQ(get_user_u32(&word, 0x00400000 + PAGE_SIZE), -EFAULT);
	EXPECT_EQ(get_user_u32(&word, 0x00400000 + 2 * PAGE_SIZE), 0);
}

static void make_movable(void)
{
	file.header->type = 3;
	file.header->entry = 0x200;
	file.phdrs[0].vaddr = 0;
	file.phdrs[1].vaddr = 2 * PAGE_SIZE + 16;
}

TEST(elf, moves_a_position_independent_program)
{
	REQUIRE(create());
	make_movable();
	EXPECT_EQ(load(FILE_SIZE, look_at_pie), 0);
	destroy();
}

static void look_at_read_only_zeros(const struct elf_image *image)
{
	vaddr_t end = PAGE_ALIGN_UP(image->end);
	char byte;

	EXPECT_EQ(copy_from_user(&byte, DATA + 216, 1), 0);
	EXPECT_EQ(byte, 'd');			/* they begin behind it */
	EXPECT_EQ(put_user_u32(DATA + 216, 1), -EFAULT);
	EXPECT_EQ(put_user_u32(DATA + PAGE_SIZE, 1), 0);
	EXPECT_EQ(put_user_u32(end - 4, 1), 0);
	EXPECT_EQ(put_user_u32(end, 1), -EFAULT);
}

TEST(elf, lets_whole_pages_of_zeros_be_written)
{
	REQUIRE(create());
	file.phdrs[1].flags = 4;
	EXPECT_EQ(load(FILE_SIZE, look_at_read_only_zeros), 0);
	destroy();
}

static void look_at_loader(const struct elf_image *image)
{
	vaddr_t data = image->base + 2 * PAGE_SIZE;
	uint32_t word;

	EXPECT(image->base != 0x00400000);	/* its program's */
	EXPECT_EQ(image->entry, image->base + 0x200);
	EXPECT_EQ(get_user_u32(&word, image->base), 0);
	EXPECT_EQ(word, 0x464c457f);
	EXPECT_EQ(get_user_u32(&word, image->base + PAGE_SIZE), -EFAULT);
	EXPECT_EQ(get_user_u32(&word, data + 216), 0);
	EXPECT_EQ(word, 0);
	EXPECT_EQ(put_user_u32(data + 2 * PAGE_SIZE + 12, 1), 0);
	EXPECT_EQ(put_user_u32(data + 3 * PAGE_SIZE, 1), -EFAULT);
}

TEST(elf, has_a_loader_whose_last_page_can_be_cleared)
{
	REQUIRE(create());
	make_movable();
	file.phdrs[0].memsz = PAGE_SIZE + 1;	/* not the last zeros */
	EXPECT_EQ(load_as(true, FILE_SIZE, look_at_loader), 0);
	file.phdrs[1].flags = 4;
	EXPECT_EQ(load_as(true, FILE_SIZE, NULL), -EFAULT);
	file.phdrs[1].flags = 6;
	file.phdrs[1].offset = 7 * PAGE_SIZE + 16;	/* not in the file */
	EXPECT_EQ(load_as(true, FILE_SIZE, NULL), -EFAULT);
	file.header->type = 1;
	EXPECT_EQ(load_as(true, FILE_SIZE, NULL), -EINVAL);
	destroy();
}

#define REFUSES_AS(err, ...)						\
	do {								\
		write_good_file();					\
		__VA_ARGS__;						\
		EXPECT_EQ(load(FILE_SIZE, NULL), (err));		\
	} while (0)
#define REFUSES(...)	REFUSES_AS(-ENOEXEC, __VA_ARGS__)
#define NO_PLACE(...)	REFUSES_AS(-ENOMEM, __VA_ARGS__)
#define CANNOT_MAP(...)	REFUSES_AS(-EINVAL, __VA_ARGS__)

TEST(elf, refuses_headers_that_are_wrong)
{
	REQUIRE(create());
	REFUSES(file.header->ident[0] = 0x7e);
	REFUSES(file.header->type = 1);			/* an object file */
	REFUSES(file.header->machine = 62);
	REFUSES(file.header->phentsize = 56);
	REFUSES(file.header->phnum = 0);
	REFUSES(file.header->phnum = 65535);
	REFUSES(file.header->phoff = FILE_SIZE);
	REFUSES(file.header->phoff = FILE_SIZE - 63);
	REFUSES(file.header->phoff = 0xfffffff0);
	CANNOT_MAP(file.header->type = 3; file.phdrs[0].filesz = 0;
		   file.phdrs[0].memsz = 0; file.phdrs[1].type = 0);
	destroy();
}

TEST(elf, refuses_segments_that_lie)
{
	REQUIRE(create());
	CANNOT_MAP(file.phdrs[1].memsz = 100);		/* below filesz */
	CANNOT_MAP(file.phdrs[1].vaddr++);		/* not congruent */
	CANNOT_MAP(file.phdrs[1].offset = 0xfffff010);
	NO_PLACE(file.phdrs[1].vaddr = 0xc0000010);
	NO_PLACE(file.phdrs[1].vaddr = 0xbfffe010);	/* ends above */
	NO_PLACE(file.phdrs[1].memsz = 0xf7fb5ff0);	/* wraps to 0 */
	CANNOT_MAP(file.phdrs[1].memsz = 0xffffffff);	/* ... to a page */
	destroy();
}

TEST(elf, maps_what_is_not_in_the_file)
{
	REQUIRE(create());
	file.phdrs[1].offset = 7 * PAGE_SIZE + 16;
	EXPECT_EQ(load(FILE_SIZE, NULL), 0);
	destroy();
}

TEST(elf, refuses_headers_that_are_cut_off)
{
	REQUIRE(create());
	for (uint32_t size = 0; size < 52 + 64; size++)
		EXPECT_EQ(load(size, NULL), -ENOEXEC);
	EXPECT_EQ(load(52 + 64, NULL), 0);
	destroy();
}

TEST(elf, tells_who_is_to_load_it)
{
	char path[16] = "";
	struct elf elf;

	REQUIRE(create());
	strlcpy(file.bytes + 0x800, "/lib/ld.so", 11);
	file.phdrs[0] = (struct phdr){ .type = 3, .offset = 0x800,
				       .filesz = 11 };
	file.mapping.size = FILE_SIZE;
	REQUIRE(elf_open(&elf, &file.file, false) == 0);
	EXPECT_EQ(elf_interpreter(&elf, path, sizeof(path)), 10);
	EXPECT(!strcmp(path, "/lib/ld.so"));
	elf.phdrs[0].filesz = 1;
	EXPECT_EQ(elf_interpreter(&elf, path, sizeof(path)), -ENOEXEC);
	elf.phdrs[0].filesz = 17;
	EXPECT_EQ(elf_interpreter(&elf, path, sizeof(path)), -ENOEXEC);
	elf.phdrs[0].filesz = 10;			/* no NUL */
	EXPECT_EQ(elf_interpreter(&elf, path, sizeof(path)), -ENOEXEC);
	elf.phdrs[0].offset = FILE_SIZE - 5;
	EXPECT_EQ(elf_interpreter(&elf, path, sizeof(path)), -EIO);
	elf.phdrs[0].type = 1;
	EXPECT_EQ(elf_interpreter(&elf, path, sizeof(path)), 0);
	elf_close(&elf);
	destroy();
}

TEST(elf, survives_random_damage_to_its_headers)
{
	static const uint32_t extremes[] = {
		0, 1, PAGE_SIZE, FILE_SIZE, TASK_SIZE, 0x7fffffff, 0x80000000,
		0xfffff000, 0xffffffff,
	};
	uint32_t loaded = 0;

	REQUIRE(create());
	for (int i = 0; i < FUZZ_ROUNDS; i++) {
		int err;

		write_good_file();
		for (unsigned int n = ktest_random() % 4; n < 4; n++) {
			uint32_t at = ktest_random() %
				((52 + 64) / 4), *word;

			word = (uint32_t *)file.bytes + at;
			*word = ktest_random() % 2 ? ktest_random() :
				extremes[ktest_random() %
					 ARRAY_SIZE(extremes)];
		}
		err = load_as(ktest_random() % 2, FILE_SIZE, NULL);
		loaded += !err;
		EXPECT(err == 0 || err == -ENOEXEC || err == -ENOMEM ||
		       err == -EPERM || err == -EINVAL || err == -EEXIST ||
		       err == -EFAULT);
	}
	EXPECT(loaded > 0 && loaded < FUZZ_ROUNDS);
	destroy();
}

TEST(elf, fails_whole_at_every_allocation)
{
	struct mm *mm;
	struct elf_image image;
	int err = -ENOMEM;

	REQUIRE(create());
	for (unsigned int n = 0; err && n < 100; n++) {
		mm = mm_create();
		REQUIRE(mm);
		mm_switch(mm);
		alloc_fail_after(n);
		err = load_here(false, &image);
		alloc_fail_off();
		mm_switch(NULL);
		mm_put(mm);
		EXPECT(err == 0 || err == -ENOMEM);
	}
	EXPECT_EQ(err, 0);
	destroy();
}
