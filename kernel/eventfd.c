// SPDX-License-Identifier: MIT
/*
 * eventfd - a counter with a descriptor.  A write adds to it, a read takes all
 * of it, or 1 of a semaphore; poll() tells when either need not wait.
 *
 * Locking: the counter changes with interrupts off, by those who found that it
 * may; the queue has all who wait for it to change.
 */
#include "fs/file.h"
#include "kernel/anon_file.h"
#include "kernel/syscall.h"
#include "lib/errno.h"
#include "mm/kmalloc.h"
#include "sched/wait.h"
#include "x86/spinlock.h"
#include "x86/uaccess.h"

#define EFD_SEMAPHORE	1u
#define COUNT_MOST	(~0ull - 1)

struct event {
	struct spinlock lock;
	struct wait_queue changed;
	uint64_t count;			/* lock */
	bool is_semaphore;		/* constant */
};

/* Return: was there something to take? */
static bool event_take(struct event *event, uint64_t *value)
{
	bool may;

	spin_lock(&event->lock);
	*value = event->is_semaphore && event->count ? 1 : event->count;
	may = *value;
	event->count -= *value;
	spin_unlock(&event->lock);
	return may;
}

/* Return: was there room? */
static bool event_add(struct event *event, uint64_t value)
{
	bool may;

	spin_lock(&event->lock);
	may = value <= COUNT_MOST - event->count;
	if (may)
		event->count += value;
	spin_unlock(&event->lock);
	return may;
}

static long event_read(struct file *file, vaddr_t buf, size_t size)
{
	struct event *event = file->private;
	uint64_t value;

	if (size < sizeof(value))
		return -EINVAL;
	if (!event_take(event, &value)) {
		if (file->flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_interruptible(&event->changed,
					     event_take(event, &value)))
			return -EINTR;
	}
	wake_all(&event->changed);
	return copy_to_user(buf, &value, sizeof(value)) ? -EFAULT :
		(long)sizeof(value);
}

static long event_write(struct file *file, vaddr_t buf, size_t size)
{
	struct event *event = file->private;
	uint64_t value;

	if (size < sizeof(value))
		return -EINVAL;
	if (copy_from_user(&value, buf, sizeof(value)))
		return -EFAULT;
	if (value == ~0ull)
		return -EINVAL;
	if (!event_add(event, value)) {
		if (file->flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_interruptible(&event->changed,
					     event_add(event, value)))
			return -EINTR;
	}
	wake_all(&event->changed);
	return sizeof(value);
}

static uint32_t event_poll(struct file *file, struct wait_queue **queue)
{
	struct event *event = file->private;
	uint64_t count;

	*queue = &event->changed;
	spin_lock(&event->lock);
	count = event->count;
	spin_unlock(&event->lock);
	return (count ? POLLIN : 0) | (count < COUNT_MOST ? POLLOUT : 0);
}

static void event_release(struct file *file)
{
	kfree(file->private);
}

static const struct file_ops event_ops = {
	.read = event_read, .write = event_write, .poll = event_poll,
	.release = event_release,
};

static long make_event(uint32_t count, uint32_t flags)
{
	struct event *event;
	long fd;

	if (flags & ~(EFD_SEMAPHORE | O_NONBLOCK | O_CLOEXEC))
		return -EINVAL;
	event = kzalloc(sizeof(*event), GFP_KERNEL);
	if (!event)
		return -ENOMEM;
	spin_init(&event->lock);
	wait_queue_init(&event->changed);
	event->count = count;
	event->is_semaphore = flags & EFD_SEMAPHORE;
	fd = anon_file_open("anon_inode:[eventfd]", &event_ops, event, flags);
	if (fd < 0)
		kfree(event);
	return fd;
}

long sys_eventfd(struct trap_frame *frame)
{
	return make_event(frame->ebx, 0);
}

long sys_eventfd2(struct trap_frame *frame)
{
	return make_event(frame->ebx, frame->ecx);
}
