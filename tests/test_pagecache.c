// SPDX-License-Identifier: MIT
/* The pages of files: found, made, cut off and punched out. */
#include "tests/user_space.h"

#include "lib/errno.h"
#include "lib/string.h"
#include "mm/buddy.h"
#include "mm/fault.h"
#include "mm/pagecopy.h"
#include "sched/sched.h"
#include "tests/memfile.h"

#define PAGES(n)	((n) * PAGE_SIZE)

static struct page *page_at(struct mm *mm, vaddr_t va)
{
	const pte_t *pte = pgtable_find(&mm->pgtable, va);

	return pte && pte_is_present(*pte) ? pfn_to_page(pte_pfn(*pte)) : NULL;
}

static void show(struct mm *mm, vaddr_t at, uint32_t nr, int flags,
		 struct memfile *file, uint32_t pgoff)
{
	EXPECT_EQ(mm_mmap(mm, at, PAGES(nr), RW, flags | MAP_FIXED,
			  &file->file, pgoff), at);
}

TEST(pagecache, pages_are_made_once_and_counted)
{
	int32_t before = nr_cached_pages;
	struct page *page, *again;
	struct memfile file;

	memfile_open(&file, 0);
	mapping_set_size(&file.mapping, PAGES(100) + 1);
	EXPECT(!mapping_find_page(&file.mapping, 100, false));
	EXPECT_EQ(mapping_get_page(&file.mapping, 100, false, &page), 0);
	EXPECT(page->flags & PG_MAPPING && !(page->flags & PG_DIRTY));
	EXPECT_EQ(mapping_get_page(&file.mapping, 100, true, &again), 0);
	EXPECT(page == again && page->flags & PG_DIRTY);
	EXPECT(mapping_find_page(&file.mapping, 100, false) == page);
	EXPECT_EQ(page->refs, 4);
	EXPECT_EQ(mapping_get_page(&file.mapping, 101, true, &again), -ENXIO);
	for (int i = 0; i < 3; i++)
		page_put(page);
	EXPECT_EQ(nr_cached_pages - before, 1);
	EXPECT_EQ(file.mapping.nr_pages, 1);
	memfile_close(&file);
	EXPECT_EQ(nr_cached_pages, before);
}

TEST(pagecache, a_page_can_be_given_to_a_file)
{
	struct page *page = alloc_page(GFP_USER);
	struct memfile file;

	REQUIRE(page);
	memfile_open(&file, 1);
	mapping_set_size(&file.mapping, PAGES(2));
	EXPECT_EQ(mapping_add_page(&file.mapping, 0, page), -EEXIST);
	alloc_fail_after(0);
	mapping_truncate(&file.mapping, 0);	/* needs no memory */
	mapping_set_size(&file.mapping, PAGES(2));
	EXPECT_EQ(mapping_add_page(&file.mapping, 1, page), -ENOMEM);
	alloc_fail_off();
	EXPECT_EQ(page->refs, 1);
	EXPECT_EQ(mapping_add_page(&file.mapping, 1, page), 0);
	EXPECT(memfile_page(&file, 1) == page && page->flags & PG_DIRTY);
	memfile_close(&file);
}

static uint32_t nr_reserved, reserve_limit;

static int reserve(struct mapping *mapping, uint32_t nr)
{
	(void)mapping;
	if (nr_reserved + nr > reserve_limit)
		return -ENOSPC;
	nr_reserved += nr;
	return 0;
}

static void unreserve(struct mapping *mapping, uint32_t nr)
{
	(void)mapping;
	nr_reserved -= nr;
}

TEST(pagecache, a_file_system_may_have_a_limit)
{
	static const struct mapping_ops ops = {
		.reserve = reserve, .unreserve = unreserve,
	};
	struct mapping mapping;
	struct page *page;

	nr_reserved = 0;
	reserve_limit = 20;
	mapping_init(&mapping, &ops);
	mapping_set_size(&mapping, PAGES(100));
	alloc_fail_after(1);
	EXPECT_EQ(mapping_get_page(&mapping, 99, true, &page), -ENOMEM);
	alloc_fail_off();
	EXPECT_EQ(nr_reserved, 0);
	for (uint32_t i = 0; i < 20; i++) {
		EXPECT_EQ(mapping_get_page(&mapping, i, true, &page), 0);
		page_put(page);
	}
	EXPECT_EQ(mapping_get_page(&mapping, 20, true, &page), -ENOSPC);
	mapping_punch(&mapping, 2, 12);
	EXPECT_EQ(nr_reserved, 10);
	mapping_truncate(&mapping, PAGES(15));
	EXPECT_EQ(nr_reserved, 5);
	mapping_destroy(&mapping);
	EXPECT_EQ(nr_reserved, 0);
}

TEST(pagecache, a_place_is_kept_until_somebody_touches_it)
{
	struct memfile file;
	struct page *page;
	uint32_t found;

	memfile_open(&file, 1);
	EXPECT_EQ(mapping_reserve(&file.mapping, 0, 3), 0);
	EXPECT_EQ(file.mapping.nr_pages, 3);
	EXPECT_EQ(memfile_word(&file, 0), 1);
	EXPECT(!mapping_find_page(&file.mapping, 1, false));
	EXPECT(mapping_seek(&file.mapping, 0, true, &found) && found == 1);
	EXPECT(!mapping_seek(&file.mapping, 1, false, &found));
	EXPECT_EQ(mapping_get_page(&file.mapping, 2, false, &page), -ENXIO);
	mapping_set_size(&file.mapping, PAGES(3));
	EXPECT_EQ(mapping_get_page(&file.mapping, 2, false, &page), 0);
	EXPECT(!(page->flags & PG_FRESH));
	page_put(page);
	EXPECT(mapping_seek(&file.mapping, 1, false, &found) && found == 2);
	mapping_check(&file.mapping);
	memfile_close(&file);
}

TEST(pagecache, places_that_cannot_all_be_kept_are_given_back)
{
	int32_t before = nr_cached_pages;
	struct memfile file;
	int err = -ENOMEM;

	memfile_open(&file, 2);
	EXPECT_EQ(mapping_reserve(&file.mapping, 3, 4), 0);
	for (uint32_t nr = 0; err && nr < 20; nr++) {
		alloc_fail_after(nr);
		err = mapping_reserve(&file.mapping, 1, 8);
		alloc_fail_off();
		if (err)
			EXPECT_EQ(err, -ENOMEM);
		EXPECT_EQ(nr_cached_pages - before, err ? 3 : 8);
	}
	EXPECT_EQ(err, 0);
	EXPECT_EQ(memfile_word(&file, 1), 2);
	memfile_close(&file);
	EXPECT_EQ(nr_cached_pages, before);
}

/*
 * truncate() takes the size first, unmaps, and then drops.  A read fault that
 * comes in between finds pages in the cache that are on their way out, and
 * must not bring them back.
 */
TEST(pagecache, a_fault_meanwhile_brings_no_page_back)
{
	struct mm *mm = user_enter();
	struct memfile file;

	memfile_open(&file, 8);
	EXPECT_EQ(mm_mmap(mm, AT, PAGES(8), PROT_READ, MAP_SHARED | MAP_FIXED,
			  &file.file, 0), AT);
	file.mapping.size = PAGES(2) + 5;	/* as its first step */
	EXPECT_EQ(user_read(AT), 1);
	EXPECT_EQ(mm_rss(mm), 3);
	file.mapping.size = PAGES(8);
	mapping_truncate(&file.mapping, PAGES(2) + 5);
	EXPECT(!user_can_read(AT + PAGES(3)));
	user_leave(mm);
	memfile_close(&file);
}

TEST(pagecache, the_tail_of_the_last_page_is_zeroed)
{
	struct memfile file;
	uint32_t words[2];

	memfile_open(&file, 2);
	mapping_truncate(&file.mapping, PAGE_SIZE + 6);
	copy_from_page(words, memfile_page(&file, 1), 0, sizeof(words));
	EXPECT_EQ(words[0], 2);
	EXPECT_EQ(words[1], 2);		/* its low half stays */
	mapping_truncate(&file.mapping, PAGE_SIZE + 4);
	copy_from_page(words, memfile_page(&file, 1), 0, sizeof(words));
	EXPECT_EQ(words[1], 0);
	mapping_truncate(&file.mapping, PAGES(2));
	copy_from_page(words, memfile_page(&file, 1), PAGE_SIZE - 8,
		       sizeof(words));
	EXPECT_EQ(words[1], 0);
	EXPECT_EQ(memfile_word(&file, 0), 1);
	memfile_close(&file);
}

TEST(pagecache, what_is_cut_off_is_gone_for_all)
{
	struct mm *mm = user_enter(), *child;
	struct memfile file;

	memfile_open(&file, 8);
	show(mm, AT, 8, MAP_SHARED, &file, 0);
	show(mm, AT + PAGES(16), 8, MAP_PRIVATE, &file, 0);
	for (uint32_t i = 0; i < 8; i++) {
		EXPECT_EQ(user_read(AT + PAGES(i)), i + 1);
		EXPECT_EQ(user_read(AT + PAGES(16 + i)), i + 1);
	}
	EXPECT(user_write(AT + PAGES(16 + 2), 22));	/* copies */
	EXPECT(user_write(AT + PAGES(16 + 6), 66));
	child = mm_clone(mm);
	REQUIRE(child);
	EXPECT_EQ(file.mapping.nr_vmas, 4);

	mapping_truncate(&file.mapping, PAGES(3) + 100);
	EXPECT_EQ(file.mapping.nr_pages, 4);
	for (int i = 0; i < 2; i++) {
		EXPECT_EQ(user_read(AT + PAGES(3)), 4);
		EXPECT_EQ(user_read(AT + PAGES(3) + 100), 0);
		EXPECT(!user_can_read(AT + PAGES(4)));
		EXPECT_EQ(fault_in(i ? child : mm, AT + PAGES(4), true), -EIO);
		EXPECT_EQ(user_read(AT + PAGES(16 + 2)), 22);
		EXPECT(!user_can_read(AT + PAGES(16 + 6)));
		EXPECT_EQ(mm_rss(i ? child : mm), 8);
		mm_check_one(i ? child : mm);
		user_run_in(child);
	}
	user_run_in(mm);
	mapping_truncate(&file.mapping, PAGES(8));	/* new pages */
	EXPECT_EQ(user_read(AT + PAGES(6)), 0);
	EXPECT_EQ(user_read(AT + PAGES(16 + 6)), 0);
	mm_put(child);
	user_leave(mm);
	memfile_close(&file);
}

TEST(pagecache, a_hole_is_new_pages_for_all_but_copies)
{
	struct mm *mm = user_enter();
	struct memfile file;
	struct page *old;

	memfile_open(&file, 8);
	show(mm, AT, 8, MAP_SHARED, &file, 0);
	show(mm, AT + PAGES(16), 4, MAP_PRIVATE, &file, 2);
	for (uint32_t i = 0; i < 8; i++)
		EXPECT_EQ(user_read(AT + PAGES(i)), i + 1);
	EXPECT(user_write(AT + PAGES(16), 33));
	EXPECT_EQ(user_read(AT + PAGES(17)), 4);
	old = memfile_page(&file, 3);
	page_get(old);
	mapping_punch(&file.mapping, 2, 5);
	EXPECT_EQ(old->refs, 1);		/* ours */
	EXPECT(!(old->flags & PG_MAPPING));
	EXPECT_EQ(user_read(AT + PAGES(1)), 2);
	EXPECT_EQ(user_read(AT + PAGES(2)), 0);
	EXPECT_EQ(user_read(AT + PAGES(16)), 33);
	EXPECT_EQ(user_read(AT + PAGES(17)), 0);
	EXPECT(user_write(AT + PAGES(3), 5));
	EXPECT_EQ(user_read(AT + PAGES(17)), 5);
	EXPECT(page_at(mm, AT + PAGES(3)) == page_at(mm, AT + PAGES(17)));
	EXPECT_EQ(user_read(AT + PAGES(5)), 6);
	page_put(old);
	user_leave(mm);
	memfile_close(&file);
}

/* As a page that has left its mapping: the entry has the only reference. */
static int get_lone_page(struct mapping *mapping, uint32_t index, bool write,
			 struct page **page)
{
	(void)mapping;
	(void)index;
	(void)write;
	*page = alloc_page(GFP_USER | GFP_ZERO);
	return *page ? 0 : -ENOMEM;
}

TEST(pagecache, a_page_of_a_file_is_never_taken_over)
{
	static const struct mapping_ops ops = { .get_page = get_lone_page };
	struct mm *mm = user_enter();
	struct memfile file;
	struct page *page;

	memfile_open(&file, 0);
	file.mapping.ops = &ops;
	show(mm, AT, 1, MAP_PRIVATE, &file, 0);
	EXPECT_EQ(user_read(AT), 0);
	page = page_at(mm, AT);
	EXPECT(page && page->refs == 1 && mm_rss_file(mm) == 1);
	EXPECT_EQ(mm_mprotect(mm, AT, PAGES(1), PROT_READ), 0);
	EXPECT_EQ(mm_mprotect(mm, AT, PAGES(1), RW), 0);
	EXPECT(user_write(AT, 9));
	EXPECT(page_at(mm, AT) != page);
	EXPECT_EQ(mm_rss_file(mm), 0);
	user_leave(mm);
	memfile_close(&file);
}

/* -------------------------------------------------------------------- races */

static struct memfile *raced;
static struct mm *raced_mm;
static bool race_is_over;

static void cut_and_grow(void *arg)
{
	uint32_t nr_pages = raced->mapping.size >> PAGE_SHIFT;

	(void)arg;
	for (int i = 0; i < 200; i++) {
		uint32_t start = ktest_random() % nr_pages;

		if (i % 2) {
			mapping_truncate(&raced->mapping, PAGES(start));
			sched_yield();
			mapping_truncate(&raced->mapping, PAGES(nr_pages));
		} else {
			mapping_punch(&raced->mapping, start, start + 7);
		}
		if (i % 3 == 0)
			sched_yield();
	}
	race_is_over = true;
}

TEST(pagecache, faults_forks_and_cuts_may_race)
{
	struct mm *mm = user_enter();
	struct thread *thread;
	struct memfile file;

	memfile_open(&file, 32);
	show(mm, AT, 32, MAP_SHARED, &file, 0);
	show(mm, AT + PAGES(64), 32, MAP_PRIVATE, &file, 0);
	raced = &file;
	raced_mm = mm;
	race_is_over = false;
	thread = thread_create("cutter", cut_and_grow, NULL);
	REQUIRE(thread);
	while (!race_is_over) {
		struct mm *child;

		for (uint32_t i = 0; i < 32; i++) {
			uint32_t at = AT + PAGES(ktest_random() % 32);

			(void)user_write(at, i);
			(void)user_write(at + PAGES(64), i);
			(void)user_can_read(AT + PAGES(64 + i));
		}
		sched_yield();
		child = mm_clone(mm);
		REQUIRE(child);
		sched_yield();
		mm_check_one(child);
		mm_put(child);
		mapping_check(&file.mapping);
	}
	thread_join(thread);
	mapping_truncate(&file.mapping, 0);
	EXPECT_EQ(mm_rss(mm), 0);
	user_leave(mm);
	memfile_close(&file);
}

/* Two threads that want the same new page get the same one. */
static struct page *made[2][64];

static void make_pages(void *arg)
{
	struct page **to = arg;

	for (uint32_t i = 0; i < 64; i++) {
		EXPECT_EQ(mapping_get_page(&raced->mapping, i, true, &to[i]),
			  0);
		if (i % 3 == 0)
			sched_yield();
	}
}

TEST(pagecache, two_who_make_a_page_get_the_same)
{
	struct thread *thread;
	struct memfile file;

	memfile_open(&file, 0);
	mapping_set_size(&file.mapping, PAGES(64));
	raced = &file;
	thread = thread_create("maker", make_pages, made[0]);
	REQUIRE(thread);
	make_pages(made[1]);
	thread_join(thread);
	for (int i = 0; i < 64; i++) {
		EXPECT(made[0][i] == made[1][i]);
		page_put(made[0][i]);
		page_put(made[1][i]);
	}
	EXPECT_EQ(file.mapping.nr_pages, 64);
	memfile_close(&file);
}
