// SPDX-License-Identifier: MIT
/*
 * anon_file - descriptors of things that have no name: counters, timers, sets
 * of other descriptors.  Their inode has no type, as on Linux, and cannot be
 * opened a second time.
 */
#pragma once

#include <stdint.h>

struct file;
struct file_ops;

/**
 * anon_file_open() - a descriptor for @private.
 * @name:  what /proc shows, "anon_inode:[...]"
 * @flags: O_NONBLOCK, O_CLOEXEC
 *
 * Return: the descriptor, which has @private now; -EMFILE, -ENOMEM.
 */
long anon_file_open(const char *name, const struct file_ops *ops, void *private,
		    uint32_t flags);

/**
 * anon_file_find() - one reference to the file of @fd, which does @ops.
 * Return: NULL and *@err: -EBADF, -EINVAL.
 */
struct file *anon_file_find(int fd, const struct file_ops *ops, long *err);
