// SPDX-License-Identifier: MIT
/*
 * epoll - a set of files that is kept between the waits for any of them.
 *
 *	file A's queue --- item ---\
 *	file B's queue --- item ---- epoll: items, and those that may be ready
 *	file C's queue --- item ---/
 *
 * An item stands in its file's queue and is told of each wake: it joins the
 * line of those that may be ready, and wakes who waits for the set.  He asks
 * each file in that line what there is.  What he is told of stays in line, to
 * be asked again, unless only changes are wanted (EPOLLET) or only one report
 * (EPOLLONESHOT).  So a wait costs what is ready, not what is watched.
 *
 * An item has no reference to its file; it goes when the file does.  Sets may
 * be in sets, but not in a circle, and not deeper than Linux allows.
 *
 * Locking: epoll_mutex for all that makes, asks and ends items; set->lock,
 * interrupts off, for the line, which a file's queue's lock is held around.
 */
#include "drivers/time.h"
#include "fs/file.h"
#include "kernel/anon_file.h"
#include "kernel/sys_time.h"
#include "kernel/syscall.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "lib/util.h"
#include "mm/kmalloc.h"
#include "sched/timer.h"
#include "sched/wait.h"
#include "x86/spinlock.h"
#include "x86/uaccess.h"

#define EPOLL_CTL_ADD	1
#define EPOLL_CTL_DEL	2
#define EPOLL_CTL_MOD	3

#define EPOLLEXCLUSIVE	(1u << 28)
#define EPOLLWAKEUP	(1u << 29)
#define EPOLLONESHOT	(1u << 30)
#define EPOLLET		(1u << 31)
#define EPOLL_PRIVATE	(EPOLLEXCLUSIVE | EPOLLWAKEUP | EPOLLONESHOT | EPOLLET)
#define EXCLUSIVE_MAY	(POLLIN | POLLOUT | POLLERR | POLLHUP | EPOLLWAKEUP | \
			 EPOLLET | EPOLLEXCLUSIVE)

#define EVENTS_MOST	(INT32_MAX / (int)sizeof(struct epoll_event))
#define SOME		16		/* events that are told at a time */
#define ITEMS_MOST	100000
#define DEPTH_MOST	4		/* sets below a set */
#define NEVER		UINT64_MAX

struct epoll_event {
	uint32_t events;
	uint64_t data;
} __attribute__((packed));

/* Guarded by:	(m) epoll_mutex  (l) lock */
struct epoll {
	struct spinlock lock;
	struct wait_queue waiters;	/* for the line not to be empty */
	struct list items;		/* (m) */
	struct list line;		/* (l) of items that may be ready */
};

struct item {
	struct list link;		/* (m) in epoll->items */
	struct list of_file;		/* (m) in file->watches */
	struct list line;		/* (l) in epoll->line */
	bool is_in_line;		/* (l) */
	struct epoll *epoll;
	struct file *file;
	int fd;
	struct epoll_event event;	/* (m) */
	struct waiter waiter;
	struct wait_queue *queue;	/* NULL: it never changes */
};

static uint32_t nr_items;		/* (m) in all sets */
static struct mutex epoll_mutex = MUTEX_INIT(epoll_mutex);
static const struct file_ops epoll_ops;

/* ------------------------------------------------------------- the line */

static void join_line(struct item *item)
{
	struct epoll *epoll = item->epoll;
	uint32_t flags = spin_lock_irqsave(&epoll->lock);

	if (!item->is_in_line && item->event.events & ~EPOLL_PRIVATE) {
		item->is_in_line = true;
		list_add_tail(&epoll->line, &item->line);
	}
	spin_unlock_irqrestore(&epoll->lock, flags);
}

static void leave_line(struct item *item)
{
	uint32_t flags = spin_lock_irqsave(&item->epoll->lock);

	if (item->is_in_line)
		list_remove(&item->line);
	item->is_in_line = false;
	spin_unlock_irqrestore(&item->epoll->lock, flags);
}

static void item_notify(struct waiter *waiter)
{
	struct item *item = container_of(waiter, struct item, waiter);

	join_line(item);
	wake_all(&item->epoll->waiters);
}

/* What @item's file has of what is asked for. */
static uint32_t item_ask(struct item *item)
{
	return item->file->ops->poll(item->file, &item->queue) &
		(item->event.events & ~EPOLL_PRIVATE);
}

/* ------------------------------------------------------------- the items */

static struct item *item_find(struct epoll *epoll, struct file *file, int fd)
{
	struct item *item;

	list_for_each_entry(item, &epoll->items, link)
		if (item->file == file && item->fd == fd)
			return item;
	return NULL;
}

/* How deep do sets go below @epoll?  @from must not be there: too deep. */
static int depth_below(struct epoll *epoll, struct epoll *from, int depth)
{
	struct item *item;
	int most = depth;

	if (epoll == from || depth > DEPTH_MOST)
		return DEPTH_MOST + 1;
	list_for_each_entry(item, &epoll->items, link)
		if (item->file->ops == &epoll_ops)
			most = max(most, depth_below(item->file->private, from,
						     depth + 1));
	return most;
}

static void item_set(struct item *item, const struct epoll_event *event)
{
	item->event = *event;
	if (item_ask(item))
		item_notify(&item->waiter);
}

static long item_add(struct epoll *epoll, struct file *file, int fd,
		     const struct epoll_event *event)
{
	struct item *item;

	if (file->ops == &epoll_ops &&
	    depth_below(file->private, epoll, 1) > DEPTH_MOST)
		return -ELOOP;
	if (nr_items == ITEMS_MOST)
		return -ENOSPC;
	item = kzalloc(sizeof(*item), GFP_KERNEL);
	if (!item)
		return -ENOMEM;
	nr_items++;
	item->epoll = epoll;
	item->file = file;
	item->fd = fd;
	item->waiter.notify = item_notify;
	list_add_tail(&epoll->items, &item->link);
	list_add_tail(&file->watches, &item->of_file);
	file->ops->poll(file, &item->queue);
	if (item->queue)
		wait_watch(item->queue, &item->waiter);
	item_set(item, event);
	return 0;
}

static void item_remove(struct item *item)
{
	if (item->queue)
		wait_unwatch(item->queue, &item->waiter);
	leave_line(item);
	list_remove(&item->link);
	list_remove(&item->of_file);
	kfree(item);
	nr_items--;
}

/* The last descriptor of @file is closed. */
static void epoll_forget(struct file *file)
{
	mutex_lock(&epoll_mutex);
	while (!list_is_empty(&file->watches))
		item_remove(list_first_entry(&file->watches, struct item,
					     of_file));
	mutex_unlock(&epoll_mutex);
}

/* -------------------------------------------------------------- the file */

/* Is there one in line that is ready indeed?  The others need not be. */
static uint32_t epoll_poll(struct file *file, struct wait_queue **queue)
{
	struct epoll *epoll = file->private;
	uint32_t flags, found = 0;
	struct item *item;

	*queue = &epoll->waiters;
	flags = spin_lock_irqsave(&epoll->lock);
	list_for_each_entry(item, &epoll->line, line)
		if (item_ask(item)) {
			found = POLLIN | POLLRDNORM;
			break;
		}
	spin_unlock_irqrestore(&epoll->lock, flags);
	return found;
}

static void epoll_release(struct file *file)
{
	struct epoll *epoll = file->private;

	mutex_lock(&epoll_mutex);
	while (!list_is_empty(&epoll->items))
		item_remove(list_first_entry(&epoll->items, struct item, link));
	mutex_unlock(&epoll_mutex);
	kfree(epoll);
}

static const struct file_ops epoll_ops = {
	.poll = epoll_poll, .release = epoll_release,
};

static long create(uint32_t flags)
{
	struct epoll *epoll;
	long fd;

	if (flags & ~O_CLOEXEC)
		return -EINVAL;
	epoll = kzalloc(sizeof(*epoll), GFP_KERNEL);
	if (!epoll)
		return -ENOMEM;
	spin_init(&epoll->lock);
	wait_queue_init(&epoll->waiters);
	list_init(&epoll->items);
	list_init(&epoll->line);
	fd = anon_file_open("anon_inode:[eventpoll]", &epoll_ops, epoll, flags);
	if (fd < 0)
		kfree(epoll);
	else
		file_set_forget(epoll_forget);
	return fd;
}

/* epoll_create(size) */
long sys_epoll_create(struct trap_frame *frame)
{
	return (int)frame->ebx <= 0 ? -EINVAL : create(0);
}

long sys_epoll_create1(struct trap_frame *frame)
{
	return create(frame->ebx);
}

static long change(struct epoll *epoll, int op, struct file *file, int fd,
		   const struct epoll_event *event)
{
	struct item *item = item_find(epoll, file, fd);

	switch (op) {
	case EPOLL_CTL_ADD:
		return item ? -EEXIST : item_add(epoll, file, fd, event);
	case EPOLL_CTL_DEL:
		if (!item)
			return -ENOENT;
		item_remove(item);
		return 0;
	case EPOLL_CTL_MOD:
		if (!item)
			return -ENOENT;
		if (item->event.events & EPOLLEXCLUSIVE)
			return -EINVAL;
		item_set(item, event);
		return 0;
	default:
		return -EINVAL;
	}
}

static long control(struct file *set, int op, int fd,
		    struct epoll_event *event)
{
	struct file *file = files_find(current_task()->files, fd);
	long err;

	if (!file)
		return -EBADF;
	if (!file->ops->poll)
		err = -EPERM;
	else if (file == set || set->ops != &epoll_ops)
		err = -EINVAL;
	else if (op != EPOLL_CTL_DEL && event->events & EPOLLEXCLUSIVE &&
		 (op == EPOLL_CTL_MOD || file->ops == &epoll_ops ||
		  event->events & ~EXCLUSIVE_MAY))
		err = -EINVAL;
	else {
		event->events |= POLLERR | POLLHUP;
		mutex_lock(&epoll_mutex);
		err = change(set->private, op, file, fd, event);
		mutex_unlock(&epoll_mutex);
	}
	file_put(file);
	return err;
}

/* epoll_ctl(set, op, fd, event) */
long sys_epoll_ctl(struct trap_frame *frame)
{
	struct epoll_event event = { 0, 0 };
	struct file *set;
	long err;

	if (frame->ecx != EPOLL_CTL_DEL &&
	    copy_from_user(&event, frame->esi, sizeof(event)))
		return -EFAULT;
	set = files_find(current_task()->files, frame->ebx);
	if (!set)
		return -EBADF;
	err = control(set, frame->ecx, frame->edx, &event);
	file_put(set);
	return err;
}

/* -------------------------------------------------------------- the wait */

/* Is @item ready?  Then tell of it, and let it be asked again, or not. */
static bool report(struct item *item, struct epoll_event *event)
{
	leave_line(item);		/* a change from here on is new */
	event->events = item_ask(item);
	event->data = item->event.data;
	if (!event->events)
		return false;
	if (item->event.events & EPOLLONESHOT)
		item->event.events &= EPOLL_PRIVATE;
	else if (!(item->event.events & EPOLLET))
		join_line(item);
	return true;
}

/* The first in line, which only who has epoll_mutex takes out; or NULL. */
static struct item *first_in_line(struct epoll *epoll)
{
	uint32_t flags = spin_lock_irqsave(&epoll->lock);
	struct item *item = list_is_empty(&epoll->line) ? NULL :
		list_first_entry(&epoll->line, struct item, line);

	spin_unlock_irqrestore(&epoll->lock, flags);
	return item;
}

/* Ask the first *@nr in line, which are then fewer, for up to @most. */
static int harvest_some(struct epoll *epoll, struct epoll_event *event,
			int most, uint32_t *nr)
{
	struct item *item;
	int found = 0;

	mutex_lock(&epoll_mutex);
	while (*nr && found < most && (item = first_in_line(epoll))) {
		found += report(item, &event[found]);
		(*nr)--;
	}
	mutex_unlock(&epoll_mutex);
	return found;
}

static uint32_t line_length(struct epoll *epoll)
{
	uint32_t flags = spin_lock_irqsave(&epoll->lock), nr = 0;
	struct item *item;

	list_for_each_entry(item, &epoll->line, line)
		nr++;
	spin_unlock_irqrestore(&epoll->lock, flags);
	return nr;
}

/* Ask all who are in line now.  User memory is written without the mutex. */
static long harvest(struct epoll *epoll, vaddr_t to, int most)
{
	struct epoll_event some[SOME];
	uint32_t nr = line_length(epoll);
	int found = 0, n;

	do {
		n = harvest_some(epoll, some, min(most - found, SOME), &nr);
		if (copy_to_user(to + found * sizeof(*some), some,
				 n * sizeof(*some)))
			return found ? found : -EFAULT;
		found += n;
	} while (n == SOME && found < most);
	return found;
}

static long wait_until(struct epoll *epoll, vaddr_t to, int most, uint64_t end)
{
	uint64_t now;
	long found;
	int err = 0;

	for (;;) {
		found = harvest(epoll, to, most);
		now = timer_now();
		if (found || err == -ETIMEDOUT || end <= now)
			return found;
		if (err)
			return signal_cut(-err);
		if (end == NEVER)
			err = wait_event_interruptible(&epoll->waiters,
					!list_is_empty(&epoll->line));
		else
			err = wait_event_interruptible_timeout(&epoll->waiters,
					!list_is_empty(&epoll->line),
					end - now);
	}
}

static long wait(struct trap_frame *frame, uint64_t end)
{
	int most = frame->edx;
	struct file *file;
	long result;

	if (most <= 0 || most > EVENTS_MOST)
		return -EINVAL;
	if (!user_range_ok(frame->ecx, most * sizeof(struct epoll_event)))
		return -EFAULT;
	file = anon_file_find(frame->ebx, &epoll_ops, &result);
	if (!file)
		return result;
	result = wait_until(file->private, frame->ecx, most, end);
	file_put(file);
	return result;
}

static uint64_t end_of_ms(int ms)
{
	return ms < 0 ? NEVER : ms ? timer_after(ms * 1000000ull) : 0;
}

/* epoll_wait(set, events, most, ms) */
long sys_epoll_wait(struct trap_frame *frame)
{
	return wait(frame, end_of_ms(frame->esi));
}

/* The same under another mask, by which signals are delivered. */
static long pwait(struct trap_frame *frame, uint64_t end, vaddr_t from,
		  uint32_t size)
{
	struct signals *signals = &current_task()->signals;
	uint64_t mask, saved = signals->blocked;
	long result;

	if (!from)
		return wait(frame, end);
	if (size != sizeof(mask))
		return -EINVAL;
	if (copy_from_user(&mask, from, sizeof(mask)))
		return -EFAULT;
	signal_set_blocked(mask);
	result = wait(frame, end);
	if (result == -EINTR) {
		signals->saved_mask = saved;
		signals->restore_mask = true;
	} else {
		signal_set_blocked(saved);
	}
	return result;
}

/* epoll_pwait(set, events, most, ms, mask, size) */
long sys_epoll_pwait(struct trap_frame *frame)
{
	return pwait(frame, end_of_ms(frame->esi), frame->edi, frame->ebp);
}

/* epoll_pwait2(set, events, most, time, mask, size) */
long sys_epoll_pwait2(struct trap_frame *frame)
{
	uint64_t ns, end = NEVER;
	long err;

	if (frame->esi) {
		err = sys_time_get(&ns, frame->esi, true);
		if (err)
			return err;
		end = ns ? timer_after(ns) : 0;
	}
	return pwait(frame, end, frame->edi, frame->ebp);
}
