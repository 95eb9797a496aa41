// SPDX-License-Identifier: MIT
/*
 * sys_lock - fcntl()'s and flock()'s locks: from struct flock to a range.
 */
#include "kernel/syscall.h"

#include "fs/file.h"
#include "fs/inode.h"
#include "fs/lock.h"
#include "kernel/signal.h"
#include "kernel/sys_file.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "x86/uaccess.h"

#define F_GETLK		5
#define F_SETLK		6
#define F_SETLKW	7
#define F_GETLK64	12
#define F_SETLK64	13
#define F_SETLKW64	14
#define F_OFD_GETLK	36
#define F_OFD_SETLK	37
#define F_OFD_SETLKW	38

#define FLOCK_SH	1
#define FLOCK_EX	2
#define FLOCK_NB	4
#define FLOCK_UN	8

struct flock32 {
	int16_t type, whence;
	int32_t start, length, pid;
};

struct flock64 {
	int16_t type, whence;
	int64_t start, length;
	int32_t pid;
} __packed;

static_assert(sizeof(struct flock32) == 16, "as on Linux");
static_assert(sizeof(struct flock64) == 24, "as on Linux");

bool file_lock_is_wide(uint32_t command)
{
	return (command >= F_GETLK64 && command <= F_SETLKW64) ||
	       (command >= F_OFD_GETLK && command <= F_OFD_SETLKW);
}

static int flock_get(struct flock64 *flock, vaddr_t from, bool is_wide)
{
	struct flock32 narrow;

	if (is_wide)
		return copy_from_user(flock, from, sizeof(*flock)) ?
			-EFAULT : 0;
	if (copy_from_user(&narrow, from, sizeof(narrow)))
		return -EFAULT;
	*flock = (struct flock64){ narrow.type, narrow.whence, narrow.start,
				   narrow.length, narrow.pid };
	return 0;
}

static int flock_put(vaddr_t to, const struct flock64 *flock, bool is_wide)
{
	struct flock32 narrow = {
		flock->type, flock->whence, (int32_t)flock->start,
		(int32_t)flock->length, flock->pid,
	};

	if (is_wide)
		return copy_to_user(to, flock, sizeof(*flock)) ? -EFAULT : 0;
	return copy_to_user(to, &narrow, sizeof(narrow)) ? -EFAULT : 0;
}

/* Bytes from the place that whence names, which are before it if length < 0. */
static int range_of(struct file *file, const struct flock64 *flock,
		    struct lock_range *range)
{
	int64_t start = flock->start, base = 0;

	switch (flock->whence) {
	case SEEK_SET:
		break;
	case SEEK_CUR:
		base = file->pos;
		break;
	case SEEK_END:
		base = inode_size(file_inode(file));
		break;
	default:
		return -EINVAL;
	}
	if (start > INT64_MAX - base)
		return -EOVERFLOW;
	start += base;
	if (start < 0 || (flock->length < 0 && start + flock->length < 0))
		return -EINVAL;
	range->start = flock->length < 0 ? start + flock->length : start;
	range->end = INT64_MAX;
	if (flock->length > 0) {
		if (flock->length - 1 > INT64_MAX - start)
			return -EOVERFLOW;
		range->end = start + flock->length - 1;
	} else if (flock->length < 0) {
		range->end = start - 1;
	}
	range->type = flock->type;
	return flock->type < F_RDLCK || flock->type > F_UNLCK ? -EINVAL : 0;
}

static long get_lock(struct file *file, struct lock_range *range, vaddr_t at,
		     struct flock64 *flock, bool is_wide)
{
	if (range->type == F_UNLCK)
		return -EINVAL;
	lock_get(file_inode(file), range);
	flock->type = range->type;
	if (range->type != F_UNLCK) {
		if (!is_wide && (range->start > INT32_MAX ||
				 (range->end > INT32_MAX &&
				  range->end != INT64_MAX)))
			return -EOVERFLOW;
		flock->whence = SEEK_SET;
		flock->start = range->start;
		flock->length = range->end == INT64_MAX ? 0 :
			range->end - range->start + 1;
		flock->pid = range->pid;
	}
	return flock_put(at, flock, is_wide);
}

static long set_lock(struct file *file, const struct lock_range *range,
		     int32_t pid, bool waits)
{
	if ((range->type == F_RDLCK && !file_is_readable(file)) ||
	    (range->type == F_WRLCK && !file_is_writable(file)))
		return -EBADF;
	if (range->kind == LOCK_OPEN && pid)
		return -EINVAL;
	return lock_set(file_inode(file), range, waits);
}

long file_lock_command(struct file *file, uint32_t command, uint32_t arg)
{
	bool is_wide = file_lock_is_wide(command);
	bool is_open = command >= F_OFD_GETLK;
	struct lock_range range = {
		.kind = is_open ? LOCK_OPEN : LOCK_PROCESS,
		.owner = is_open ? (void *)file : current_task()->files,
		.pid = is_open ? -1 : current_process()->pid,
	};
	struct flock64 flock;
	int err;

	if (!is_wide && (command < F_GETLK || command > F_SETLKW))
		return -EINVAL;
	err = flock_get(&flock, arg, is_wide);
	if (!err)
		err = range_of(file, &flock, &range);
	if (err)
		return err;
	switch (command) {
	case F_GETLK:
	case F_GETLK64:
	case F_OFD_GETLK:
		if (is_open && flock.pid)
			return -EINVAL;
		return get_lock(file, &range, arg, &flock, is_wide);
	default:
		return set_lock(file, &range, flock.pid, command == F_SETLKW ||
				command == F_SETLKW64 ||
				command == F_OFD_SETLKW);
	}
}

/* flock(fd, operation) */
long sys_flock(struct trap_frame *frame)
{
	struct file *file;
	struct lock_range range = {
		.kind = LOCK_FLOCK, .end = INT64_MAX, .pid = -1,
	};
	long err;

	switch (frame->ecx & ~FLOCK_NB) {
	case FLOCK_SH:
		range.type = F_RDLCK;
		break;
	case FLOCK_EX:
		range.type = F_WRLCK;
		break;
	case FLOCK_UN:
		range.type = F_UNLCK;
		break;
	default:
		return -EINVAL;
	}
	file = files_find(current_task()->files, frame->ebx);
	if (!file)
		return -EBADF;
	range.owner = file;
	err = range.type != F_UNLCK && !file_is_readable(file) &&
	      !file_is_writable(file) ? -EBADF :
		lock_set(file_inode(file), &range, !(frame->ecx & FLOCK_NB));
	file_put(file);
	return signal_restartable(err);
}
