// SPDX-License-Identifier: MIT
/*
 * lookup - paths as system calls get them: text in user memory, beside a
 * descriptor of the directory to begin in.
 *
 *	"/dev/null"			from the root
 *	"null", dirfd			from an open directory
 *	"null", AT_FDCWD		from the working directory
 *	"", fd and AT_EMPTY_PATH	the open file itself
 *
 * Context: the calling task; all may sleep.
 */
#pragma once

#include "fs/path.h"
#include "mm/layout.h"

#define AT_FDCWD		(-100)
#define AT_SYMLINK_NOFOLLOW	0x0100u
#define AT_EACCESS		0x0200u
#define AT_REMOVEDIR		0x0200u
#define AT_SYMLINK_FOLLOW	0x0400u
#define AT_NO_AUTOMOUNT		0x0800u
#define AT_EMPTY_PATH		0x1000u
#define AT_STATX_SYNC_TYPE	0x6000u
#define AT_STAT			(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | \
				 AT_EMPTY_PATH | AT_STATX_SYNC_TYPE)

/** name_get() - copy a path.  Return: 0, and *name is for kfree(); -Exxx. */
int name_get(char **name, vaddr_t from);

/** view_get() - as whom and from where, or not, the caller looks for @name. */
void view_get(int dirfd, const char *name, struct viewpoint *view);
void view_put(struct viewpoint *view);

/* A path of user memory with its viewpoint: what most calls begin with. */
struct user_name {
	char *name;
	struct viewpoint view;
};

int user_name_get(int dirfd, vaddr_t from, struct user_name *name);
void user_name_put(struct user_name *name);

/**
 * user_path() - look up a path of user memory.
 * @flags: AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH
 * @path:  gets it, with references
 */
int user_path(int dirfd, vaddr_t from, uint32_t flags, struct path *path);

/** user_path_as() - the same as if @cred asked. */
int user_path_as(const struct cred *cred, int dirfd, vaddr_t from,
		 uint32_t flags, struct path *path);

/**
 * fd_path() - what descriptor @fd is open on, with references; -EBADF.
 * open_path() - the same, but -EBADF if it was opened with O_PATH.
 */
int fd_path(int fd, struct path *path);
int open_path(int fd, struct path *path);
