// SPDX-License-Identifier: MIT
/*
 * posix_timer - timers that a process makes as it likes, each with a number:
 * timer_create() and its kin.
 *
 * One that goes off sends the signal that was asked for.  If that of the last
 * time still waits to be taken, it is told there that the timer overran, so
 * there is never more than one.
 *
 * CPU time is not among the clocks.  exec ends all timers, fork passes none on.
 *
 * Locking: tasks_lock.
 */
#include "drivers/time.h"
#include "kernel/itimer.h"
#include "kernel/sys_time.h"
#include "kernel/syscall.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "mm/kmalloc.h"
#include "x86/spinlock.h"
#include "x86/uaccess.h"

#define SIGEV_SIGNAL		0
#define SIGEV_NONE		1
#define SIGEV_THREAD		2	/* for the C library: a signal, too */
#define SIGEV_THREAD_ID		4

#define TIMER_ABSTIME		1u

/* struct sigevent, of which the rest is not used. */
struct event {
	uint32_t value;
	int32_t	 signo, notify, tid;
	uint32_t rest[12];
};

struct posix_timer {
	struct list link;		/* in process->timers */
	int id;				/* constant, as the next ones */
	struct process *process;
	struct event event;
	bool is_realtime;
	struct timer timer;
	struct timer_times times;
	uint32_t overrun;		/* of the last signal */
};

static struct sigqueue *find_waiting(const struct pending *pending, int id)
{
	struct sigqueue *entry;

	list_for_each_entry(entry, &pending->queue, link)
		if (entry->info.code == SI_TIMER &&
		    entry->info.fields[0] == (uint32_t)id)
			return entry;
	return NULL;
}

/* It has gone off @count times since the last look. */
static void notify(struct posix_timer *timer, uint32_t count)
{
	const struct event *event = &timer->event;
	struct process *process = timer->process;
	struct task *task = event->notify == SIGEV_THREAD_ID ?
		task_find(event->tid) : NULL;
	struct siginfo info = {
		.signo = event->signo, .code = SI_TIMER,
		.fields = { timer->id, count - 1, event->value },
	};
	struct sigqueue *entry;

	if (event->notify == SIGEV_NONE ||
	    (event->notify == SIGEV_THREAD_ID && !task))
		return;
	entry = find_waiting(task ? &task->signals.pending : &process->pending,
			     timer->id);
	if (entry) {
		entry->info.fields[1] += count;
		timer->overrun = entry->info.fields[1];
		return;
	}
	timer->overrun = count - 1;
	if (task)
		signal_send_task_locked(task, &info);
	else
		signal_send_locked(process, &info);
}

static void goes_off(void *arg)
{
	struct posix_timer *timer = arg;
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	uint32_t count = timer_times_pass(&timer->times, timer_now());

	if (timer->times.next)
		timer_add(&timer->timer, timer->times.next);
	if (count)
		notify(timer, count);
	spin_unlock_irqrestore(&tasks_lock, flags);
}

static void end_locked(struct posix_timer *timer)
{
	timer_cancel(&timer->timer);
	list_remove(&timer->link);
	timer->process->nr_queued--;
	kfree(timer);
}

void posix_timers_end(struct process *process)
{
	assert(spin_held(&tasks_lock));
	while (!list_is_empty(&process->timers))
		end_locked(list_first_entry(&process->timers,
					    struct posix_timer, link));
}

/* Of the current process; NULL: there is none. */
static struct posix_timer *find_locked(int id)
{
	struct posix_timer *timer;

	list_for_each_entry(timer, &current_process()->timers, link)
		if (timer->id == id)
			return timer;
	return NULL;
}

static bool event_is_good(const struct event *event)
{
	struct task *task;
	uint32_t flags;
	bool is_ours;

	if (event->notify == SIGEV_NONE)
		return true;
	if (event->signo < 1 || event->signo > NSIG)
		return false;
	if (event->notify == SIGEV_SIGNAL || event->notify == SIGEV_THREAD)
		return true;
	flags = spin_lock_irqsave(&tasks_lock);
	task = task_find(event->tid);
	is_ours = task && task->process == current_process();
	spin_unlock_irqrestore(&tasks_lock, flags);
	return event->notify == SIGEV_THREAD_ID && is_ours;
}

/*
 * From here on any thread may end it.  Its signal counts as one that is queued.
 * @tells_id: with its number as the value.  Return: that; -EAGAIN.
 */
static int publish(struct posix_timer *timer, bool tells_id)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	struct process *process = current_process();

	int id = -EAGAIN;

	if (process->nr_queued < process_limit(process, RLIMIT_SIGPENDING)) {
		process->nr_queued++;
		id = process->next_timer++;
		timer->process = process;
		timer->id = id;
		if (tells_id)
			timer->event.value = id;
		list_add_tail(&process->timers, &timer->link);
	}
	spin_unlock_irqrestore(&tasks_lock, flags);
	return id;
}

/* What it was; @new, if it is not NULL, is what it is to be. */
static long with_timer(int id, struct timer_times *old,
		       const struct timer_times *new)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	struct posix_timer *timer = find_locked(id);

	if (timer) {
		*old = timer->times;
		if (new) {
			timer_cancel(&timer->timer);
			timer->times = *new;
			if (new->next)
				timer_add(&timer->timer, new->next);
		}
	}
	spin_unlock_irqrestore(&tasks_lock, flags);
	return timer ? 0 : -EINVAL;
}

/* timer_create(clock, event or NULL, id) */
long sys_timer_create(struct trap_frame *frame)
{
	uint32_t clock = frame->ebx, flags;
	struct event event = { .signo = SIGALRM };
	struct posix_timer *timer;
	int id;

	if (!sys_time_is_date(clock) && !sys_time_is_realtime(clock))
		return sys_time_is_clock(clock) ? -EOPNOTSUPP : -EINVAL;
	if (frame->ecx && copy_from_user(&event, frame->ecx, sizeof(event)))
		return -EFAULT;
	if (!event_is_good(&event))
		return -EINVAL;
	timer = kzalloc(sizeof(*timer), GFP_KERNEL);
	if (!timer)
		return -EAGAIN;
	timer->event = event;
	timer->is_realtime = sys_time_is_realtime(clock);
	timer_init(&timer->timer, goes_off, timer);
	id = publish(timer, !frame->ecx);
	if (id < 0) {
		kfree(timer);
		return id;
	}
	if (!put_user_u32(frame->edx, id))
		return 0;
	flags = spin_lock_irqsave(&tasks_lock);
	timer = find_locked(id);
	if (timer)
		end_locked(timer);
	spin_unlock_irqrestore(&tasks_lock, flags);
	return -EFAULT;
}

/* timer_settime(id, flags, new, old) */
static long set_time(struct trap_frame *frame, bool wide)
{
	struct timer_times new, old;
	struct posix_timer *timer;
	bool is_realtime;
	uint32_t flags;
	long err;

	if (!frame->edx)
		return -EINVAL;
	err = sys_time_get_times(&new, frame->edx, wide);
	if (err)
		return err;
	flags = spin_lock_irqsave(&tasks_lock);
	timer = find_locked(frame->ebx);
	is_realtime = timer && timer->is_realtime;
	spin_unlock_irqrestore(&tasks_lock, flags);
	timer_times_start(&new, frame->ecx & TIMER_ABSTIME, is_realtime);
	err = with_timer(frame->ebx, &old, &new);
	if (err || !frame->esi)
		return err;
	return sys_time_put_times(frame->esi, &old, wide);
}

/* timer_gettime(id, now) */
static long get_time(struct trap_frame *frame, bool wide)
{
	struct timer_times times;

	return with_timer(frame->ebx, &times, NULL) ?:
		sys_time_put_times(frame->ecx, &times, wide);
}

long sys_timer_settime(struct trap_frame *frame)
{
	return set_time(frame, false);
}

long sys_timer_settime64(struct trap_frame *frame)
{
	return set_time(frame, true);
}

long sys_timer_gettime(struct trap_frame *frame)
{
	return get_time(frame, false);
}

long sys_timer_gettime64(struct trap_frame *frame)
{
	return get_time(frame, true);
}

long sys_timer_getoverrun(struct trap_frame *frame)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	struct posix_timer *timer = find_locked(frame->ebx);
	long overrun = timer ? (long)min(timer->overrun, (uint32_t)INT32_MAX) :
		-EINVAL;

	spin_unlock_irqrestore(&tasks_lock, flags);
	return overrun;
}

long sys_timer_delete(struct trap_frame *frame)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	struct posix_timer *timer = find_locked(frame->ebx);

	if (timer)
		end_locked(timer);
	spin_unlock_irqrestore(&tasks_lock, flags);
	return timer ? 0 : -EINVAL;
}
