// SPDX-License-Identifier: MIT
#include "host.h"
#include "lib/errno.h"
#include "lib/radix.h"
#include "lib/util.h"

#define NR_PAIRS 500

static int nr_nodes;			/* alive */
static int fail_after = -1;		/* so many allocations; -1: never */

static void *node_alloc(void)
{
	void *node;

	if (fail_after == 0)
		return NULL;
	if (fail_after > 0)
		fail_after--;
	node = malloc(RADIX_NODE_SIZE);
	for (size_t i = 0; i < RADIX_NODE_SIZE; i++)
		((uint8_t *)node)[i] = 0xa5;
	nr_nodes++;
	return node;
}

static void node_free(void *node)
{
	nr_nodes--;
	free(node);
}

static const struct radix_ops ops = { node_alloc, node_free };

/* The reference: pairs sorted by index. */
static struct radix_entry pair[NR_PAIRS];
static size_t nr_pairs;
static char things[64];

static size_t pair_place(uint32_t index)
{
	size_t at = 0;

	while (at < nr_pairs && pair[at].index < index)
		at++;
	return at;
}

static bool pair_is_at(size_t at, uint32_t index)
{
	return at < nr_pairs && pair[at].index == index;
}

/* Indices that meet: dense ones, borders of levels, and both ends. */
static uint32_t random_index(void)
{
	static const uint32_t base[] = {
		0, 0, 0, 64, 4096 - 8, 1 << 18, (1 << 24) - 4, 1u << 30,
		0xffffffff - 15, 0xfffff000,
	};

	if (host_random_one_in(20))
		return host_random() >> host_random_below(32);
	return base[host_random_below(ARRAY_SIZE(base))] +
	       host_random_below(16);
}

static void model_insert(size_t at, uint32_t index, void *item)
{
	for (size_t i = nr_pairs++; i > at; i--)
		pair[i] = pair[i - 1];
	pair[at] = (struct radix_entry){ index, item };
}

static void model_remove(size_t at)
{
	nr_pairs--;
	for (size_t i = at; i < nr_pairs; i++)
		pair[i] = pair[i + 1];
}

static void insert(struct radix *tree, uint32_t index)
{
	size_t at = pair_place(index);
	void *item = &things[host_random_below(sizeof(things))];
	int nodes_before = nr_nodes;
	int err;

	if (nr_pairs == NR_PAIRS)
		return;
	if (host_random_one_in(4))
		fail_after = host_random_below(4);
	err = radix_insert(tree, index, item);
	if (pair_is_at(at, index)) {
		EXPECT_EQ(err, -EEXIST);
	} else if (err) {
		EXPECT_EQ(err, -ENOMEM);
		EXPECT_EQ(fail_after, 0);
	} else {
		model_insert(at, index, item);
	}
	if (err)
		EXPECT_EQ(nr_nodes, nodes_before);
	fail_after = -1;
}

static void delete(struct radix *tree, uint32_t index)
{
	size_t at = pair_place(index);

	if (!pair_is_at(at, index)) {
		EXPECT(!radix_remove(tree, index));
		return;
	}
	EXPECT(radix_remove(tree, index) == pair[at].item);
	model_remove(at);
}

/* All slots around @index, or none if none of them is taken. */
static void leaf(struct radix *tree, uint32_t index)
{
	void *const *slot = radix_leaf(tree, index);
	uint32_t first = index - index % RADIX_SLOTS;
	size_t at = pair_place(first);

	if (at == nr_pairs || pair[at].index - first >= RADIX_SLOTS) {
		EXPECT(!slot);
		return;
	}
	REQUIRE(slot);
	for (uint32_t i = 0; i < RADIX_SLOTS; i++)
		EXPECT(slot[i] == radix_lookup(tree, first + i));
}

static void gang(struct radix *tree, uint32_t first)
{
	struct radix_entry entry[24];
	size_t max = 1 + host_random_below(ARRAY_SIZE(entry));
	size_t at = pair_place(first);
	size_t nr = radix_gang(tree, first, entry, max);

	REQUIRE(nr == min(max, nr_pairs - at));
	for (size_t i = 0; i < nr; i++)
		EXPECT(entry[i].index == pair[at + i].index &&
		       entry[i].item == pair[at + i].item);
}

TEST(radix, behaves_like_a_sorted_array_of_pairs)
{
	struct radix tree;
	unsigned int fill = 1;

	nr_pairs = 0;
	radix_init(&tree, &ops);
	for (int op = 0; op < 200000; op++) {
		uint32_t index = random_index();
		size_t at = pair_place(index);

		if (op % 2000 == 0)
			fill = 1 + host_random_below(5);
		switch (host_random_below(8)) {
		case 0 ... 1:
			EXPECT(radix_lookup(&tree, index) ==
			       (pair_is_at(at, index) ? pair[at].item : NULL));
			break;
		case 2:
			gang(&tree, index);
			leaf(&tree, index);
			break;
		default:
			if (host_random_below(6) < fill)
				insert(&tree, index);
			else
				delete(&tree, index);
		}
		if (op % 16 == 0)
			REQUIRE(radix_check(&tree) == nr_pairs);
	}
	while (nr_pairs)
		delete(&tree, pair[host_random_below(nr_pairs)].index);
	EXPECT(radix_is_empty(&tree));
	EXPECT_EQ(nr_nodes, 0);
}

TEST(radix, an_empty_tree_has_no_node_and_finds_nothing)
{
	struct radix tree;
	struct radix_entry entry;

	radix_init(&tree, &ops);
	EXPECT(!radix_lookup(&tree, 0) && !radix_lookup(&tree, UINT32_MAX));
	EXPECT(!radix_remove(&tree, 0) && !radix_remove(&tree, UINT32_MAX));
	EXPECT(!radix_leaf(&tree, 0) && !radix_leaf(&tree, UINT32_MAX));
	EXPECT_EQ(radix_gang(&tree, 0, &entry, 1), 0);
	EXPECT_EQ(radix_check(&tree), 0);
	EXPECT_EQ(nr_nodes, 0);
}

TEST(radix, refused_nodes_leave_the_tree_as_it_was)
{
	static const uint32_t indices[] = { 0, 63, 64, 1 << 18, UINT32_MAX };
	struct radix tree;

	for (size_t first = 0; first < ARRAY_SIZE(indices); first++)
		for (size_t next = 0; next < ARRAY_SIZE(indices); next++) {
			int nodes, n = 0;

			if (first == next)
				continue;
			radix_init(&tree, &ops);
			EXPECT_EQ(radix_insert(&tree, indices[first], things),
				  0);
			nodes = nr_nodes;
			while (fail_after = n++, radix_insert(&tree,
					indices[next], things) == -ENOMEM) {
				EXPECT_EQ(nr_nodes, nodes);
				EXPECT_EQ(radix_check(&tree), 1);
				EXPECT(!radix_lookup(&tree, indices[next]));
				REQUIRE(n < 20);
			}
			fail_after = -1;
			EXPECT_EQ(radix_check(&tree), 2);
			radix_remove(&tree, indices[first]);
			radix_remove(&tree, indices[next]);
			EXPECT_EQ(nr_nodes, 0);
		}
}

TEST(radix, gang_walks_on_while_its_finds_are_removed)
{
	struct radix tree;
	struct radix_entry entry[7];
	uint32_t next = 0;
	size_t nr, seen = 0;

	radix_init(&tree, &ops);
	for (uint32_t i = 0; i < 1000; i++)
		EXPECT_EQ(radix_insert(&tree, i * i, things), 0);
	while ((nr = radix_gang(&tree, next, entry, ARRAY_SIZE(entry)))) {
		for (size_t i = 0; i < nr; i++, seen++) {
			EXPECT_EQ(entry[i].index, seen * seen);
			EXPECT(radix_remove(&tree, entry[i].index));
		}
		next = entry[nr - 1].index + 1;
	}
	EXPECT_EQ(seen, 1000);
	EXPECT_EQ(nr_nodes, 0);
}
