// SPDX-License-Identifier: MIT
/*
 * Any bytes as a program: whatever its headers say, no byte is read that the
 * file does not have, and nothing is mapped or cleared where it may not be.
 */
#include "host.h"
#include "kernel/elf.c"

#include "fuzz.h"

/* Those of the input; which page one is, its place in here says. */
static struct page pages[64];
static struct mapping mapping;
static struct vm_file file = { .mapping = &mapping };
static int pages_held;

/* What was mapped with contents of the file. */
static vaddr_t file_start, file_end;

int mapping_get_page(struct mapping *mapping, uint32_t index, bool write,
		     struct page **page)
{
	EXPECT(!write && (uint64_t)index * PAGE_SIZE < mapping->size);
	EXPECT(index < ARRAY_SIZE(pages));
	*page = &pages[index];
	pages_held++;
	return 0;
}

void page_put(struct page *page)
{
	EXPECT(page >= pages && page < pages + ARRAY_SIZE(pages));
	pages_held--;
}

void copy_from_page(void *to, struct page *page, size_t offset, size_t size)
{
	size_t at = (page - pages) * PAGE_SIZE + offset;

	EXPECT(pages_held == 1);
	EXPECT(offset < PAGE_SIZE && size <= PAGE_SIZE - offset);
	EXPECT(at <= fuzz_left && size <= fuzz_left - at);
	memcpy(to, fuzz_input + at, size);
}

void *kmalloc_sized(size_t size, gfp_t gfp)
{
	(void)gfp;
	return malloc(size);
}

void kfree(const void *object)
{
	free((void *)object);
}

long mm_mmap(struct mm *mm, vaddr_t addr, size_t len, int prot, int flags,
	     struct vm_file *from, uint32_t pgoff)
{
	(void)mm;
	EXPECT(!from || from == &file);
	EXPECT(len > 0 && (prot & ~7) == 0);
	EXPECT(!from == !!(flags & MAP_ANONYMOUS));
	if (len > TASK_SIZE)
		return -ENOMEM;
	len = PAGE_ALIGN_UP(len);
	if (!(flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)))
		return len < 0x40000000 ? (long)0x40000000 : -ENOMEM;
	if (addr % PAGE_SIZE)
		return -EINVAL;
	if (addr > TASK_SIZE - len)
		return -ENOMEM;
	if (from) {
		EXPECT(pgoff <= UINT32_MAX / PAGE_SIZE);
		file_start = addr;
		file_end = addr + len;
	}
	return addr;
}

int mm_munmap(struct mm *mm, vaddr_t addr, size_t len)
{
	(void)mm;
	EXPECT(addr % PAGE_SIZE == 0 && len > 0 && addr <= TASK_SIZE - len);
	return 0;
}

size_t clear_user(vaddr_t to, size_t size)
{
	EXPECT(size < PAGE_SIZE);
	EXPECT(to >= file_start && to + size <= file_end);
	return 0;
}

static void map_it(const struct elf *elf)
{
	struct elf_image image;
	int err = elf_map(elf, fuzz_left % 2 ? 0x56555000 : 0, &image);

	EXPECT(err <= 0 && err > -200);
	if (err)
		return;
	EXPECT(image.base % PAGE_SIZE == 0 && image.entry < TASK_SIZE);
	EXPECT(image.end <= TASK_SIZE);
}

void fuzz(void)
{
	struct elf elf;
	char path[256];
	long length;
	int err;

	if (fuzz_left > sizeof(pages) / sizeof(pages[0]) * PAGE_SIZE)
		return;
	mapping.size = fuzz_left;
	err = elf_open(&elf, &file);
	EXPECT(err == 0 || (err == -ENOEXEC && !elf.phdrs));
	if (err)
		return;
	length = elf_interpreter(&elf, path, sizeof(path));
	EXPECT(length == -ENOEXEC || length == -EIO ||
	       (length >= 0 && length < (long)sizeof(path)));
	if (length > 0)
		EXPECT(!path[length]);
	map_it(&elf);
	elf_close(&elf);
	EXPECT(pages_held == 0);
}
