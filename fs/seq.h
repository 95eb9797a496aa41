// SPDX-License-Identifier: MIT
/*
 * seq - a text that grows as it is printed to.
 */
#pragma once

#include <stdbool.h>

#include "lib/util.h"

struct seq {
	char	*text;			/* NULL, or from vmalloc() */
	size_t	 size;			/* bytes of text, no NUL */
	size_t	 capacity;
	int	 id, sub;		/* which one, if there are many alike */
	uint32_t cursor;		/* a part of a long text: where to go on */
	bool	 has_more;		/* ... and that there is more of it */
	int	 err;			/* 0, or the first -Exxx: text is cut */
};

/**
 * seq_printf() - add to the text; does nothing once ->err is set.
 * Context: may sleep, so hold no spin lock.
 */
void seq_printf(struct seq *seq, const char *fmt, ...) __printf(2, 3);

/**
 * seq_room() - make room for @size more bytes, for who fills them himself and
 * then adds their number to ->size.
 * Return: where they go; NULL when there is an ->err.
 */
char *seq_room(struct seq *seq, size_t size);

/** seq_free() - free the text; @seq is empty again. */
void seq_free(struct seq *seq);
