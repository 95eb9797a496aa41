// SPDX-License-Identifier: MIT
/*
 * lock - advisory locks on files, as fcntl(2) and flock(2) know them, and the
 * seals of a memfd.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct file;
struct files;
struct inode;

/* As in fcntl.h. */
#define F_RDLCK		0
#define F_WRLCK		1
#define F_UNLCK		2

#define F_SEAL_SEAL		0x01u	/* no more seals */
#define F_SEAL_SHRINK		0x02u
#define F_SEAL_GROW		0x04u
#define F_SEAL_WRITE		0x08u
#define F_SEAL_FUTURE_WRITE	0x10u	/* but areas that are there may */
#define F_SEAL_ALL		0x1fu

/* Who owns a lock, and with what locks it may be in conflict. */
enum lock_kind {
	LOCK_PROCESS,			/* fcntl(): a process, by its files */
	LOCK_OPEN,			/* fcntl(): an open file */
	LOCK_FLOCK,			/* flock(): the same, among themselves */
};

struct lock_range {
	enum lock_kind kind;
	int type;			/* F_*LCK */
	int64_t start, end;		/* [start, end], end INT64_MAX: all */
	const void *owner;
	int pid;			/* who to tell of; -1: of an open file */
};

/**
 * lock_set() - lock or unlock what @want says; parts of the owner's that it
 * overlaps become as it wants.
 * @waits: for those who are in the way
 *
 * Return: 0; -EAGAIN; -EINTR; -EDEADLK: waiting would be for ever; -ENOMEM.
 */
int lock_set(struct inode *inode, const struct lock_range *want, bool waits);

/** lock_get() - who is in the way of @want; type F_UNLCK: nobody. */
void lock_get(struct inode *inode, struct lock_range *want);

/** lock_release() - all that @owner has on @inode. */
void lock_release(struct inode *inode, const void *owner);
