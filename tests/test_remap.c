// SPDX-License-Identifier: MIT
/* Frames that nobody counts, in user space. */
#include "tests/user_space.h"

#include "lib/errno.h"
#include "lib/string.h"
#include "mm/buddy.h"
#include "mm/mapping.h"
#include "mm/vmalloc.h"

#define PAGES(n)	((n) * PAGE_SIZE)
#define NR		4

static char *buffer;			/* the kernel's view */
static struct mapping mapping;

static int map_buffer(struct vm_file *file, struct mm *mm, struct vma *vma)
{
	int err = 0;

	(void)file;
	for (uint32_t i = 0; i < NR && !err; i++)
		err = mm_remap_pfn_range(mm, vma, vma->start + PAGES(i),
					 page_to_pfn(vmalloc_to_page(
						buffer + PAGES(i))),
					 PAGE_SIZE);
	return err;
}

static const struct vm_file_ops ops = { .map = map_buffer };
static struct vm_file file = {
	.refs = 1, .may_write = true, .area_flags = VM_DEVICE,
	.mapping = &mapping, .ops = &ops,
};

static struct mm *enter(int prot, int flags)
{
	struct mm *mm = user_enter();

	mapping_init(&mapping, NULL);
	buffer = vzalloc(PAGES(NR));
	EXPECT(buffer);
	memcpy(buffer + PAGES(1), "kernel", 7);
	EXPECT_EQ(mm_mmap(mm, AT, PAGES(NR), prot, flags | MAP_FIXED, &file,
			  0), AT);
	return mm;
}

static void leave(struct mm *mm)
{
	user_leave(mm);
	EXPECT_EQ(mapping.nr_vmas, 0);
	EXPECT_EQ(file.refs, 1);
	vfree(buffer);
}

TEST(remap, kernel_and_process_share_frames)
{
	struct mm *mm = enter(RW, MAP_SHARED);

	EXPECT_EQ(user_read(AT + PAGES(1)), *(uint32_t *)(buffer + PAGES(1)));
	EXPECT(user_write(AT + PAGES(2), 77));
	EXPECT_EQ(*(uint32_t *)(buffer + PAGES(2)), 77);
	EXPECT_EQ(mm_rss(mm), 0);		/* they are not the process's */
	EXPECT_EQ(mm_munmap(mm, AT + PAGES(1), PAGES(1)), 0);
	EXPECT(!user_can_read(AT + PAGES(1)));
	EXPECT_EQ(vmalloc_to_page(buffer)->refs, 1);
	leave(mm);
}

TEST(remap, entries_are_protected_moved_and_inherited)
{
	struct mm *mm = enter(RW, MAP_SHARED), *child;

	EXPECT_EQ(mm_mprotect(mm, AT, PAGES(2), PROT_READ), 0);
	EXPECT(!user_write(AT, 1));
	EXPECT_EQ(mm_mprotect(mm, AT, PAGES(2), PROT_NONE), 0);
	EXPECT(!user_can_read(AT));
	EXPECT_EQ(mm_mprotect(mm, AT, PAGES(2), RW), 0);
	EXPECT(user_write(AT, 1));
	EXPECT_EQ(mm->vmas.nr, 2);		/* they never join */
	EXPECT_EQ(mm_mremap(mm, AT + PAGES(2), PAGES(2), PAGES(2),
			    MREMAP_MAYMOVE | MREMAP_FIXED, AT + PAGES(9)),
		  AT + PAGES(9));
	EXPECT(user_write(AT + PAGES(10), 3));
	EXPECT_EQ(*(uint32_t *)(buffer + PAGES(3)), 3);
	EXPECT_EQ(mm_mremap(mm, AT + PAGES(9), PAGES(2), PAGES(3),
			    MREMAP_MAYMOVE, 0), -EFAULT);
	child = mm_clone(mm);
	REQUIRE(child);
	user_run_in(child);
	EXPECT(user_write(AT + PAGES(9), 4));
	EXPECT_EQ(*(uint32_t *)(buffer + PAGES(2)), 4);
	user_leave(child);
	user_run_in(mm);
	leave(mm);
}

TEST(remap, a_private_view_copies_what_it_writes)
{
	struct mm *mm = enter(RW, MAP_PRIVATE);

	EXPECT_EQ(user_read(AT + PAGES(1)), *(uint32_t *)(buffer + PAGES(1)));
	EXPECT(user_write(AT + PAGES(1) + 4, 5));
	EXPECT_EQ(user_read(AT + PAGES(1)), *(uint32_t *)(buffer + PAGES(1)));
	EXPECT(*(uint32_t *)(buffer + PAGES(1) + 4) != 5);
	EXPECT_EQ(mm_rss(mm), 1);
	EXPECT_EQ(mm->pgtable.nr_file, 0);
	leave(mm);
}

TEST(remap, a_device_is_uncached_and_a_hole_in_it_a_fault)
{
	struct mm *mm = enter(RW, MAP_SHARED);
	struct vma *vma = mm->vmas.first;
	const pte_t *pte = pgtable_find(&mm->pgtable, AT);

	EXPECT(!(pte->raw & (PTE_PCD | PTE_PWT)));
	mutex_lock(&mm->lock);
	pgtable_unmap(&mm->pgtable, AT, AT + PAGES(2), TASK_SIZE, 0);
	EXPECT_EQ(mm_io_remap_pfn_range(mm, vma, AT, 0xe0000, PAGE_SIZE), 0);
	EXPECT_EQ(pte->raw & (PTE_PCD | PTE_PWT), PTE_PCD | PTE_PWT);
	EXPECT_EQ(mm_remap_pfn_range(mm, vma, AT + PAGES(3), 1, PAGES(2)),
		  -EINVAL);
	mutex_unlock(&mm->lock);
	EXPECT(!user_can_read(AT + PAGES(1)));
	leave(mm);
}

TEST(remap, it_fails_cleanly_at_every_point)
{
	struct mm *mm = enter(RW, MAP_SHARED);
	long at = -ENOMEM;

	for (unsigned int n = 0; at == -ENOMEM && n < 10; n++) {
		EXPECT_EQ(mm->vmas.nr, 1);
		alloc_fail_after(n);
		at = mm_mmap(mm, 0x40000000, PAGES(NR), RW,
			     MAP_SHARED | MAP_FIXED, &file, 0);
		alloc_fail_off();
	}
	EXPECT_EQ(at, 0x40000000);
	leave(mm);
}
