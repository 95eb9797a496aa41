// SPDX-License-Identifier: MIT
/*
 * sys_poll - wait for any of several files: poll(), select(), and their kin.
 *
 * Both make an array of watches, one for each file that they are told of:
 *
 *	ask all      something there, or no time left?   done
 *	line up      a waiter in each file's queue
 *	ask all      what came in between is seen; else sleep
 *	again        whoever woke us took our waiter out: line up anew
 *
 * A file's poll() does not sleep and takes no lock of long; the queue it names
 * belongs to the file, to which the watch has a reference.
 */
#include "kernel/syscall.h"

#include "drivers/time.h"
#include "fs/file.h"
#include "kernel/sys_time.h"
#include "kernel/task.h"
#include "lib/bitmap.h"
#include "lib/div64.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "lib/util.h"
#include "mm/kmalloc.h"
#include "sched/timer.h"
#include "sched/wait.h"
#include "x86/uaccess.h"

#define NEVER		UINT64_MAX	/* an end of the wait; 0: no wait */

/* What select() calls readable, writable and exceptional. */
#define SELECT_IN	(POLLIN | POLLRDNORM | POLLRDBAND | POLLHUP | POLLERR)
#define SELECT_OUT	(POLLOUT | POLLWRNORM | POLLWRBAND | POLLERR)
#define SELECT_EX	POLLPRI

struct watch {
	struct file *file;		/* NULL: revents is what it is */
	uint32_t events, revents;	/* POLL*: asked for, and there */
	struct wait_queue *queue;	/* NULL: revents will not change */
	struct waiter waiter;
};

/* When @ns are over. */
static __noinline uint64_t end_after(uint64_t ns)
{
	return ns ? timer_after(ns) : 0;
}

static struct watch *watches_alloc(uint32_t nr)
{
	return kmalloc(nr * sizeof(struct watch), GFP_KERNEL);
}

/* Also of the first @nr of more, which are then lost. */
static void watches_free(struct watch *watch, uint32_t nr)
{
	for (uint32_t i = 0; i < nr; i++)
		if (watch[i].file)
			file_put(watch[i].file);
	kfree(watch);
}

static void watch_file(struct watch *watch, int fd, uint32_t events)
{
	*watch = (struct watch){
		.file = files_find(current_task()->files, fd),
		.events = events,
	};
}

static void ask(struct watch *watch)
{
	struct file *file = watch->file;
	uint32_t mask = POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;

	if (file->ops->poll)
		mask = file->ops->poll(file, &watch->queue);
	watch->revents = mask & watch->events;
}

/* Return: how many watches have something. */
static uint32_t ask_all(struct watch *watch, uint32_t nr)
{
	uint32_t found = 0;

	for (uint32_t i = 0; i < nr; i++) {
		if (watch[i].file)
			ask(&watch[i]);
		found += watch[i].revents != 0;
	}
	return found;
}

static void line_up(struct watch *watch, uint32_t nr)
{
	thread_set_state(THREAD_INTERRUPTIBLE);
	for (uint32_t i = 0; i < nr; i++)
		if (watch[i].queue)
			wait_prepare(watch[i].queue, &watch[i].waiter,
				     THREAD_INTERRUPTIBLE);
}

static void leave(struct watch *watch, uint32_t nr)
{
	thread_set_state(THREAD_RUNNABLE);
	for (uint32_t i = 0; i < nr; i++)
		if (watch[i].queue)
			wait_finish(watch[i].queue, &watch[i].waiter, 0);
}

static long sleep_for_any(struct watch *watch, uint32_t nr, uint64_t end)
{
	struct timer timer;
	long found;

	timer_init(&timer, timer_wake_thread, current_thread());
	if (end != NEVER)
		timer_add(&timer, end);
	for (;;) {
		line_up(watch, nr);
		found = ask_all(watch, nr);
		if (found || current_thread()->interrupted ||
		    (end != NEVER && !timer_is_pending(&timer)))
			break;
		schedule();
	}
	leave(watch, nr);
	timer_cancel(&timer);
	return found;
}

/* Return: how many watches have something; 0 when it is @end; -EINTR. */
static long wait_for_any(struct watch *watch, uint32_t nr, uint64_t end)
{
	long found = ask_all(watch, nr);

	if (!found && end)
		found = sleep_for_any(watch, nr, end);
	return found || !current_thread()->interrupted ? found : -EINTR;
}

/* -------------------------------------------------------------------- poll */

struct pollfd {
	int32_t	 fd;
	uint16_t events, revents;
};

/* Return: 0, and all @nr are valid; -EFAULT, and none is. */
static int watch_pollfds(struct watch *watch, vaddr_t fds, uint32_t nr)
{
	struct pollfd pollfd;

	for (uint32_t i = 0; i < nr; i++) {
		if (copy_from_user(&pollfd, fds + i * sizeof(pollfd),
				   sizeof(pollfd))) {
			while (i--)
				if (watch[i].file)
					file_put(watch[i].file);
			return -EFAULT;
		}
		watch_file(&watch[i], pollfd.fd,
			   pollfd.events | POLLERR | POLLHUP);
		if (!watch[i].file && pollfd.fd >= 0)
			watch[i].revents = POLLNVAL;
	}
	return 0;
}

static int put_revents(const struct watch *watch, vaddr_t fds, uint32_t nr)
{
	for (uint32_t i = 0; i < nr; i++) {
		uint16_t revents = watch[i].revents;

		if (copy_to_user(fds + i * sizeof(struct pollfd) +
				 offsetof(struct pollfd, revents), &revents,
				 sizeof(revents)))
			return -EFAULT;
	}
	return 0;
}

static long poll_pollfds(vaddr_t fds, uint32_t nr, uint64_t end)
{
	struct watch *watch;
	long found;

	if (nr > files_limit(current_task()->files))
		return -EINVAL;
	watch = watches_alloc(nr);
	if (!watch)
		return -ENOMEM;
	if (watch_pollfds(watch, fds, nr)) {
		watches_free(watch, 0);
		return -EFAULT;
	}
	found = wait_for_any(watch, nr, end);
	if (put_revents(watch, fds, nr))
		found = -EFAULT;
	watches_free(watch, nr);
	return found;
}

/* As a sleep does, it goes on after a mere stop until it is @end. */
static long poll_until(uint32_t fds, uint32_t nr, uint64_t end)
{
	struct task *task = current_task();
	long found;

	task->restart.again = NULL;
	found = poll_pollfds(fds, nr, end);
	if (found != -EINTR)
		return found;
	task->restart.again = poll_until;
	task->restart.at = fds;
	task->restart.nr = nr;
	task->restart.end = end;
	return signal_cut(ERESTART_RESTARTBLOCK);
}

long sys_poll(struct trap_frame *frame)
{
	int32_t ms = frame->edx;

	return poll_until(frame->ebx, frame->ecx, ms < 0 ? NEVER :
			  end_after(ms * 1000000ull));
}

/* ------------------------------------------------------------------ select */

/* Three of @nr bits each, in one block. */
struct fd_sets {
	uint32_t *set[3];
};

static const uint32_t select_events[3] = { SELECT_IN, SELECT_OUT, SELECT_EX };

static size_t set_size(uint32_t nr)
{
	return BITMAP_WORDS(nr) * sizeof(uint32_t);
}

static uint32_t events_of(const struct fd_sets *sets, uint32_t fd)
{
	uint32_t events = 0;

	for (int i = 0; i < 3; i++)
		if (bitmap_test(sets->set[i], fd))
			events |= select_events[i];
	return events;
}

/* Return: how many watches there are; -EBADF, and none is valid. */
static long watch_sets(struct watch *watch, const struct fd_sets *sets,
		       uint32_t nr)
{
	uint32_t nr_watches = 0;

	for (uint32_t fd = 0; fd < nr; fd++) {
		uint32_t events = events_of(sets, fd);

		if (!events)
			continue;
		watch_file(&watch[nr_watches], fd, events);
		if (!watch[nr_watches].file) {
			while (nr_watches--)
				file_put(watch[nr_watches].file);
			return -EBADF;
		}
		nr_watches++;
	}
	return nr_watches;
}

/* Leave in @sets what was found.  Return: how many bits. */
static long keep_found(const struct watch *watch, struct fd_sets *sets,
		       uint32_t nr)
{
	long nr_found = 0;

	for (uint32_t fd = 0; fd < nr; fd++) {
		if (!events_of(sets, fd))
			continue;
		for (int i = 0; i < 3; i++) {
			if (!bitmap_test(sets->set[i], fd))
				continue;
			if (watch->revents & select_events[i])
				nr_found++;
			else
				bitmap_clear(sets->set[i], fd);
		}
		watch++;
	}
	for (int i = 0; i < 3; i++)	/* what was not asked for */
		bitmap_clear_range(sets->set[i], nr,
				   BITMAP_WORDS(nr) * 32 - nr);
	return nr_found;
}

static long select_sets(struct fd_sets *sets, uint32_t nr, uint64_t end)
{
	struct watch *watch = watches_alloc(nr);
	long nr_watches, found;

	if (!watch)
		return -ENOMEM;
	nr_watches = watch_sets(watch, sets, nr);
	if (nr_watches < 0) {
		watches_free(watch, 0);
		return nr_watches;
	}
	found = wait_for_any(watch, nr_watches, end);
	if (found >= 0)
		found = keep_found(watch, sets, nr);
	watches_free(watch, nr_watches);
	return found;
}

#define SETS_SMALL	(3 * BITMAP_WORDS(256))	/* words on the stack */

static long select_in(uint32_t *block, const vaddr_t at[3], uint32_t nr,
		      uint64_t end)
{
	struct fd_sets sets;
	long found;

	memset(block, 0, 3 * set_size(nr));
	for (int i = 0; i < 3; i++) {
		sets.set[i] = block + i * BITMAP_WORDS(nr);
		if (at[i] && copy_from_user(sets.set[i], at[i], set_size(nr)))
			return -EFAULT;
	}
	found = select_sets(&sets, nr, end);
	for (int i = 0; i < 3; i++)
		if (found >= 0 && at[i] &&
		    copy_to_user(at[i], sets.set[i], set_size(nr)))
			return -EFAULT;
	return found;
}

static long select_user_sets(const vaddr_t at[3], int32_t nr, uint64_t end)
{
	uint32_t small[SETS_SMALL], *block = small;
	long found;

	if (nr < 0)
		return -EINVAL;
	nr = min((uint32_t)nr, files_capacity(current_task()->files));
	if (3 * BITMAP_WORDS(nr) > SETS_SMALL)
		block = kmalloc(3 * set_size(nr), GFP_KERNEL);
	if (!block)
		return -ENOMEM;
	found = select_in(block, at, nr, end);
	if (block != small)
		kfree(block);
	return found;
}

/* --------------------------------------------- with an end, and a mask */

enum time_kind { TIMEVAL, TIMESPEC, TIMESPEC64 };

struct timeval32 { int32_t sec, usec; };

struct sigset_argument { uint32_t mask, size; };

/* How the calls below wait. */
struct wait_terms {
	vaddr_t time;			/* where it stands; 0: for ever */
	enum time_kind kind;
	uint64_t end;
	bool has_mask;			/* of its own, while it waits */
};

static long get_timeval(uint64_t *ns, vaddr_t from)
{
	struct timeval32 tv;

	if (copy_from_user(&tv, from, sizeof(tv)))
		return -EFAULT;
	if (tv.usec < 0 || tv.sec < 0)
		return -EINVAL;
	*ns = (uint64_t)tv.sec * NSEC_PER_SEC + (uint64_t)tv.usec * 1000;
	return 0;
}

static long put_timeval(vaddr_t to, uint64_t ns)
{
	struct timeval32 tv;
	uint32_t nsec;

	tv.sec = div64_32(ns, NSEC_PER_SEC, &nsec);
	tv.usec = nsec / 1000;
	return copy_to_user(to, &tv, sizeof(tv)) ? -EFAULT : 0;
}

static long terms_get_end(struct wait_terms *terms)
{
	uint64_t ns;
	long err;

	terms->end = NEVER;
	if (!terms->time)
		return 0;
	err = terms->kind == TIMEVAL ? get_timeval(&ns, terms->time) :
		sys_time_get(&ns, terms->time, terms->kind == TIMESPEC64);
	if (!err)
		terms->end = end_after(ns);
	return err;
}

/* Tell what is left.  Return: false: it cannot be told. */
static bool terms_put_rest(const struct wait_terms *terms)
{
	uint64_t now = timer_now();
	uint64_t rest = terms->end > now ? terms->end - now : 0;

	if (!terms->time || !terms->end)
		return true;
	if (terms->kind == TIMEVAL)
		return !put_timeval(terms->time, rest);
	return !sys_time_put(terms->time, rest, terms->kind == TIMESPEC64);
}

static int terms_set_mask(struct wait_terms *terms, vaddr_t from, uint32_t size)
{
	struct signals *signals = &current_task()->signals;
	uint64_t mask;

	terms->has_mask = from;
	if (!from)
		return 0;
	if (size != sizeof(mask))
		return -EINVAL;
	if (copy_from_user(&mask, from, sizeof(mask)))
		return -EFAULT;
	signals->saved_mask = signals->blocked;
	signal_set_blocked(mask);
	return 0;
}

/*
 * The end of a call that @found something, 0 or -Exxx.  A signal is delivered
 * under the call's own mask.  If no handler runs, the call starts over, and
 * must have been told how much time is left.
 */
static long terms_finish(const struct wait_terms *terms, long found)
{
	struct signals *signals = &current_task()->signals;
	bool is_told = terms_put_rest(terms);

	if (found != -EINTR) {
		if (terms->has_mask)
			signal_set_blocked(signals->saved_mask);
		return found;
	}
	signals->restore_mask = terms->has_mask;
	signal_cut(ERESTARTNOHAND);
	return is_told ? -ERESTARTNOHAND : -EINTR;
}

static long do_select(struct trap_frame *frame, enum time_kind kind,
		      struct sigset_argument sigset)
{
	const vaddr_t at[3] = { frame->ecx, frame->edx, frame->esi };
	struct wait_terms terms = { .time = frame->edi, .kind = kind };
	long err = terms_get_end(&terms);

	if (!err)
		err = terms_set_mask(&terms, sigset.mask, sigset.size);
	if (err)
		return err;
	return terms_finish(&terms, select_user_sets(at, frame->ebx,
						     terms.end));
}

long sys__newselect(struct trap_frame *frame)
{
	return do_select(frame, TIMEVAL, (struct sigset_argument){ 0, 0 });
}

/* select(arguments), as it was before there were calls with five */
long sys_select(struct trap_frame *frame)
{
	struct trap_frame copy = *frame;
	uint32_t args[5];

	if (copy_from_user(args, frame->ebx, sizeof(args)))
		return -EFAULT;
	copy.ebx = args[0];
	copy.ecx = args[1];
	copy.edx = args[2];
	copy.esi = args[3];
	copy.edi = args[4];
	return sys__newselect(&copy);
}

static __noinline long pselect6(struct trap_frame *frame, enum time_kind kind)
{
	struct sigset_argument sigset = { 0, 0 };

	if (frame->ebp && copy_from_user(&sigset, frame->ebp, sizeof(sigset)))
		return -EFAULT;
	return do_select(frame, kind, sigset);
}

long sys_pselect6(struct trap_frame *frame)
{
	return pselect6(frame, TIMESPEC);
}

long sys_pselect6_time64(struct trap_frame *frame)
{
	return pselect6(frame, TIMESPEC64);
}

static __noinline long ppoll(struct trap_frame *frame, enum time_kind kind)
{
	struct wait_terms terms = { .time = frame->edx, .kind = kind };
	long err = terms_get_end(&terms);

	if (!err)
		err = terms_set_mask(&terms, frame->esi, frame->edi);
	if (err)
		return err;
	return terms_finish(&terms, poll_pollfds(frame->ebx, frame->ecx,
						 terms.end));
}

long sys_ppoll(struct trap_frame *frame)
{
	return ppoll(frame, TIMESPEC);
}

long sys_ppoll_time64(struct trap_frame *frame)
{
	return ppoll(frame, TIMESPEC64);
}
