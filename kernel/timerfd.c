// SPDX-License-Identifier: MIT
/*
 * timerfd - a timer with a descriptor: a read tells how often it went off, and
 * waits until it has.
 *
 * It goes off in the timer interrupt.  One that repeats faster than the clock
 * ticks counts all that it has missed.
 *
 * Locking: timer->lock, interrupts off.
 */
#include "drivers/time.h"
#include "fs/file.h"
#include "kernel/anon_file.h"
#include "kernel/sys_time.h"
#include "kernel/syscall.h"
#include "lib/errno.h"
#include "mm/kmalloc.h"
#include "sched/timer.h"
#include "sched/wait.h"
#include "x86/spinlock.h"
#include "x86/uaccess.h"

#define TIMER_ABSTIME		1u
#define TIMER_CANCEL_ON_SET	2u	/* nobody sets the clock unnoticed */

struct fd_timer {
	struct spinlock lock;
	struct wait_queue gone_off;
	struct timer timer;
	struct timer_times times;	/* lock */
	uint64_t count;			/* lock; not read yet */
	bool is_realtime;		/* constant */
};

static void timer_goes_off(void *arg)
{
	struct fd_timer *timer = arg;
	uint32_t flags = spin_lock_irqsave(&timer->lock);

	timer->count += timer_times_pass(&timer->times, timer_now());
	if (timer->times.next)
		timer_add(&timer->timer, timer->times.next);
	spin_unlock_irqrestore(&timer->lock, flags);
	wake_all(&timer->gone_off);
}

/* Return: had it gone off? */
static bool timer_take(struct fd_timer *timer, uint64_t *count)
{
	uint32_t flags = spin_lock_irqsave(&timer->lock);

	*count = timer->count;
	timer->count = 0;
	spin_unlock_irqrestore(&timer->lock, flags);
	return *count;
}

static long timer_read(struct file *file, vaddr_t buf, size_t size)
{
	struct fd_timer *timer = file->private;
	uint64_t count;

	if (size < sizeof(count))
		return -EINVAL;
	if (!timer_take(timer, &count)) {
		if (file->flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_interruptible(&timer->gone_off,
					     timer_take(timer, &count)))
			return -EINTR;
	}
	return copy_to_user(buf, &count, sizeof(count)) ? -EFAULT :
		(long)sizeof(count);
}

static uint32_t timer_poll(struct file *file, struct wait_queue **queue)
{
	struct fd_timer *timer = file->private;

	*queue = &timer->gone_off;
	return timer->count ? POLLIN : 0;
}

static void timer_release(struct file *file)
{
	struct fd_timer *timer = file->private;

	timer_cancel(&timer->timer);
	kfree(timer);
}

static const struct file_ops timer_ops = {
	.read = timer_read, .poll = timer_poll, .release = timer_release,
};

/* timerfd_create(clock, flags) */
long sys_timerfd_create(struct trap_frame *frame)
{
	uint32_t clock = frame->ebx;
	struct fd_timer *timer;
	long fd;

	if (frame->ecx & ~(O_NONBLOCK | O_CLOEXEC) || !sys_time_is_date(clock))
		return -EINVAL;
	timer = kzalloc(sizeof(*timer), GFP_KERNEL);
	if (!timer)
		return -ENOMEM;
	spin_init(&timer->lock);
	wait_queue_init(&timer->gone_off);
	timer_init(&timer->timer, timer_goes_off, timer);
	timer->is_realtime = sys_time_is_realtime(clock);
	fd = anon_file_open("anon_inode:[timerfd]", &timer_ops, timer,
			    frame->ecx);
	if (fd < 0)
		kfree(timer);
	return fd;
}

/* What it was; @new, if it is not NULL, is what it is to be. */
static struct timer_times change(struct fd_timer *timer,
				 const struct timer_times *new)
{
	uint32_t flags = spin_lock_irqsave(&timer->lock);
	struct timer_times old = timer->times;

	if (new) {
		timer_cancel(&timer->timer);
		timer->times = *new;
		timer->count = 0;
		if (new->next)
			timer_add(&timer->timer, new->next);
	}
	spin_unlock_irqrestore(&timer->lock, flags);
	return old;
}

/* timerfd_settime(fd, flags, new, old) */
static long set_time(struct trap_frame *frame, bool wide)
{
	struct timer_times new, old;
	struct fd_timer *timer;
	struct file *file;
	long err;

	if (frame->ecx & ~(TIMER_ABSTIME | TIMER_CANCEL_ON_SET))
		return -EINVAL;
	err = sys_time_get_times(&new, frame->edx, wide);
	if (err)
		return err;
	file = anon_file_find(frame->ebx, &timer_ops, &err);
	if (!file)
		return err;
	timer = file->private;
	timer_times_start(&new, frame->ecx & TIMER_ABSTIME,
			  timer->is_realtime);
	old = change(timer, &new);
	file_put(file);
	return frame->esi ? sys_time_put_times(frame->esi, &old, wide) : 0;
}

/* timerfd_gettime(fd, now) */
static long get_time(struct trap_frame *frame, bool wide)
{
	struct timer_times times;
	struct file *file;
	long err;

	file = anon_file_find(frame->ebx, &timer_ops, &err);
	if (!file)
		return err;
	times = change(file->private, NULL);
	file_put(file);
	return sys_time_put_times(frame->ecx, &times, wide);
}

long sys_timerfd_settime(struct trap_frame *frame)
{
	return set_time(frame, false);
}

long sys_timerfd_gettime(struct trap_frame *frame)
{
	return get_time(frame, false);
}

long sys_timerfd_settime64(struct trap_frame *frame)
{
	return set_time(frame, true);
}

long sys_timerfd_gettime64(struct trap_frame *frame)
{
	return get_time(frame, true);
}
