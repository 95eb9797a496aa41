// SPDX-License-Identifier: MIT
/*
 * node - the tree of names: /, /dev, /proc, and what their owners put there.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/list.h"

#define PATH_SIZE	4096		/* bytes of a path, its end included */
#define NAME_LENGTH	255		/* of one component */

#define S_IFMT		0170000u
#define S_IFIFO		0010000u
#define S_IFCHR		0020000u
#define S_IFDIR		0040000u
#define S_IFREG		0100000u
#define S_IFLNK		0120000u

#define DEV(major, minor)	((major) << 8 | (minor))	/* below 256 */

struct file_ops;

/*
 * One name, or one pattern for the names of many alike: /proc/<pid>.  Which of
 * them is meant, struct place tells by a number.
 *
 * All set by the owner and constant once registered, but (n), node.c's.
 */
struct node {
	const char		*path;		/* absolute */
	uint32_t		 mode;		/* S_IF* | permissions */
	uint32_t		 rdev;		/* of a device: DEV() */
	const struct file_ops	*ops;		/* of a file's opens */
	/* A pattern: what @name, without NUL, stands for, above 0; or -1. */
	int (*match)(const char *name, size_t length);
	/* A link: write its text, with NUL; its length, or -Exxx. */
	int (*readlink)(int id, char *buf, size_t size);

	struct node		*parent;	/* (n) of / itself */
	const char		*name;		/* (n) last part of path */
	uint32_t		 ino;		/* (n) */
	struct list		 link;		/* (n) */
};

/* What a path leads to. */
struct place {
	const struct node *node;
	int id;				/* of the pattern at or above, or 0 */
};

static inline bool node_is(const struct node *node, uint32_t type)
{
	return (node->mode & S_IFMT) == type;
}

/** node_init() - /, /dev and /proc. */
void node_init(void);

/** node_register() - add @node for ever.  Its directory must be there. */
void node_register(struct node *node);

/** node_root() - where absolute paths begin. */
struct place node_root(void);

/**
 * node_lookup() - go from directory @from along @path.
 * @follow: if the last component is a link, go where that points
 * @place:  gets the place; when the last component alone is missing, which is
 *	    -ENOENT too, the directory in which it is, else node NULL
 *
 * Return: 0; -ENOENT, -ENOTDIR, -ENAMETOOLONG, -ELOOP.
 */
int node_lookup(struct place from, const char *path, bool follow,
		struct place *place);
