// SPDX-License-Identifier: MIT
#include "host.h"
#include "lib/list.h"

#define NR_ITEMS 40

struct item {
	int id;
	struct list link;
};

/* The reference: what each of two lists should hold, in order. */
struct model {
	struct item *item[NR_ITEMS];
	int nr;
};

static void model_insert(struct model *model, int at, struct item *item)
{
	for (int i = model->nr++; i > at; i--)
		model->item[i] = model->item[i - 1];
	model->item[at] = item;
}

static int model_remove(struct model *model, struct item *item)
{
	int at = 0;

	while (at < model->nr && model->item[at] != item)
		at++;
	if (at == model->nr)
		return -1;
	model->nr--;
	for (int i = at; i < model->nr; i++)
		model->item[i] = model->item[i + 1];
	return at;
}

static bool same(struct list *head, const struct model *model)
{
	struct item *item;
	int i = 0;

	if (list_is_empty(head) != (model->nr == 0))
		return false;
	list_for_each_entry(item, head, link)
		if (i >= model->nr || model->item[i++] != item)
			return false;
	if (i != model->nr)
		return false;
	list_for_each_entry_reverse(item, head, link)
		if (model->item[--i] != item)
			return false;
	return !model->nr ||
	       (list_first_entry(head, struct item, link) == model->item[0] &&
		list_last_entry(head, struct item, link) ==
			model->item[model->nr - 1]);
}

TEST(list, behaves_like_an_array_of_pointers)
{
	static struct item items[NR_ITEMS];
	struct list head[2] = { LIST_INIT(head[0]), LIST_INIT(head[1]) };
	struct model model[2] = { { .nr = 0 }, { .nr = 0 } };
	bool linked[NR_ITEMS] = { false };

	for (int op = 0; op < 150000; op++) {
		int n = host_random_below(NR_ITEMS);
		int which = host_random_below(2);
		struct item *item = &items[n];

		if (host_random_one_in(50)) {
			list_splice(&head[which], &head[!which]);
			for (int i = 0; i < model[which].nr; i++)
				model_insert(&model[!which], model[!which].nr,
					     model[which].item[i]);
			model[which].nr = 0;
		} else if (linked[n]) {
			list_remove(&item->link);
			if (model_remove(&model[0], item) < 0)
				REQUIRE(model_remove(&model[1], item) >= 0);
			linked[n] = false;
		} else if (host_random_one_in(2)) {
			list_add(&head[which], &item->link);
			model_insert(&model[which], 0, item);
			linked[n] = true;
		} else {
			list_add_tail(&head[which], &item->link);
			model_insert(&model[which], model[which].nr, item);
			linked[n] = true;
		}
		REQUIRE(same(&head[0], &model[0]));
		REQUIRE(same(&head[1], &model[1]));
	}
}

TEST(list, inserts_behind_and_before_a_node_in_the_middle)
{
	struct list head = LIST_INIT(head);
	struct item a = { .id = 1 }, b = { .id = 2 }, c = { .id = 3 };
	struct model model = { { &a, &b, &c }, 3 };

	list_add(&head, &c.link);
	list_add_tail(&c.link, &a.link);
	list_add(&a.link, &b.link);
	EXPECT(same(&head, &model));
}

TEST(list, safe_walk_survives_removal_of_each_item)
{
	struct item items[5], *item, *spare;
	struct list head;
	int seen = 0;

	list_init(&head);
	for (int i = 0; i < 5; i++) {
		items[i].id = i;
		list_add_tail(&head, &items[i].link);
	}
	list_for_each_entry_safe(item, spare, &head, link) {
		EXPECT_EQ(item->id, seen++);
		list_remove(&item->link);
		item->id = -1;
	}
	EXPECT_EQ(seen, 5);
	EXPECT(list_is_empty(&head));
}

TEST(list, catches_a_second_removal_and_a_broken_neighbour)
{
	struct list head = LIST_INIT(head), a, b;

	list_add(&head, &a);
	list_remove(&a);
	EXPECT_PANIC(list_remove(&a));

	list_add(&head, &a);
	a.prev = &b;
	EXPECT_PANIC(list_add(&head, &b));
	EXPECT_PANIC(list_remove(&a));
}
