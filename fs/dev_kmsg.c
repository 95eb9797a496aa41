// SPDX-License-Identifier: MIT
/*
 * dev_kmsg - /dev/kmsg: one message of the kernel's log a read, one a write.
 *
 *	6,17,1234567,-;zone: HighMem starts at 896 MiB
 *	| |  |       |
 *	| |  |       flags: never any
 *	| |  microseconds since boot
 *	| number since boot
 *	facility * 8 + level
 *
 * Each opening has a place of its own, at first the oldest message, and reads
 * on when there are more; one that the ring has overtaken is told so (EPIPE)
 * and goes on at the oldest.  What is written, "<12>text" or "text", becomes a
 * message of facility "user".
 *
 * printk() may be called with any lock held, so it wakes nobody: who waits for
 * a message looks again ten times a second.
 *
 * Locking: kmsg->lock for the place.
 */
#include "fs/dev_kmsg.h"

#include "fs/dev.h"
#include "fs/file.h"
#include "fs/filemap.h"
#include "fs/inode.h"
#include "lib/div64.h"
#include "lib/errno.h"
#include "lib/fmt.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "sched/mutex.h"
#include "sched/wait.h"

#define LINE_MAX	992u		/* of a write; Linux's */
#define LOOK_NS		100000000ull
#define FACILITY_USER	1
#define LEVEL_USUAL	LOG_WARN

struct kmsg {
	struct mutex lock;
	struct printk_cursor cursor;
	char text[PRINTK_MESSAGE_MAX];
	char line[4 * PRINTK_MESSAGE_MAX + 64];	/* "\\x1b" for a byte */
};

static struct wait_queue readers = WAIT_QUEUE_INIT(readers);

size_t kmsg_line(char *to, const struct printk_record *record,
		 const char *text)
{
	uint32_t us, seconds = (uint32_t)div64_32(record->time_us, 1000000, &us);
	size_t n = (size_t)snprintf(to, KMSG_LINE_MAX, "<%u>[%5u.%06u] ",
				    record->facility * 8 + record->level,
				    seconds, us);
	size_t size = min(record->size, KMSG_LINE_MAX - 1 - n);

	memcpy(to + n, text, size);
	to[n + size] = '\n';
	return n + size + 1;
}

static int kmsg_open(struct file *file)
{
	struct kmsg *kmsg;

	if (file_is_readable(file) && !filemap_caller_is_privileged())
		return -EPERM;
	kmsg = kmalloc(sizeof(*kmsg), GFP_KERNEL);
	if (!kmsg)
		return -ENOMEM;
	mutex_init(&kmsg->lock);
	kmsg->cursor = printk_first();
	file->private = kmsg;
	return 0;
}

static void kmsg_release(struct file *file)
{
	kfree(file->private);
}

static bool is_more(const struct kmsg *kmsg)
{
	return kmsg->cursor.place != printk_last().place;
}

/* Return: the length of kmsg->line. */
static size_t format(struct kmsg *kmsg, const struct printk_record *record)
{
	char *to = kmsg->line;

	to += snprintf(to, sizeof(kmsg->line), "%u,%u,%llu,-;",
		       record->facility * 8 + record->level, record->number,
		       (unsigned long long)record->time_us);
	for (size_t i = 0; i < record->size; i++) {
		unsigned char c = kmsg->text[i];

		if (c < ' ' || c >= 127 || c == '\\')
			to += snprintf(to, 5, "\\x%02x", c);
		else
			*to++ = c;
	}
	*to++ = '\n';
	return to - kmsg->line;
}

static long kmsg_read(struct file *file, vaddr_t buf, size_t size)
{
	struct kmsg *kmsg = file->private;
	struct printk_record record;
	size_t length;
	int got;

	while (!is_more(kmsg)) {
		if (file->flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_interruptible_timeout(&readers, is_more(kmsg),
						     LOOK_NS) == -EINTR)
			return -EINTR;
	}
	mutex_lock(&kmsg->lock);
	got = printk_next(&kmsg->cursor, &record, kmsg->text);
	length = got == 1 ? format(kmsg, &record) : 0;
	if (got == 1 && length > size)
		got = -EINVAL;
	else if (got == 1 && copy_to_user(buf, kmsg->line, length))
		got = -EFAULT;
	mutex_unlock(&kmsg->lock);
	return got < 0 ? got : (long)length;
}

/* "<12>text": what is in front is taken off.  Return: the text. */
static const char *parse(const char *line, unsigned int *priority)
{
	unsigned int value = 0;
	const char *at = line;

	if (*at++ != '<')
		return line;
	while (*at >= '0' && *at <= '9')
		value = value * 10 + (*at++ - '0');
	if (*at != '>')
		return line;
	*priority = value >= 8 ? value : FACILITY_USER * 8 + value;
	return at + 1;
}

static long kmsg_write(struct file *file, vaddr_t buf, size_t size)
{
	unsigned int priority = FACILITY_USER * 8 + LEVEL_USUAL;
	const char *text;
	char *line;

	(void)file;
	if (size > LINE_MAX)
		return -EINVAL;
	line = kmalloc(size + 1, GFP_KERNEL);
	if (!line)
		return -ENOMEM;
	if (copy_from_writer(line, buf, size)) {
		kfree(line);
		return -EFAULT;
	}
	line[size] = '\0';
	text = parse(line, &priority);
	printk_user(priority / 8, priority % 8, text);
	kfree(line);
	wake_all(&readers);
	return size;
}

/* To the oldest or behind the last; SEEK_DATA: what was not cleared. */
static int kmsg_lseek(struct file *file, int64_t offset, int whence)
{
	struct kmsg *kmsg = file->private;

	if (offset)
		return -ESPIPE;
	if (whence != SEEK_SET && whence != SEEK_DATA && whence != SEEK_END)
		return -EINVAL;
	mutex_lock(&kmsg->lock);
	kmsg->cursor = whence == SEEK_END ? printk_last() : printk_first();
	mutex_unlock(&kmsg->lock);
	return 0;
}

static uint32_t kmsg_poll(struct file *file, struct wait_queue **queue)
{
	*queue = &readers;
	return is_more(file->private) ? POLLIN | POLLRDNORM : 0;
}

static const struct file_ops kmsg_ops = {
	.open = kmsg_open, .read = kmsg_read, .write = kmsg_write,
	.poll = kmsg_poll, .lseek = kmsg_lseek, .release = kmsg_release,
};

void dev_kmsg_init(void)
{
	static struct device kmsg = {
		.name = "kmsg", .mode = S_IFCHR | 0644, .rdev = DEV(1, 11),
		.ops = &kmsg_ops,
	};

	device_register(&kmsg);
}
