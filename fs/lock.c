// SPDX-License-Identifier: MIT
/*
 * lock - who has asked for which bytes of a file to be his.
 *
 *	inode->locks	[ 0, 99] read,  files A
 *			[50, 60] read,  files B
 *			[70,max] write, files B
 *
 * These locks bind only those who ask for one.  A new range of an owner's
 * replaces what he had there: ranges are cut, split, and joined with neighbours
 * of the same type, so that
 *   L1  two locks of one owner and kind never overlap
 *
 * All locks of a process on a file go when it closes any descriptor of it: the
 * owner is its table of descriptors.  flock() and the "open file" kind go with
 * the last descriptor of the open file that they were set through.
 *
 * Waiting is rare: there is one line for all, and each change wakes everybody
 * in it.  Two processes that wait for one another would do so for ever; so who
 * is about to wait looks whether the chain of who waits for whom ends at him.
 *
 * Locking: locks_lock, for all lists of all inodes.
 */
#include "fs/lock.h"

#include "fs/inode.h"
#include "lib/errno.h"
#include "lib/list.h"
#include "lib/util.h"
#include "mm/kmalloc.h"
#include "sched/mutex.h"
#include "sched/wait.h"

struct file_lock {
	struct list link;		/* in inode->locks */
	struct lock_range range;
};

/* Who waits, and for whom. */
struct lock_wait {
	struct list link;
	const void *owner, *blocker;
};

static struct mutex locks_lock = MUTEX_INIT(locks_lock);
static struct list waits = LIST_INIT(waits);
static struct wait_queue changed = WAIT_QUEUE_INIT(changed);
static uint32_t nr_changes;

static void note_change(void)
{
	WRITE_ONCE(nr_changes, nr_changes + 1);
	wake_all(&changed);
}

static bool is_same_owner(const struct lock_range *a,
			  const struct lock_range *b)
{
	return a->owner == b->owner && a->kind == b->kind;
}

static bool overlap(const struct lock_range *a, const struct lock_range *b)
{
	return a->start <= b->end && b->start <= a->end;
}

static bool conflict(const struct lock_range *a, const struct lock_range *b)
{
	return overlap(a, b) && !is_same_owner(a, b) &&
	       (a->type == F_WRLCK || b->type == F_WRLCK) &&
	       (a->kind == LOCK_FLOCK) == (b->kind == LOCK_FLOCK);
}

/* The first that is in the way of @want; or NULL. */
static const struct lock_range *find_blocker(struct inode *inode,
					     const struct lock_range *want)
{
	const struct file_lock *lock;

	list_for_each_entry(lock, &inode->locks, link)
		if (conflict(&lock->range, want))
			return &lock->range;
	return NULL;
}

/* Does @blocker wait, over however many others, for @owner? */
static bool would_deadlock(const void *owner, const void *blocker)
{
	const struct lock_wait *wait;
	bool found;

	do {
		found = false;
		list_for_each_entry(wait, &waits, link)
			if (wait->owner == blocker) {
				blocker = wait->blocker;
				found = true;
				break;
			}
	} while (found && blocker != owner);
	return blocker == owner;
}

static bool touches(const struct lock_range *a, const struct lock_range *b)
{
	return (a->end != INT64_MAX && a->end + 1 == b->start) ||
	       (b->end != INT64_MAX && b->end + 1 == a->start);
}

static void lock_remove(struct file_lock *lock)
{
	list_remove(&lock->link);
	kfree(lock);
}

/*
 * Let the owner's @lock make room for @new, which takes it over if it is of
 * the same type.  @spare becomes what is behind, if it is cut in two.
 */
static void make_room(struct file_lock *lock, struct lock_range *new,
		      struct file_lock **spare)
{
	struct lock_range *old = &lock->range;

	if (old->type == new->type) {
		if (!overlap(old, new) && !touches(old, new))
			return;
		new->start = min(new->start, old->start);
		new->end = max(new->end, old->end);
		lock_remove(lock);
		return;
	}
	if (!overlap(old, new))
		return;
	if (old->start < new->start && old->end > new->end) {
		(*spare)->range = *old;
		(*spare)->range.start = new->end + 1;
		list_add(&lock->link, &(*spare)->link);
		*spare = NULL;
	}
	if (old->start < new->start)
		old->end = new->start - 1;
	else if (old->end > new->end)
		old->start = new->end + 1;
	else
		lock_remove(lock);
}

/* Before the owner's first lock behind @new, so that his are in order. */
static struct list *place_for(struct inode *inode,
			      const struct lock_range *new)
{
	struct file_lock *lock;

	list_for_each_entry(lock, &inode->locks, link)
		if (is_same_owner(&lock->range, new) &&
		    lock->range.start > new->start)
			return &lock->link;
	return &inode->locks;
}

/* Nobody is in the way.  Takes what it needs of the two @spare. */
static void apply(struct inode *inode, struct lock_range new,
		  struct file_lock *spare[2])
{
	struct file_lock *lock, *next;

	list_for_each_entry_safe(lock, next, &inode->locks, link)
		if (is_same_owner(&lock->range, &new))
			make_room(lock, &new, &spare[0]);
	if (new.type != F_UNLCK) {
		spare[1]->range = new;
		list_add_tail(place_for(inode, &new), &spare[1]->link);
		spare[1] = NULL;
	}
	note_change();
}

/* Sleep until something changes; locks_lock is dropped meanwhile. */
static int wait_for(const struct lock_range *want, const void *blocker)
{
	struct lock_wait wait = { .owner = want->owner, .blocker = blocker };
	uint32_t seen = nr_changes;
	int err;

	if (want->kind == LOCK_PROCESS && would_deadlock(want->owner, blocker))
		return -EDEADLK;
	if (want->kind != LOCK_FLOCK)
		list_add(&waits, &wait.link);
	mutex_unlock(&locks_lock);
	err = wait_event_interruptible(&changed,
				       READ_ONCE(nr_changes) != seen);
	mutex_lock(&locks_lock);
	if (want->kind != LOCK_FLOCK)
		list_remove(&wait.link);
	return err;
}

static int set_locked(struct inode *inode, const struct lock_range *want,
		      bool waits_, struct file_lock *spare[2])
{
	const struct lock_range *blocker;
	struct lock_range none = *want;
	int err = 0;

	/* flock() gives up what it had before it looks for more. */
	none.type = F_UNLCK;
	if (want->kind == LOCK_FLOCK)
		apply(inode, none, spare);
	while (!err && want->type != F_UNLCK &&
	       (blocker = find_blocker(inode, want)))
		err = waits_ ? wait_for(want, blocker->owner) : -EAGAIN;
	if (!err)
		apply(inode, *want, spare);
	return err;
}

int lock_set(struct inode *inode, const struct lock_range *want, bool waits_)
{
	struct file_lock *spare[2];
	int err = -ENOMEM;

	spare[0] = kmalloc(sizeof(*spare[0]), GFP_KERNEL);
	spare[1] = kmalloc(sizeof(*spare[1]), GFP_KERNEL);
	if (spare[0] && spare[1]) {
		mutex_lock(&locks_lock);
		err = set_locked(inode, want, waits_, spare);
		mutex_unlock(&locks_lock);
	}
	kfree(spare[0]);
	kfree(spare[1]);
	return err;
}

void lock_get(struct inode *inode, struct lock_range *want)
{
	const struct lock_range *blocker;

	mutex_lock(&locks_lock);
	blocker = find_blocker(inode, want);
	if (blocker)
		*want = *blocker;
	else
		want->type = F_UNLCK;
	mutex_unlock(&locks_lock);
}

void lock_release(struct inode *inode, const void *owner)
{
	struct file_lock *lock, *next;

	if (likely(list_is_empty(&inode->locks)))
		return;
	mutex_lock(&locks_lock);
	list_for_each_entry_safe(lock, next, &inode->locks, link)
		if (lock->range.owner == owner)
			lock_remove(lock);
	note_change();
	mutex_unlock(&locks_lock);
}
