// SPDX-License-Identifier: MIT
/* What memory is used for: sums without a remainder, and known areas. */
#include "mm/figures.h"
#include "tests/memfile.h"
#include "tests/user_space.h"

#include "lib/string.h"
#include "mm/buddy.h"
#include "mm/mapping.h"

#define PAGES(n)	((n) * PAGE_SIZE)

TEST(figures, every_frame_has_one_role)
{
	struct mm *mm = user_enter();
	struct page_census a, b;

	page_census(&a);
	EXPECT_EQ(a.managed, a.free + a.anon + a.cached + a.slab + a.large +
		  a.vmalloc + a.tables + a.other);
	EXPECT_EQ(a.free, buddy_nr_free());
	EXPECT_EQ(a.cached, (size_t)nr_cached_pages);
	EXPECT_EQ(a.shmem, (size_t)nr_shmem_pages);
	EXPECT_EQ(mm_mmap(mm, AT, PAGES(8), RW, FIXED, NULL, 0), AT);
	EXPECT_EQ(mm_mmap(mm, AT + PAGES(8), PAGES(8), RW,
			  SHARED_ANON | MAP_FIXED, NULL, 0), AT + PAGES(8));
	for (int i = 0; i < 3; i++)
		EXPECT(user_write(AT + PAGES(i), 1));
	EXPECT(user_can_read(AT + PAGES(5)));	/* the page of zeros */
	EXPECT(user_write(AT + PAGES(9), 1));
	EXPECT(user_write(AT + PAGES(10), 1));
	page_census(&b);
	EXPECT_EQ(b.managed, b.free + b.anon + b.cached + b.slab + b.large +
		  b.vmalloc + b.tables + b.other);
	EXPECT_EQ(b.anon, a.anon + 3);
	EXPECT_EQ(b.cached, a.cached + 2);
	EXPECT_EQ(b.shmem, a.shmem + 2);
	EXPECT_EQ(b.mapped, a.mapped + 2);
	EXPECT_EQ(b.dirty, a.dirty + 2);
	EXPECT_EQ(b.tables, a.tables + 1);
	user_leave(mm);
}

TEST(figures, an_address_space_is_the_sum_of_its_kinds)
{
	struct mm *mm = user_enter();
	struct mm_figures f;
	struct memfile file;

	memfile_open(&file, 16);
	EXPECT_EQ(mm_map_stack(mm), 0);
	mm_mmap(mm, AT, PAGES(10), RW, FIXED, NULL, 0);
	mm_mmap(mm, AT + PAGES(10), PAGES(5), PROT_READ | PROT_EXEC,
		MAP_PRIVATE | MAP_FIXED, &file.file, 0);
	mm_mmap(mm, AT + PAGES(20), PAGES(4), RW, SHARED_ANON | MAP_FIXED,
		NULL, 0);
	EXPECT(user_write(AT, 1) && user_write(AT + PAGES(1), 1));
	EXPECT(user_can_read(AT + PAGES(10)));	/* and its neighbours */
	EXPECT(user_write(AT + PAGES(20), 1));
	EXPECT_EQ(mm_mlock(mm, AT, PAGES(2), 0), 0);
	mm_get_figures(mm, &f);
	EXPECT_EQ(f.vm, 33 + 10 + 5 + 4);
	EXPECT_EQ(f.data, 10);
	EXPECT_EQ(f.stack, 33);
	EXPECT_EQ(f.exec, 5);
	EXPECT_EQ(f.locked, 2);
	EXPECT_EQ(f.rss_anon, 2);
	EXPECT_EQ(f.rss_file, 5);
	EXPECT_EQ(f.rss_shmem, 1);
	EXPECT_EQ(f.rss, 8);
	EXPECT_EQ(mm_munmap(mm, AT, PAGES(24)), 0);
	mm_get_figures(mm, &f);
	EXPECT_EQ(f.vm, 33);
	EXPECT_EQ(f.vm_peak, 52);
	EXPECT_EQ(f.rss, 0);
	EXPECT_EQ(f.rss_peak, 8);
	user_leave(mm);
	memfile_close(&file);
}

TEST(figures, an_area_knows_whose_its_pages_are)
{
	struct mm *mm = user_enter(), *child;
	struct vma_figures f;
	char letters[VMA_LETTERS];
	uint64_t entries[4];
	vaddr_t cursor = AT;

	mm_mmap(mm, AT, PAGES(8), RW, FIXED | MAP_NORESERVE, NULL, 0);
	for (int i = 0; i < 4; i++)
		EXPECT(user_write(AT + PAGES(i), 1));
	child = mm_clone(mm);
	REQUIRE(child);
	EXPECT(user_write(AT, 2));		/* a copy of one's own */
	EXPECT(mm_next_vma_figures(mm, &cursor, &f));
	EXPECT_EQ(cursor, AT + PAGES(8));
	EXPECT_EQ(f.rss, 4);
	EXPECT_EQ(f.private_dirty, 1);
	EXPECT_EQ(f.shared_dirty, 3);
	EXPECT_EQ(f.anonymous, 4);
	EXPECT_EQ((uint32_t)(f.pss >> PSS_SHIFT), PAGES(1) + PAGES(3) / 2);
	vma_letters(&f, letters);
	EXPECT(!strcmp(letters, "rd wr mr mw me nr "));
	EXPECT(!mm_next_vma_figures(mm, &cursor, &f));
	mm_pagemap(mm, AT + PAGES(3), 2, entries);
	EXPECT((entries[0] & PAGEMAP_PRESENT) &&
	       !(entries[0] & (PAGEMAP_EXCLUSIVE | PAGEMAP_FILE)));
	EXPECT_EQ((uint32_t)entries[1], 0);
	EXPECT_EQ((uint32_t)page_map_count(entries[0] & PAGEMAP_PFN), 2);
	EXPECT(page_kpf(entries[0] & PAGEMAP_PFN) & 1u << 12);
	mm_put(child);
	EXPECT_EQ((uint32_t)page_map_count(entries[0] & PAGEMAP_PFN), 1);
	mm_pagemap(mm, AT, 1, entries);
	EXPECT(entries[0] & PAGEMAP_EXCLUSIVE);
	user_leave(mm);
}
