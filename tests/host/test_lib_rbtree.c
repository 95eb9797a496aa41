// SPDX-License-Identifier: MIT
#include "host.h"
#include "lib/rbtree.h"
#include "lib/util.h"

#define NR_KEYS 400

struct item {
	unsigned int key, weight;
	unsigned int heaviest;		/* of the subtree: the summary */
	struct rb_node node;
};

static unsigned int nr_updates;

static unsigned int heaviest(const struct rb_node *node)
{
	return node ? rb_entry(node, struct item, node)->heaviest : 0;
}

static bool item_update(struct rb_node *node)
{
	struct item *item = rb_entry(node, struct item, node);
	unsigned int now = max(item->weight, max(heaviest(node->left),
						 heaviest(node->right)));
	bool changed = item->heaviest != now;

	nr_updates++;
	item->heaviest = now;
	return changed;
}

static void link_item(struct rb_root *root, struct item *item)
{
	struct rb_node **link = &root->node, *parent = NULL;

	while (*link) {
		parent = *link;
		if (item->key < rb_entry(parent, struct item, node)->key)
			link = &parent->left;
		else
			link = &parent->right;
	}
	rb_link(&item->node, parent, link);
}

static void insert(struct rb_root *root, struct item *item, rb_update update)
{
	item->heaviest = host_random();		/* stale: must not matter */
	link_item(root, item);
	if (update)
		rb_insert_fixup_augmented(root, &item->node, update);
	else
		rb_insert_fixup(root, &item->node);
}

static void remove_item(struct rb_root *root, struct item *item,
			rb_update update)
{
	if (update)
		rb_remove_augmented(root, &item->node, update);
	else
		rb_remove(root, &item->node);
}

/* The true heaviest below @node; clears *@right where a summary differs. */
static unsigned int verify(const struct rb_node *node, bool *right)
{
	const struct item *item;
	unsigned int below;

	if (!node)
		return 0;
	item = rb_entry(node, struct item, node);
	below = max(item->weight, max(verify(node->left, right),
				      verify(node->right, right)));
	if (item->heaviest != below)
		*right = false;
	return below;
}

/* Does the tree hold exactly the @present items, walked both ways? */
static bool same(const struct rb_root *root, struct item *items,
		 const bool *present, unsigned int nr)
{
	struct rb_node *node = rb_first(root);
	struct rb_node *last = NULL;
	unsigned int count = 0;

	for (unsigned int key = 0; key < nr; key++) {
		if (!present[key])
			continue;
		if (node != &items[key].node || rb_prev(node) != last)
			return false;
		count++;
		last = node;
		node = rb_next(node);
	}
	return !node && rb_last(root) == last && rb_check(root) == count &&
	       rb_is_empty(root) == (count == 0);
}

/* 150 000 operations around a population that swells and shrinks. */
static void run_model(rb_update update)
{
	static struct item items[2][NR_KEYS];
	static bool present[NR_KEYS];
	static unsigned int spare[NR_KEYS];	/* which of the two is in use */
	static struct item *use[NR_KEYS];
	struct rb_root root = RB_ROOT_INIT;
	unsigned int nr_present = 0, target = 0;
	bool right = true;

	for (unsigned int key = 0; key < NR_KEYS; key++)
		present[key] = false;
	for (int op = 0; op < 150000; op++) {
		unsigned int key = host_random_below(NR_KEYS);
		struct item *item;

		if (op % 5000 == 0)
			target = host_random_below(host_random_one_in(2)
						   ? 12 : NR_KEYS);
		if (!present[key] && nr_present > target)
			continue;
		if (!present[key]) {
			item = &items[spare[key]][key];
			item->key = key;
			item->weight = host_random_below(1000);
			use[key] = item;
			insert(&root, item, update);
			present[key] = true;
			nr_present++;
		} else if (host_random_one_in(8)) {
			item = &items[spare[key] ^= 1][key];
			rb_replace(&root, &use[key]->node, &item->node);
			item->key = key;
			item->heaviest = use[key]->heaviest;
			item->weight = host_random_below(1000);
			use[key] = item;
			if (update)
				rb_propagate(&item->node, update);
		} else if (host_random_one_in(4)) {
			use[key]->weight = host_random_below(1000);
			if (update)
				rb_propagate(&use[key]->node, update);
		} else {
			remove_item(&root, use[key], update);
			present[key] = false;
			nr_present--;
		}
		if (nr_present < 40 || op % 32 == 0) {
			struct rb_node *node = rb_first(&root);

			for (key = 0; key < NR_KEYS; key++) {
				if (!present[key])
					continue;
				REQUIRE(node == &use[key]->node);
				node = rb_next(node);
			}
			REQUIRE(!node);
			REQUIRE(rb_check(&root) == nr_present);
			if (update)
				verify(root.node, &right);
			REQUIRE(right);
		}
	}
}

TEST(rbtree, behaves_like_a_sorted_array)
{
	run_model(NULL);
}

TEST(rbtree, augmented_keeps_every_summary_true)
{
	run_model(item_update);
}

/* All orders of insertion of 7 keys; from each tree, each key is removed. */
TEST(rbtree, every_small_tree_survives_each_removal)
{
	unsigned int order[7] = { 0, 1, 2, 3, 4, 5, 6 };
	unsigned int swaps[7] = { 0 };
	unsigned int i = 0, nr = 0, spare;

	for (;;) {
		for (unsigned int gone = 0; gone < 7; gone++) {
			struct item items[7];
			bool present[7], right = true;
			struct rb_root root;

			rb_init(&root);
			for (unsigned int k = 0; k < 7; k++) {
				items[order[k]].key = order[k];
				items[order[k]].weight = order[k] * 37 % 11;
				insert(&root, &items[order[k]], item_update);
				present[k] = true;
			}
			REQUIRE(same(&root, items, present, 7));
			rb_remove_augmented(&root, &items[gone].node,
					    item_update);
			present[gone] = false;
			REQUIRE(same(&root, items, present, 7));
			verify(root.node, &right);
			REQUIRE(right);
		}
		nr++;
		while (i < 7 && swaps[i] >= i)		/* Heap's algorithm */
			swaps[i++] = 0;
		if (i == 7)
			break;
		spare = order[i % 2 ? swaps[i] : 0];
		order[i % 2 ? swaps[i] : 0] = order[i];
		order[i] = spare;
		swaps[i]++;
		i = 0;
	}
	EXPECT_EQ(nr, 5040);
}

static unsigned int depth(const struct rb_node *node)
{
	return node ? 1 + max(depth(node->left), depth(node->right)) : 0;
}

TEST(rbtree, sorted_insertion_stays_within_twice_log2)
{
	static struct item items[10000];
	struct rb_root root = RB_ROOT_INIT;

	for (unsigned int i = 0; i < ARRAY_SIZE(items); i++) {
		items[i].key = i;
		insert(&root, &items[i], NULL);
	}
	EXPECT_EQ(rb_check(&root), ARRAY_SIZE(items));
	EXPECT(depth(root.node) <= 2 * ilog2_up(ARRAY_SIZE(items) + 1));
}

TEST(rbtree, an_unchanged_summary_stops_the_way_up)
{
	static struct item items[1000];
	struct rb_root root = RB_ROOT_INIT;

	for (unsigned int i = 0; i < ARRAY_SIZE(items); i++) {
		items[i].key = i;
		items[i].weight = 5;
		insert(&root, &items[i], item_update);
	}
	nr_updates = 0;
	rb_propagate(rb_first(&root), item_update);
	EXPECT_EQ(nr_updates, 1);
}

TEST(rbtree, check_sees_a_wrong_colour_and_a_wrong_parent)
{
	struct item items[3];
	struct rb_root root = RB_ROOT_INIT;
	struct rb_node *low = &items[0].node;

	for (unsigned int i = 0; i < 3; i++) {
		items[i].key = i;
		insert(&root, &items[i], NULL);
	}
	EXPECT_EQ(rb_check(&root), 3);
	low->parent_color ^= RB_BLACK;			/* R2 */
	EXPECT_PANIC(rb_check(&root));
	low->parent_color ^= RB_BLACK;
	root.node->parent_color ^= RB_BLACK;		/* R1 */
	EXPECT_PANIC(rb_check(&root));
	root.node->parent_color ^= RB_BLACK;
	low->parent_color = (uintptr_t)&items[2].node;
	EXPECT_PANIC(rb_check(&root));
}
