// SPDX-License-Identifier: MIT
/* Shared anonymous memory. */
#include "tests/user_space.h"

#include "lib/errno.h"
#include "mm/buddy.h"
#include "mm/shmem.h"

static struct page *get(struct vm_file *file, uint32_t index)
{
	struct page *page = NULL;

	EXPECT_EQ(mapping_get_page(file->mapping, index, true, &page), 0);
	return page;
}

TEST(shmem, an_index_always_gives_the_same_page)
{
	struct vm_file *file = shmem_create(1000, true);
	struct page *page, *other;

	REQUIRE(file);
	page = get(file, 7);
	other = get(file, 999);
	EXPECT(page != other);
	EXPECT_EQ(page->refs, 2);
	EXPECT(page->flags & PG_MAPPING);
	EXPECT_EQ(page->index, 7);
	EXPECT(get(file, 7) == page);
	EXPECT_EQ(page->refs, 3);
	page_put(page);
	page_put(page);
	page_put(other);
	vm_file_put(file);
}

TEST(shmem, there_is_nothing_beyond_the_end)
{
	struct vm_file *file = shmem_create(3, true);
	struct page *page;

	REQUIRE(file);
	EXPECT_EQ(mapping_get_page(file->mapping, 3, false, &page), -ENXIO);
	EXPECT_EQ(mapping_get_page(file->mapping, 0xffffffff, false, &page),
		  -ENXIO);
	vm_file_put(file);
}

TEST(shmem, a_page_outlives_the_memory_if_somebody_has_it)
{
	struct vm_file *file = shmem_create(1, true);
	struct page *page;

	REQUIRE(file);
	page = get(file, 0);
	vm_file_put(file);
	EXPECT_EQ(page->refs, 1);
	EXPECT(!(page->flags & PG_MAPPING));
	page_put(page);
}

TEST(shmem, all_pages_are_freed_with_the_last_reference)
{
	struct vm_file *file = shmem_create(5000, false);

	REQUIRE(file);
	for (int i = 0; i < 200; i++)
		page_put(get(file, ktest_random() % 5000));
	vm_file_get(file);
	vm_file_put(file);
	vm_file_put(file);
	/* The runner counts the pages. */
}

TEST(shmem, get_page_fails_cleanly_at_every_point)
{
	struct vm_file *file = NULL;
	struct page *page;
	unsigned int n;
	int err = -ENOMEM;

	alloc_fail_after(0);
	EXPECT(!shmem_create(1, true));
	alloc_fail_off();
	file = shmem_create(100000, false);
	REQUIRE(file);
	for (n = 0; err && n < 20; n++) {
		alloc_fail_after(n);
		err = mapping_get_page(file->mapping, 99999, true, &page);
		alloc_fail_off();
		EXPECT(!err || err == -ENOMEM);
	}
	EXPECT(n > 3);			/* the page and three levels */
	if (!err)
		page_put(page);
	vm_file_put(file);
}

TEST(shmem, areas_that_are_cut_show_the_right_pages)
{
	struct mm *mm = user_enter();

	mm_mmap(mm, AT, 8 * PAGE_SIZE, RW, SHARED_ANON | MAP_FIXED, NULL, 0);
	for (uint32_t i = 0; i < 8; i++)
		user_write(AT + i * PAGE_SIZE, i + 1);
	EXPECT_EQ(mm_munmap(mm, AT + 2 * PAGE_SIZE, PAGE_SIZE), 0);
	EXPECT_EQ(mm_munmap(mm, AT, PAGE_SIZE), 0);
	EXPECT_EQ(mm_mprotect(mm, AT + 5 * PAGE_SIZE, PAGE_SIZE, PROT_READ),
		  0);
	EXPECT_EQ(user_read(AT + PAGE_SIZE), 2);
	for (uint32_t i = 3; i < 8; i++)
		EXPECT_EQ(user_read(AT + i * PAGE_SIZE), i + 1);
	EXPECT(!user_write(AT + 5 * PAGE_SIZE, 1));
	EXPECT_EQ(mm_mprotect(mm, AT + 5 * PAGE_SIZE, PAGE_SIZE, RW), 0);
	EXPECT_EQ(mm->vmas.nr, 2);	/* they are one again */
	EXPECT(user_write(AT + 5 * PAGE_SIZE, 66));
	EXPECT_EQ(user_read(AT + 5 * PAGE_SIZE), 66);
	user_leave(mm);
}
