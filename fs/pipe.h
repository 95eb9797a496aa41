// SPDX-License-Identifier: MIT
/*
 * pipe - bytes that one process writes and another reads, in order, once.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct file;
struct file_ops;

#define PIPE_BUF	4096u		/* a write up to here stays whole */
#define PIPE_CAPACITY	65536u		/* at first */

/* Pages that pipes hold, full or kept.  Atomic. */
extern int32_t nr_pipe_pages;

/**
 * pipe_create() - a new pipe.
 * @ends:  gets one reference each to the end to read and the end to write
 * @flags: O_NONBLOCK or 0, for both
 *
 * Context: may sleep.  Return: 0; -ENOMEM.
 */
int pipe_create(struct file *ends[2], uint32_t flags);

/** pipe_init() - once.  fifo_ops: what opens of a pipe with a name do. */
void pipe_init(void);
extern const struct file_ops fifo_ops;

/**
 * pipe_wait_room() - let a write to @file begin, as soon as its pipe has room.
 * Return: 0; -EPIPE, after the hook below: nobody reads; -EAGAIN; -EINTR.
 */
int pipe_wait_room(struct file *file);

/** pipe_capacity() - bytes that @file can hold; -EBADF when it is no pipe. */
long pipe_capacity(const struct file *file);

/**
 * pipe_set_capacity() - let it hold @size bytes, rounded up to 2^n pages.
 * @may_exceed: more than 1 MiB
 * Return: what it holds now; -EBADF, -EINVAL; -EPERM: more than a pipe is
 *	   allowed; -EBUSY: less than it has; -ENOMEM.
 */
long pipe_set_capacity(struct file *file, uint32_t size, bool may_exceed);

/**
 * pipe_set_broken() - register whom a write calls, in the writer's thread,
 * when nobody can read any more: kernel/, which sends SIGPIPE.
 */
void pipe_set_broken(void (*hook)(void));
