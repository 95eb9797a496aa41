// SPDX-License-Identifier: MIT
/*
 * list - a ring of nodes that live inside the things they link.
 *
 *	  +--------------------------------------+
 *	  v                                      |
 *	head <--> item.link <--> item.link <--> item.link
 *
 * The head is a node like the others, in no item, so adding and removing have
 * no special case and an empty list is a head that points at itself.  A node
 * is in one list at a time; removing needs the node alone.
 *
 * Debug builds check both neighbours at each step, and clear a removed node
 * so that a second removal stops at once.
 *
 * Locking: the caller's.
 */
#pragma once

#include "lib/assert.h"
#include "lib/util.h"

struct list {
	struct list *next, *prev;
};

/* Static initialiser: struct list zones = LIST_INIT(zones); */
#define LIST_INIT(name)		{ &(name), &(name) }

static inline void list_init(struct list *head)
{
	head->next = head;
	head->prev = head;
}

static inline bool list_is_empty(const struct list *head)
{
	return head->next == head;
}

/* Put @node between the neighbours @prev and @next. */
static inline void list_insert_between(struct list *prev, struct list *next,
				       struct list *node)
{
	assert(prev->next == next && next->prev == prev);
	next->prev = node;
	node->next = next;
	node->prev = prev;
	prev->next = node;
}

/* Add @node as the first of @head, or just behind another node. */
static inline void list_add(struct list *head, struct list *node)
{
	list_insert_between(head, head->next, node);
}

/* Add @node as the last of @head, or just before another node. */
static inline void list_add_tail(struct list *head, struct list *node)
{
	list_insert_between(head->prev, head, node);
}

#ifdef DEBUG
static inline void list_forget(struct list *node)
{
	node->next = NULL;
	node->prev = NULL;
}
#else
static inline void list_forget(struct list *node)
{
	(void)node;
}
#endif

/* Take @node out of its list.  Its links are meaningless afterwards. */
static inline void list_remove(struct list *node)
{
	struct list *next = node->next;
	struct list *prev = node->prev;

	assert(next && prev && next->prev == node && prev->next == node);
	next->prev = prev;
	prev->next = next;
	list_forget(node);
}

/* Move all of @from to the end of @to, in order; @from is then empty. */
static inline void list_splice(struct list *from, struct list *to)
{
	if (list_is_empty(from))
		return;
	from->next->prev = to->prev;
	to->prev->next = from->next;
	from->prev->next = to;
	to->prev = from->prev;
	list_init(from);
}

#define list_entry(node, type, member)	container_of(node, type, member)

/* The list must not be empty. */
#define list_first_entry(head, type, member)				\
	list_entry((head)->next, type, member)
#define list_last_entry(head, type, member)				\
	list_entry((head)->prev, type, member)

/* Walk from first to last; the body must not remove @pos. */
#define list_for_each_entry(pos, head, member)				\
	for (pos = list_first_entry(head, __typeof__(*pos), member);	\
	     &pos->member != (head);					\
	     pos = list_first_entry(&pos->member, __typeof__(*pos), member))

/* The same, from last to first. */
#define list_for_each_entry_reverse(pos, head, member)			\
	for (pos = list_last_entry(head, __typeof__(*pos), member);	\
	     &pos->member != (head);					\
	     pos = list_last_entry(&pos->member, __typeof__(*pos), member))

/* The same as the first, and the body may remove @pos; @spare is a cursor. */
#define list_for_each_entry_safe(pos, spare, head, member)		\
	for (pos = list_first_entry(head, __typeof__(*pos), member),	\
	     spare = list_first_entry(&pos->member, __typeof__(*pos),	\
				      member);				\
	     &pos->member != (head);					\
	     pos = spare,						\
	     spare = list_first_entry(&pos->member, __typeof__(*pos),	\
				      member))
