// SPDX-License-Identifier: MIT
/*
 * seq - text in one block of vmalloc memory, which doubles when it is full: a
 * /proc file may be a line, or the maps of 60 000 areas.
 *
 * Locking: the owner's.
 */
#include "fs/seq.h"

#include "lib/errno.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "mm/vmalloc.h"
#include "x86/mmu.h"

char *seq_room(struct seq *seq, size_t size)
{
	size_t capacity = max(seq->capacity, (size_t)PAGE_SIZE);
	char *text;

	if (seq->err)
		return NULL;
	if (seq->capacity - seq->size >= size)
		return seq->text + seq->size;
	while (capacity - seq->size < size)
		capacity *= 2;
	text = vmalloc(capacity);
	if (!text) {
		seq->err = -ENOMEM;
		return NULL;
	}
	memcpy(text, seq->text, seq->size);
	vfree(seq->text);
	seq->text = text;
	seq->capacity = capacity;
	return text + seq->size;
}

void seq_printf(struct seq *seq, const char *fmt, ...)
{
	size_t room = 0, length = 0;
	va_list args;
	char *to;

	do {
		to = seq_room(seq, length + 1);
		if (!to)
			return;
		room = seq->capacity - seq->size;
		va_start(args, fmt);
		length = vsnprintf(to, room, fmt, args);
		va_end(args);
	} while (length >= room);
	seq->size += length;
}

void seq_free(struct seq *seq)
{
	vfree(seq->text);
	seq->text = NULL;
	seq->size = 0;
	seq->capacity = 0;
	seq->err = 0;
}
