// SPDX-License-Identifier: MIT
/*
 * printk - the kernel's voice: a log in memory, and consoles that show it.
 *
 * Each message goes into a ring of 16 KiB, the oldest giving way, and to each
 * console.  A console that is added later first gets the log replayed, so
 * nothing said before the drivers were up is lost.
 *
 * Messages are lines, printed whole: printk() adds the newline if it is
 * missing, and starts lines of LOG_WARN and worse with the word for it.
 */
#pragma once

#include <stdarg.h>

#include "lib/list.h"
#include "lib/util.h"

enum {
	LOG_EMERG,
	LOG_ALERT,
	LOG_CRIT,
	LOG_ERR,
	LOG_WARN,
	LOG_NOTICE,
	LOG_INFO,
	LOG_DEBUG,
};

#define PRINTK_RING_SIZE	16384
#define PRINTK_RING_FIRST	1024	/* before printk_grow() */
#define PRINTK_MESSAGE_MAX	1024	/* bytes; what is longer is cut */

/**
 * printk() - log one line at @level and show it.
 *
 * Context: any.  Takes the printk lock.
 */
void printk(int level, const char *fmt, ...) __printf(2, 3);
void vprintk(int level, const char *fmt, va_list args) __printf(2, 0);

#define pr_err(...)	printk(LOG_ERR, __VA_ARGS__)
#define pr_warn(...)	printk(LOG_WARN, __VA_ARGS__)
#define pr_info(...)	printk(LOG_INFO, __VA_ARGS__)
#define pr_debug(...)	printk(LOG_DEBUG, __VA_ARGS__)

/* The same for a line of a program's, whose words are left as they are. */
void printk_user(unsigned int facility, int level, const char *line);

/* Log and show a text as it is, on all consoles: for KTAP and banners. */
void kprint(const char *fmt, ...) __printf(1, 2);

struct console {
	/* Called with the printk lock held: must neither sleep nor printk(). */
	void (*write)(struct console *console, const char *text, size_t size);
	struct list	link;		/* printk's own */
	int		level;		/* show this level and more urgent */
};

/* Replay the log to @console, whose write and level are set, and keep it. */
void printk_add_console(struct console *console);

/* Keep the log in @memory, of PRINTK_RING_SIZE bytes, from now on; once. */
void printk_grow(char *memory);

/* Show nothing less urgent than @level on any console.  LOG_INFO at boot. */
void printk_set_level(int level);
int printk_get_level(void);

/**
 * printk_read() - read the log back, as plain text.
 * @position: a cursor, 0 for the oldest message; moved on.  A reader that the
 *            ring has overtaken goes on at the oldest message still there.
 *
 * Return: how many bytes of @buf, at most @size, were filled; 0 at the end.
 */
size_t printk_read(uint32_t *position, char *buf, size_t size);

/** printk_set_clock() - messages to come are stamped by @now_ns(), once. */
void printk_set_clock(uint64_t (*now_ns)(void));

/* Where a reader of whole messages is: the next one's place and number. */
struct printk_cursor {
	uint32_t place, number;
};

struct printk_record {
	unsigned int facility;		/* as syslog(3) has it; 0: the kernel */
	int	 level;			/* LOG_INFO for kprint() */
	uint32_t number;		/* since boot */
	uint64_t time_us;		/* 42 bits of them */
	size_t	 size;			/* of the text, with no newline */
};

/** printk_first(), printk_last() - at the oldest message; behind the last. */
struct printk_cursor printk_first(void);
struct printk_cursor printk_last(void);

/**
 * printk_next() - the message at @cursor, which moves behind it.
 * @text: room for PRINTK_MESSAGE_MAX bytes
 *
 * Return: 1; 0: there is none yet; -EPIPE: the ring has overtaken the reader,
 *	   who is at the oldest message now.
 */
int printk_next(struct printk_cursor *cursor, struct printk_record *record,
		char *text);

/*
 * The printk lock, which lib only declares: x86 makes it a spin lock with
 * interrupts off (that panic can break), the host tests count it.
 */
unsigned long printk_lock(void);
void printk_unlock(unsigned long flags);
