// SPDX-License-Identifier: MIT
/*
 * printk - the log ring and the consoles of printk.h.
 *
 * The ring holds the text of the last messages, each behind one mark byte that
 * tells its level, and a stamp: who said it and when, six bits a byte.  Marks
 * are control characters; stamps have none, and what a message contains of them
 * is replaced.  A place in the log is the number of bytes written before it
 * since boot (modulo 2^32), so it stays valid while the ring turns:
 *
 *	ring_first                                              ring_end
 *	 [mark][stamp]atlas: 1536 MiB[newline][mark][stamp]zone: DMA[newline]
 *
 * The first ring is small and part of the image; printk_grow() moves the log to
 * a larger one as soon as there is memory.
 *
 * True whenever the lock is free:
 *   P1  ring_end - ring_first is at most ring_size
 *   P2  a mark stands at ring_first, unless the log is empty
 *   P3  number_first is how many messages came before it, and number_end how
 *	 many came at all
 *
 * Locking: printk_lock() guards everything here, and is held while a console
 * writes, so that lines stay whole.
 */
#include "lib/assert.h"
#include "lib/div64.h"
#include "lib/errno.h"
#include "lib/fmt.h"
#include "lib/printk.h"
#include "lib/string.h"

#define LEVEL_RAW	(-1)		/* kprint(): shown by every console */
#define MARK_RAW	0x10		/* 0x11 is LOG_EMERG, 0x18 LOG_DEBUG */

#define TIME_BYTES	7		/* of a stamp: microseconds */
#define HEAD		(1 + 1 + TIME_BYTES)	/* mark, facility, time */

static char first_ring[PRINTK_RING_FIRST];
static char *ring = first_ring;
static uint32_t ring_size = PRINTK_RING_FIRST;
static uint32_t ring_first, ring_end, number_first, number_end;
static uint64_t (*clock_ns)(void);
static char message[PRINTK_MESSAGE_MAX];
static struct list consoles = LIST_INIT(consoles);
static int max_level = LOG_INFO;

static bool is_mark(char c)
{
	return c >= MARK_RAW && c <= MARK_RAW + 1 + LOG_DEBUG;
}

static int mark_level(char mark)
{
	return mark - MARK_RAW + LEVEL_RAW;
}

static char *ring_at(uint32_t place)
{
	return &ring[place % ring_size];
}

/* The oldest messages go until there is room for @size bytes more. */
static void ring_make_room(size_t size)
{
	while (ring_first != ring_end &&
	       ring_end + size - ring_first > ring_size) {
		do
			ring_first++;
		while (ring_first != ring_end && !is_mark(*ring_at(ring_first)));
		number_first++;
	}
}

static void ring_put_stamp(unsigned int facility)
{
	uint64_t us = clock_ns ? div64_32(clock_ns(), 1000, NULL) : 0;

	*ring_at(ring_end++) = ' ' + facility % 64;
	for (int i = 0; i < TIME_BYTES; i++, us >>= 6)
		*ring_at(ring_end++) = ' ' + us % 64;
}

static void ring_put(unsigned int facility, int level, const char *text,
		     size_t size)
{
	size = min(size, (size_t)ring_size - HEAD);
	ring_make_room(HEAD + size);
	*ring_at(ring_end++) = MARK_RAW + (level - LEVEL_RAW);
	ring_put_stamp(facility);
	while (size--) {
		*ring_at(ring_end++) = is_mark(*text) ? '?' : *text;
		text++;
	}
	number_end++;
}

static void show(struct console *console, int level, const char *text,
		 size_t size)
{
	if (level == LEVEL_RAW ||
	    (level <= console->level && level <= max_level))
		console->write(console, text, size);
}

/* Log and show the first @size bytes of message[]. */
static void message_emit(unsigned int facility, int level, size_t size)
{
	struct console *console;

	ring_put(facility, level, message, size);
	list_for_each_entry(console, &consoles, link)
		show(console, level, message, size);
}

/* Format behind the first @used bytes of message[]; return the new length. */
static size_t message_format(size_t used, const char *fmt, va_list args)
{
	size_t room = sizeof(message) - used;
	size_t length = vsnprintf(message + used, room, fmt, args);

	return used + min(length, room - 1);
}

static const char *level_word(int level)
{
	if (level <= LOG_CRIT)
		return "critical: ";
	if (level == LOG_ERR)
		return "error: ";
	return level == LOG_WARN ? "warning: " : "";
}

/* The same, as one line. */
static void line_emit(unsigned int facility, int level, size_t size)
{
	if (!size || message[size - 1] != '\n') {
		size = min(size, sizeof(message) - 2);
		message[size++] = '\n';
	}
	message_emit(facility, level, size);
}

void vprintk(int level, const char *fmt, va_list args)
{
	unsigned long flags = printk_lock();
	size_t size;

	level = max(min(level, (int)LOG_DEBUG), (int)LOG_EMERG);
	size = strlcpy(message, level_word(level), sizeof(message));
	line_emit(0, level, message_format(size, fmt, args));
	printk_unlock(flags);
}

void printk_user(unsigned int facility, int level, const char *line)
{
	unsigned long flags = printk_lock();

	line_emit(facility, level, min(strlcpy(message, line, sizeof(message)),
				       sizeof(message) - 1));
	printk_unlock(flags);
}

void printk(int level, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vprintk(level, fmt, args);
	va_end(args);
}

void kprint(const char *fmt, ...)
{
	unsigned long flags = printk_lock();
	va_list args;

	va_start(args, fmt);
	message_emit(0, LEVEL_RAW, message_format(0, fmt, args));
	va_end(args);
	printk_unlock(flags);
}

/* How far from @place the ring's text goes without a mark or its edge. */
static size_t text_run(uint32_t place, size_t max)
{
	size_t run = 0;

	max = min(max, (size_t)(ring_end - place));
	max = min(max, (size_t)(ring_size - place % ring_size));
	while (run < max && !is_mark(ring_at(place)[run]))
		run++;
	return run;
}

void printk_add_console(struct console *console)
{
	unsigned long flags = printk_lock();
	uint32_t place = ring_first;
	int level = LEVEL_RAW;
	size_t run;

	while (place != ring_end) {
		if (is_mark(*ring_at(place))) {
			level = mark_level(*ring_at(place));
			place += HEAD;
		}
		run = text_run(place, ring_size);
		if (run)
			show(console, level, ring_at(place), run);
		place += run;
	}
	list_add_tail(&consoles, &console->link);
	printk_unlock(flags);
}

void printk_grow(char *memory)
{
	unsigned long flags = printk_lock();

	assert(ring_size < PRINTK_RING_SIZE);
	for (uint32_t place = ring_first; place != ring_end; place++)
		memory[place % PRINTK_RING_SIZE] = *ring_at(place);
	ring = memory;
	ring_size = PRINTK_RING_SIZE;
	printk_unlock(flags);
}

int printk_get_level(void)
{
	return max_level;
}

void printk_set_level(int level)
{
	max_level = level;
}

size_t printk_read(uint32_t *position, char *buf, size_t size)
{
	unsigned long flags = printk_lock();
	uint32_t place = *position;
	size_t done = 0;
	size_t run;

	if (place - ring_first > ring_end - ring_first)
		place = ring_first;
	while (place != ring_end && done < size) {
		if (is_mark(*ring_at(place)))
			place += HEAD;
		run = text_run(place, size - done);
		memcpy(buf + done, ring_at(place), run);
		done += run;
		place += run;
	}
	*position = place;
	printk_unlock(flags);
	return done;
}

void printk_set_clock(uint64_t (*now_ns)(void))
{
	clock_ns = now_ns;
}

struct printk_cursor printk_first(void)
{
	unsigned long flags = printk_lock();
	struct printk_cursor cursor = { ring_first, number_first };

	printk_unlock(flags);
	return cursor;
}

struct printk_cursor printk_last(void)
{
	unsigned long flags = printk_lock();
	struct printk_cursor cursor = { ring_end, number_end };

	printk_unlock(flags);
	return cursor;
}

/* Take apart the head at @place. */
static void read_head(uint32_t place, struct printk_record *record)
{
	int level = mark_level(*ring_at(place++));

	record->level = level == LEVEL_RAW ? LOG_INFO : level;
	record->facility = *ring_at(place++) - ' ';
	record->time_us = 0;
	for (int i = 0; i < TIME_BYTES; i++)
		record->time_us |= (uint64_t)(*ring_at(place + i) - ' ') <<
				   (6 * i);
}

static int next_locked(struct printk_cursor *cursor,
		       struct printk_record *record, char *text)
{
	size_t run;

	if (cursor->place - ring_first > ring_end - ring_first) {
		*cursor = (struct printk_cursor){ ring_first, number_first };
		return -EPIPE;
	}
	if (cursor->place == ring_end)
		return 0;
	read_head(cursor->place, record);
	cursor->place += HEAD;
	record->number = cursor->number++;
	record->size = 0;
	while ((run = text_run(cursor->place,
			       PRINTK_MESSAGE_MAX - record->size))) {
		memcpy(text + record->size, ring_at(cursor->place), run);
		record->size += run;
		cursor->place += run;
	}
	if (record->size && text[record->size - 1] == '\n')
		record->size--;
	return 1;
}

int printk_next(struct printk_cursor *cursor, struct printk_record *record,
		char *text)
{
	unsigned long flags = printk_lock();
	int result = next_locked(cursor, record, text);

	printk_unlock(flags);
	return result;
}
