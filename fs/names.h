// SPDX-License-Identifier: MIT
/*
 * names - what changes the tree of names: make, remove, rename; and open(),
 * which may make a file as well.
 *
 * Context: all may sleep, and take names_lock.  Paths are kernel memory.
 * Modes have been through the umask.
 */
#pragma once

#include "fs/path.h"

struct file;

/**
 * names_open() - open(2).
 * @flags: O_*
 * @mode:  of a file that is made
 *
 * Return: 0; -Exxx as open(2).
 */
int names_open(const struct viewpoint *view, const char *name, uint32_t flags,
	       uint32_t mode, struct file **file);

/** file_open_exec() - open a program for exec: a regular file with an x. */
int file_open_exec(const struct viewpoint *view, const char *name,
		   unsigned int lookup_flags, struct file **file);

/**
 * names_make() - a new file, directory, device, or link.
 * @mode: S_IF* | permissions
 * @link: the text of a symbolic link
 *
 * Return: 0; -EEXIST, -ENOENT, -EACCES, -EPERM, -EROFS, -ENOSPC, -ENOMEM, and
 *	   errors of path_lookup().
 */
int names_make(const struct viewpoint *view, const char *name, uint32_t mode,
	       uint32_t rdev, const char *link);

/** names_link() - another name, @to, for what is at @from, no directory. */
int names_link(const struct path *from, const struct viewpoint *view,
	       const char *to);

/** names_remove() - unlink(2), or with @is_dir rmdir(2). */
int names_remove(const struct viewpoint *view, const char *name, bool is_dir);

#define RENAME_NOREPLACE	1u
#define RENAME_EXCHANGE		2u
#define RENAME_WHITEOUT		4u

/** names_parent() - is there a directory that @name would be in?  0; -Exxx. */
int names_parent(const struct viewpoint *view, const char *name);

/** names_rename() - renameat2(2).  Both views have one root and cred. */
int names_rename(const struct viewpoint *from_view, const char *from,
		 const struct viewpoint *to_view, const char *to,
		 uint32_t flags);
