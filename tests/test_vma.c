// SPDX-License-Identifier: MIT
/*
 * Areas, with what only the kernel can show of them; the bulk of their tests,
 * against a model, runs on the host (tests/host/test_vma.c).
 */
#include "mm/buddy.h"
#include "mm/mm.h"
#include "tests/ktap.h"

#define NR	20000

TEST(vma, thousands_of_areas_come_and_go_in_any_order)
{
	struct vma_tree tree;
	struct vma *vma, *next;

	vma_tree_init(&tree);
	for (unsigned int i = 0; i < NR; i++) {
		vma = vma_alloc();
		REQUIRE(vma);
		vma->start = vma_find_gap_below(&tree, PAGE_SIZE, MMAP_MIN_ADDR,
						MMAP_BASE, &next);
		EXPECT_EQ(vma->start, MMAP_BASE - (i + 1) * PAGE_SIZE);
		vma->end = vma->start + PAGE_SIZE;
		vma->flags = VM_READ;
		vma->file = NULL;
		vma->pgoff = vma->start >> PAGE_SHIFT;
		vma_insert(&tree, vma, next);
	}
	vma_check(&tree);
	while (tree.nr) {
		vaddr_t at = MMAP_BASE - (1 + ktest_random() % NR) * PAGE_SIZE;

		vma = vma_find(&tree, at);
		if (!vma)
			vma = tree.last;
		vma_remove(&tree, vma);
		vma_free(vma);
		if (tree.nr % 4096 == 0)
			vma_check(&tree);
	}
}

TEST(vma, a_refused_allocation_is_null)
{
	alloc_fail_after(0);
	EXPECT(!vma_alloc());
}
