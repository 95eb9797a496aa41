// SPDX-License-Identifier: MIT
/*
 * futex - sleep while a word of user memory has a certain value.
 *
 * A lock in user space is a word.  Who finds it taken asks the kernel to let
 * him sleep as long as it reads so; who gives it back wakes him.  The kernel
 * keeps no trace of a futex but those who sleep, in a hash table, each in
 * line with a key that says which word he means:
 *
 *	private				the address space, the address
 *	in private memory		the same; but the two are strangers
 *	in shared memory		the mapping, the byte in it
 *
 * That nobody is missed rests on order.  A sleeper looks at the word and gets
 * in line under one lock, which a waker takes too, after it changed the word:
 *
 *	futex_lock { *addr == value? in line }  |  *addr = other
 *	sleep					|  futex_lock { out of line, wake }
 *
 * The look must not fault there, so a page that is missing is brought in
 * without the lock, and then all is tried again.
 *
 * Locking: futex_lock.  Out of line means that the waker is done with it.
 */
#include "kernel/futex.h"

#include "drivers/time.h"
#include "fs/cred.h"
#include "kernel/sys_time.h"
#include "kernel/syscall.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "mm/fault.h"
#include "mm/mapping.h"
#include "mm/mm.h"
#include "sched/sched.h"
#include "sched/timer.h"
#include "x86/spinlock.h"
#include "x86/uaccess.h"

#define FUTEX_WAIT		0
#define FUTEX_WAKE		1
#define FUTEX_REQUEUE		3
#define FUTEX_CMP_REQUEUE	4
#define FUTEX_WAKE_OP		5
#define FUTEX_WAIT_BITSET	9
#define FUTEX_WAKE_BITSET	10
#define FUTEX_PRIVATE		0x80u
#define FUTEX_REALTIME		0x100u

#define FUTEX_ALL		0xffffffffu
#define FUTEX_WAITERS		0x80000000u
#define FUTEX_OWNER_DIED	0x40000000u
#define FUTEX_TID		0x3fffffffu

#define FUTEX_SHIFT		5
#define ROBUST_MOST		2048	/* or the list is a ring of its own */

enum key_kind { KEY_PRIVATE, KEY_ANONYMOUS, KEY_MAPPING };

struct futex_key {
	const void *owner;		/* a struct mm, or a struct mapping */
	uint32_t place;			/* the address, or the page's index */
	uint32_t kind;			/* KEY_*, | byte in the page << 2 */
};

/* On the stack of who sleeps.  Guarded by futex_lock. */
struct futex_waiter {
	struct list link;
	struct futex_key key;
	uint32_t bitset;
	struct thread *thread;
	bool is_queued;
};

static struct spinlock futex_lock = SPINLOCK_INIT;
static struct list buckets[1 << FUTEX_SHIFT];	/* next NULL: never used */

static struct list *bucket_of(const struct futex_key *key)
{
	uint32_t hash = ((uint32_t)key->owner + key->place * 5 + key->kind) *
		0x9e3779b1u;
	struct list *bucket = &buckets[hash >> (32 - FUTEX_SHIFT)];

	assert(spin_held(&futex_lock));
	if (!bucket->next)
		list_init(bucket);
	return bucket;
}

static bool key_is(const struct futex_key *a, const struct futex_key *b)
{
	return a->owner == b->owner && a->place == b->place &&
	       a->kind == b->kind;
}

/* The word at @addr, in the current address space. */
static int key_get(struct futex_key *key, vaddr_t addr, bool is_private)
{
	struct mm *mm = current_task()->mm;
	const struct vma *vma;
	int err = 0;

	if (addr % 4)
		return -EINVAL;
	if (!user_range_ok(addr, 4))
		return -EFAULT;
	*key = (struct futex_key){ mm, addr, KEY_PRIVATE };
	if (is_private)
		return 0;
	key->kind = KEY_ANONYMOUS;
	mutex_lock(&mm->lock);
	vma = vma_find(&mm->vmas, addr);
	if (!vma || vma->start > addr || !(vma->flags & VM_ACCESS)) {
		err = -EFAULT;
	} else if (vma->flags & VM_SHARED ||
		   (vma->file && !(vma->flags & VM_WRITE))) {
		key->owner = vma->file->mapping;
		key->place = vma->pgoff + ((addr - vma->start) >> PAGE_SHIFT);
		key->kind = KEY_MAPPING | addr % PAGE_SIZE << 2;
	} else if (!(vma->flags & VM_WRITE)) {
		err = -EFAULT;		/* it is nobody's yet, and stays so */
	}
	mutex_unlock(&mm->lock);
	return err;
}

/* ------------------------------------------------------------------- wake */

static void waiter_wake(struct futex_waiter *waiter)
{
	list_remove(&waiter->link);
	thread_wake(waiter->thread);
	WRITE_ONCE(waiter->is_queued, false);
}

/* At least one, as Linux; Return: how many were woken. */
static int wake_locked(const struct futex_key *key, int most, uint32_t bitset)
{
	struct list *bucket = bucket_of(key);
	struct futex_waiter *waiter, *spare;
	int count = 0;

	list_for_each_entry_safe(waiter, spare, bucket, link) {
		if (!key_is(&waiter->key, key) || !(waiter->bitset & bitset))
			continue;
		waiter_wake(waiter);
		if (++count >= most)
			break;
	}
	return count;
}

static long futex_wake(vaddr_t addr, bool is_private, int most, uint32_t bitset)
{
	struct futex_key key;
	long result;

	if (!bitset)
		return -EINVAL;
	result = key_get(&key, addr, is_private);
	if (result)
		return result;
	spin_lock(&futex_lock);
	result = wake_locked(&key, most, bitset);
	spin_unlock(&futex_lock);
	return result;
}

void futex_wake_word(vaddr_t addr)
{
	futex_wake(addr, false, 1, FUTEX_ALL);
}

/* Wake @wake of those at @from, and let @move others wait at @to instead. */
static int requeue_locked(const struct futex_key *from,
			  const struct futex_key *to, int wake, int move)
{
	struct list *bucket = bucket_of(from), *target = bucket_of(to);
	struct futex_waiter *waiter, *spare;
	int count = 0;

	list_for_each_entry_safe(waiter, spare, bucket, link) {
		if (count - wake >= move)
			break;
		if (!key_is(&waiter->key, from))
			continue;
		if (++count <= wake) {
			waiter_wake(waiter);
			continue;
		}
		waiter->key = *to;
		if (bucket != target) {
			list_remove(&waiter->link);
			list_add_tail(target, &waiter->link);
		}
	}
	return count;
}

/* The word at @addr; -EAGAIN: the page had to be brought in without the lock. */
static int look_locked(uint32_t *value, vaddr_t addr)
{
	int err;

	if (!get_user_u32(value, addr))
		return 0;
	spin_unlock(&futex_lock);
	err = get_user_u32(value, addr);
	spin_lock(&futex_lock);
	return err ? err : -EAGAIN;
}

/* futex(FUTEX_REQUEUE...); @expected: NULL: whatever the word is */
static long futex_requeue(vaddr_t addr, vaddr_t addr2, bool is_private,
			  int wake, int move, const uint32_t *expected)
{
	struct futex_key from, to;
	uint32_t value;
	long result;

	if (wake < 0 || move < 0)
		return -EINVAL;
	result = key_get(&from, addr, is_private) ?:
		key_get(&to, addr2, is_private);
	if (result)
		return result;
	spin_lock(&futex_lock);
	do {
		result = expected ? look_locked(&value, addr) : 0;
	} while (result == -EAGAIN);
	if (!result)
		result = expected && value != *expected ? -EAGAIN :
			requeue_locked(&from, &to, wake, move);
	spin_unlock(&futex_lock);
	return result;
}

/* --------------------------------------------------------------- wake-op */

/* A 12-bit number with a sign. */
static int32_t op_number(uint32_t op, int shift)
{
	return (int32_t)(op << (20 - shift)) >> 20;
}

/* What @op makes of @old.  Return: false: there is no such operation. */
static bool op_apply(uint32_t op, uint32_t old, uint32_t *new)
{
	uint32_t arg = op_number(op, 12);

	if (op >> 31)
		arg = 1u << (arg & 31);
	switch (op >> 28 & 7) {
	case 0: *new = arg; return true;
	case 1: *new = old + arg; return true;
	case 2: *new = old | arg; return true;
	case 3: *new = old & ~arg; return true;
	case 4: *new = old ^ arg; return true;
	default: return false;
	}
}

/* Return: does the old value compare so?  -ENOSYS: no such comparison. */
static int op_compare(uint32_t op, int32_t old)
{
	int32_t arg = op_number(op, 0);

	switch (op >> 24 & 15) {
	case 0: return old == arg;
	case 1: return old != arg;
	case 2: return old < arg;
	case 3: return old <= arg;
	case 4: return old > arg;
	case 5: return old >= arg;
	default: return -ENOSYS;
	}
}

/* Change the word at @addr by @op; as look_locked(). */
static int op_locked(uint32_t op, vaddr_t addr)
{
	uint32_t old, new;
	int err = look_locked(&old, addr);

	if (err)
		return err;
	if (!op_apply(op, old, &new))
		return -ENOSYS;
	if (!put_user_u32(addr, new))
		return op_compare(op, old);
	spin_unlock(&futex_lock);
	err = fault_in(current_task()->mm, addr, true);
	spin_lock(&futex_lock);
	return err ? -EFAULT : -EAGAIN;
}

static long futex_wake_op(vaddr_t addr, vaddr_t addr2, bool is_private,
			  int wake, int wake2, uint32_t op)
{
	struct futex_key key, key2;
	long result = key_get(&key, addr, is_private) ?:
		key_get(&key2, addr2, is_private);
	int holds;

	if (result)
		return result;
	spin_lock(&futex_lock);
	do {
		holds = op_locked(op, addr2);
	} while (holds == -EAGAIN);
	result = holds;
	if (holds >= 0) {
		result = wake_locked(&key, wake, FUTEX_ALL);
		if (holds)
			result += wake_locked(&key2, wake2, FUTEX_ALL);
	}
	spin_unlock(&futex_lock);
	return result;
}

/* ------------------------------------------------------------------- wait */

/* Get in line if the word at @addr is @value.  Return: 0, -EAGAIN, -EFAULT. */
static int waiter_queue(struct futex_waiter *waiter, vaddr_t addr,
			uint32_t expected)
{
	uint32_t value;
	int err;

	spin_lock(&futex_lock);
	do {
		err = look_locked(&value, addr);
	} while (err == -EAGAIN);
	if (!err && value != expected)
		err = -EAGAIN;
	if (!err) {
		waiter->is_queued = true;
		list_add_tail(bucket_of(&waiter->key), &waiter->link);
	}
	spin_unlock(&futex_lock);
	return err;
}

/* Leave the line.  Return: was it too late, and it has been woken? */
static bool waiter_leave(struct futex_waiter *waiter)
{
	bool was_woken;

	spin_lock(&futex_lock);
	was_woken = !waiter->is_queued;
	if (!was_woken)
		list_remove(&waiter->link);
	spin_unlock(&futex_lock);
	return was_woken;
}

/* Sleep until woken (0), -EINTR, or -ETIMEDOUT; @timer may be NULL. */
static int waiter_sleep(struct futex_waiter *waiter, const struct timer *timer)
{
	int err = 0;

	for (;;) {
		thread_set_state(THREAD_INTERRUPTIBLE);
		if (!READ_ONCE(waiter->is_queued))
			break;
		if (timer && !timer_is_pending(timer))
			err = -ETIMEDOUT;
		else if (waiter->thread->interrupted)
			err = -EINTR;
		if (err)
			break;
		schedule();
	}
	thread_set_state(THREAD_RUNNABLE);
	return waiter_leave(waiter) ? 0 : err;
}

/* @end: ns, UINT64_MAX: never */
static int futex_wait(vaddr_t addr, bool is_private, uint32_t value,
		      uint64_t end, uint32_t bitset)
{
	struct futex_waiter waiter = {
		.bitset = bitset, .thread = current_thread(),
	};
	struct timer timer;
	int err;

	if (!bitset)
		return -EINVAL;
	err = key_get(&waiter.key, addr, is_private) ?:
		waiter_queue(&waiter, addr, value);
	if (err)
		return err;
	if (end == UINT64_MAX)
		return waiter_sleep(&waiter, NULL);
	timer_init(&timer, timer_wake_thread, current_thread());
	timer_add(&timer, end);
	err = waiter_sleep(&waiter, &timer);
	timer_cancel(&timer);
	return err;
}

/* With an end, it goes on after a mere stop; a handler ends it. */
static long wait_until(vaddr_t addr, uint32_t value, uint64_t end)
{
	struct task *task = current_task();
	bool is_private = task->restart.more[0];
	uint32_t bitset = task->restart.more[1];
	int err = futex_wait(addr, is_private, value, end, bitset);

	task->restart.again = NULL;
	if (err != -EINTR)
		return err;
	if (end == UINT64_MAX)
		return signal_cut(ERESTARTSYS);
	task->restart.again = wait_until;
	task->restart.at = addr;
	task->restart.nr = value;
	task->restart.end = end;
	return signal_cut(ERESTART_RESTARTBLOCK);
}

/* When is a wait over that is told so at @from?  UINT64_MAX: never. */
static long get_end(uint64_t *end, vaddr_t from, uint32_t op, bool wide)
{
	uint64_t ns, now = timer_now();
	long err;

	*end = UINT64_MAX;
	if (!from)
		return 0;
	err = sys_time_get(&ns, from, wide);
	if (err)
		return err;
	if ((op & 0x7f) == FUTEX_WAIT) {
		*end = timer_after(ns);
	} else if (op & FUTEX_REALTIME) {
		uint64_t date = time_realtime_ns();

		*end = ns > date ? now + (ns - date) : now;
	} else {
		*end = ns;
	}
	return 0;
}

/* futex(addr, op, value, time or value 2, addr2, value 3) */
static long futex(struct trap_frame *frame, bool wide)
{
	uint32_t op = frame->ecx, value3 = frame->ebp;
	uint32_t command = op & ~(FUTEX_PRIVATE | FUTEX_REALTIME);
	bool is_private = op & FUTEX_PRIVATE;
	vaddr_t addr = frame->ebx, addr2 = frame->edi;
	uint64_t end;
	long err;

	if (op & FUTEX_REALTIME && command != FUTEX_WAIT_BITSET)
		return -ENOSYS;
	switch (command) {
	case FUTEX_WAIT:
		value3 = FUTEX_ALL;
		/* fall through */
	case FUTEX_WAIT_BITSET:
		err = get_end(&end, frame->esi, op, wide);
		if (err)
			return err;
		current_task()->restart.more[0] = is_private;
		current_task()->restart.more[1] = value3;
		return wait_until(addr, frame->edx, end);
	case FUTEX_WAKE:
		value3 = FUTEX_ALL;
		/* fall through */
	case FUTEX_WAKE_BITSET:
		return futex_wake(addr, is_private, frame->edx, value3);
	case FUTEX_REQUEUE:
		return futex_requeue(addr, addr2, is_private, frame->edx,
				     frame->esi, NULL);
	case FUTEX_CMP_REQUEUE:
		return futex_requeue(addr, addr2, is_private, frame->edx,
				     frame->esi, &value3);
	case FUTEX_WAKE_OP:
		return futex_wake_op(addr, addr2, is_private, frame->edx,
				     frame->esi, value3);
	default:
		return -ENOSYS;
	}
}

long sys_futex(struct trap_frame *frame)
{
	return futex(frame, false);
}

long sys_futex_time64(struct trap_frame *frame)
{
	return futex(frame, true);
}

/* ----------------------------------------------------------------- robust */

#define ROBUST_HEAD_SIZE	12	/* first entry, offset, pending entry */

long sys_set_robust_list(struct trap_frame *frame)
{
	if (frame->ecx != ROBUST_HEAD_SIZE)
		return -EINVAL;
	current_task()->robust_list = frame->ebx;
	return 0;
}

/* get_robust_list(tid, head, size) */
long sys_get_robust_list(struct trap_frame *frame)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock), head = 0;
	struct task *task = frame->ebx ? task_find(frame->ebx) :
		current_task();
	const struct cred *cred = current_task()->cred;
	long err = 0;

	if (!task)
		err = -ESRCH;
	else if (task->process != current_process() && cred->euid &&
		 cred->uid != task->cred->uid)
		err = -EPERM;
	else
		head = task->robust_list;
	spin_unlock_irqrestore(&tasks_lock, flags);
	if (err)
		return err;
	return put_user_u32(frame->edx, ROBUST_HEAD_SIZE) ?:
		put_user_u32(frame->ecx, head);
}

/*
 * The owner of the lock at @addr dies; if it was us, say so, and wake one.
 * @is_pending: it may have died between giving back and waking
 */
static int robust_death(vaddr_t addr, uint32_t tid, bool is_pi, bool is_pending)
{
	uint32_t value, mark;
	int err;

	if (addr % 4)
		return -EINVAL;
	do {
		/* What is read and then written at once nobody changes. */
		spin_lock(&futex_lock);
		err = look_locked(&value, addr);
		mark = (value & FUTEX_WAITERS) | FUTEX_OWNER_DIED;
		if (!err && (value & FUTEX_TID) == tid &&
		    put_user_u32(addr, mark)) {
			spin_unlock(&futex_lock);
			err = fault_in(current_task()->mm, addr, true) ?
				-EFAULT : -EAGAIN;
			spin_lock(&futex_lock);
		}
		spin_unlock(&futex_lock);
	} while (err == -EAGAIN);
	if (err)
		return err;
	if (!is_pi && ((is_pending && !value) ||
		       ((value & FUTEX_TID) == tid && value & FUTEX_WAITERS)))
		futex_wake_word(addr);
	return 0;
}

/* Links carry in bit 0 whether the lock inherits priorities. */
static void robust_walk(vaddr_t head, uint32_t tid)
{
	uint32_t words[3], entry, next, pending;	/* first, offset, ... */

	if (copy_from_user(words, head, sizeof(words)))
		return;
	entry = words[0];
	pending = words[2];
	for (int i = 0; (entry & ~1u) != head && i < ROBUST_MOST; i++) {
		int err = get_user_u32(&next, entry & ~1u);

		if ((entry & ~1u) != (pending & ~1u) &&
		    robust_death((entry & ~1u) + words[1], tid, entry & 1,
				 false))
			return;
		if (err)
			return;
		entry = next;
	}
	if (pending & ~1u)
		robust_death((pending & ~1u) + words[1], tid, pending & 1,
			     true);
}

void futex_release_robust(struct task *task)
{
	vaddr_t head = task->robust_list;

	task->robust_list = 0;
	if (head)
		robust_walk(head, task->tid);
}
