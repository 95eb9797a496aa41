// SPDX-License-Identifier: MIT
/* Any row of calls agrees with the array of pairs of the host test. */
#include "tests/host/test_lib_radix.c"

#include "fuzz.h"

static void call(struct radix *tree)
{
	uint32_t index = random_index();
	size_t at = pair_place(index);

	switch (host_random_below(4)) {
	case 0:
		EXPECT(radix_lookup(tree, index) ==
		       (pair_is_at(at, index) ? pair[at].item : NULL));
		break;
	case 1:
		gang(tree, index);
		break;
	case 2:
		insert(tree, index);
		break;
	default:
		delete(tree, index);
	}
}

void fuzz(void)
{
	struct radix tree;

	nr_pairs = 0;
	radix_init(&tree, &ops);
	while (fuzz_left) {
		call(&tree);
		EXPECT_EQ(radix_check(&tree), nr_pairs);
	}
	while (nr_pairs)
		delete(&tree, pair[nr_pairs / 2].index);
	EXPECT(radix_is_empty(&tree));
	EXPECT_EQ(nr_nodes, 0);
}
