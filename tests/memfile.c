// SPDX-License-Identifier: MIT
#include "tests/memfile.h"

#include "lib/string.h"
#include "mm/buddy.h"
#include "mm/highmem.h"
#include "mm/pagecopy.h"
#include "tests/ktap.h"

static void memfile_release(struct vm_file *file)
{
	container_of(file, struct memfile, file)->nr_released++;
}

static size_t memfile_name(struct vm_file *file, char *buf, size_t size)
{
	(void)file;
	memcpy(buf, "/mem", min(size, (size_t)4));
	return 4;
}

static const struct vm_file_ops memfile_ops = {
	.release = memfile_release, .name = memfile_name,
};

void memfile_open(struct memfile *file, uint32_t nr_pages)
{
	file->file = (struct vm_file){
		.refs = 1, .may_write = true, .mapping = &file->mapping,
		.ops = &memfile_ops,
	};
	file->nr_released = 0;
	mapping_init(&file->mapping, NULL);
	mapping_set_size(&file->mapping, (uint64_t)nr_pages << PAGE_SHIFT);
	for (uint32_t i = 0; i < nr_pages; i++) {
		struct page *page;
		uint32_t *words;

		if (!EXPECT_EQ(mapping_get_page(&file->mapping, i, false,
						&page), 0))
			return;
		words = kmap(page);
		for (uint32_t j = 0; j < PAGE_SIZE / 4; j++)
			words[j] = i + 1;
		kunmap(page);
		page_put(page);
	}
}

struct page *memfile_page(struct memfile *file, uint32_t index)
{
	struct page *page = mapping_find_page(&file->mapping, index, false);

	if (page)
		page_put(page);
	return page;
}

uint32_t memfile_word(struct memfile *file, uint32_t index)
{
	struct page *page = memfile_page(file, index);
	uint32_t word = 0;

	if (page)
		copy_from_page(&word, page, 0, sizeof(word));
	return word;
}

void memfile_close(struct memfile *file)
{
	struct radix_entry found;
	uint32_t next = 0;

	mapping_check(&file->mapping);
	vm_file_put(&file->file);
	EXPECT_EQ(file->nr_released, 1);
	EXPECT_EQ(file->mapping.nr_vmas, 0);
	while (radix_gang(&file->mapping.pages, next, &found, 1)) {
		EXPECT_EQ(((struct page *)found.item)->refs, 1);
		next = found.index + 1;
	}
	mapping_destroy(&file->mapping);
}
