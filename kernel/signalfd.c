// SPDX-License-Identifier: MIT
/*
 * signalfd - signals that are read: those of a set that wait for the reader,
 * who has them blocked.
 *
 * Whose they are is asked anew by each read and each poll.  So there is one
 * queue for all who wait, and each signal that is sent wakes it.
 */
#include "fs/file.h"
#include "kernel/anon_file.h"
#include "kernel/syscall.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "sched/wait.h"
#include "x86/cpu.h"
#include "x86/uaccess.h"

#define SIGSET_SIZE	8
#define UNREADABLE	(SIGBIT(SIGKILL) | SIGBIT(SIGSTOP))

/* As it is read. */
struct signalfd_siginfo {
	uint32_t signo;
	int32_t	 err, code;
	uint32_t pid, uid;
	int32_t	 fd;
	uint32_t tid, band, overrun, trapno;
	int32_t	 status, value;
	uint64_t ptr, utime, stime, addr;
	uint8_t	 rest[48];
};

static_assert(sizeof(struct signalfd_siginfo) == 128, "Linux's");

/* Which fields of @info mean something depends on who sent it. */
static void convert(struct signalfd_siginfo *out, const struct siginfo *info)
{
	memset(out, 0, sizeof(*out));
	out->signo = info->signo;
	out->err = info->err;
	out->code = info->code;
	if (info->code == SI_TIMER) {
		out->tid = info->fields[0];
		out->overrun = info->fields[1];
		out->value = out->ptr = info->fields[2];
	} else if (info->code > 0 && info->code < SI_KERNEL &&
		   info->signo != SIGCHLD) {
		out->addr = info->addr;
	} else {
		out->pid = info->pid;
		out->uid = info->uid;
		if (info->signo == SIGCHLD && info->code > 0) {
			out->status = info->status;
			out->utime = info->utime;
			out->stime = info->stime;
		} else if (info->code < 0 && info->code != SI_TKILL) {
			out->value = info->status;
			out->ptr = (uint32_t)info->status;
		}
	}
}

static long signalfd_read(struct file *file, vaddr_t buf, size_t size)
{
	const uint64_t *set = file->private;
	struct signalfd_siginfo out;
	struct siginfo info;
	size_t done = 0;

	if (size < sizeof(out))
		return -EINVAL;
	for (; size - done >= sizeof(out); done += sizeof(out)) {
		if (!signal_take(*set, &info)) {
			if (done)
				break;
			if (file->flags & O_NONBLOCK)
				return -EAGAIN;
			if (wait_event_interruptible(&signal_sent,
					signal_take(*set, &info)))
				return -EINTR;
		}
		convert(&out, &info);
		if (copy_to_user(buf + done, &out, sizeof(out)))
			return done ? (long)done : -EFAULT;
	}
	return done;
}

static uint32_t signalfd_poll(struct file *file, struct wait_queue **queue)
{
	const uint64_t *set = file->private;
	uint32_t flags = irq_save();
	bool found = signal_pending_set(current_task()) & *set;

	irq_restore(flags);
	*queue = &signal_sent;
	return found ? POLLIN : 0;
}

static void signalfd_release(struct file *file)
{
	kfree(file->private);
}

static const struct file_ops signalfd_ops = {
	.read = signalfd_read, .poll = signalfd_poll,
	.release = signalfd_release,
};

static long make(uint64_t mask, uint32_t flags)
{
	uint64_t *set = kmalloc(sizeof(*set), GFP_KERNEL);
	long fd;

	if (!set)
		return -ENOMEM;
	*set = mask;
	fd = anon_file_open("anon_inode:[signalfd]", &signalfd_ops, set, flags);
	if (fd < 0)
		kfree(set);
	return fd;
}

static long signalfd(struct trap_frame *frame, uint32_t flags)
{
	struct file *file;
	uint64_t mask;
	long err;

	if (flags & ~(O_NONBLOCK | O_CLOEXEC))
		return -EINVAL;
	if (frame->edx != SIGSET_SIZE)
		return -EINVAL;
	if (copy_from_user(&mask, frame->ecx, sizeof(mask)))
		return -EFAULT;
	mask &= ~UNREADABLE;
	if ((int)frame->ebx == -1)
		return make(mask, flags);
	file = anon_file_find(frame->ebx, &signalfd_ops, &err);
	if (!file)
		return err;
	*(uint64_t *)file->private = mask;
	wake_all(&signal_sent);
	file_put(file);
	return frame->ebx;
}

/* signalfd(fd or -1, mask, size) */
long sys_signalfd(struct trap_frame *frame)
{
	return signalfd(frame, 0);
}

/* signalfd4(fd or -1, mask, size, flags) */
long sys_signalfd4(struct trap_frame *frame)
{
	return signalfd(frame, frame->esi);
}
