// SPDX-License-Identifier: MIT
/*
 * proc - the file system of things that the kernel knows: their names, and
 * files whose text is made when somebody reads them.
 */
#pragma once

#include <stdint.h>

#include "fs/inode.h"
#include "fs/path.h"
#include "fs/seq.h"

struct file;

/*
 * One name, or one pattern for the names of many alike: /proc/<pid>, whose
 * last part begins with "<", stands for numbers.  At most two patterns are on
 * a path; which of the many is meant, goes along as two numbers:
 *
 *	/proc/<pid>/fd/<fd>		id = pid	sub = fd
 *
 * All is set by the owner and constant once registered, but (p), procfs.c's.
 */
struct proc_node {
	const char *path;		/* absolute */
	uint32_t mode;			/* S_IF* | permissions */
	/* A file: print the text; may sleep; an error goes to out->err. */
	void (*generate)(struct seq *out);
	/* A file instead of that: bytes from *@pos on, as file_ops' read(). */
	long (*read)(struct file *file, vaddr_t buf, size_t size);
	/* A file that can be written: what came, with NUL.  0 or -Exxx. */
	int (*store)(int id, char *text, size_t size);
	/* A pattern: the first number that exists at or above @from; -1. */
	int (*next)(int id, int from);
	/* A link: its text, without NUL; its length or -Exxx. */
	int (*readlink)(int id, int sub, char *buf, size_t size);
	/* The same for one that leads to a place; it has readlink() too. */
	int (*follow)(int id, int sub, struct path *path);
	/* Whose it is; NULL: root's. */
	void (*owner)(int id, uint32_t *uid, uint32_t *gid);

	struct proc_node *parent;	/* (p) of /proc itself */
	const char *name;		/* (p) last part of path */
	uint32_t ino;			/* (p) */
	struct list link;		/* (p) */
};

#define PROC_DIR(path_)							\
	{ .path = (path_), .mode = S_IFDIR | 0555 }
#define PROC_FILE(path_, mode_, generate_)				\
	{ .path = (path_), .mode = S_IFREG | (mode_),			\
	  .generate = (generate_) }
#define PROC_KNOB(path_, generate_, store_)				\
	{ .path = (path_), .mode = S_IFREG | 0644,			\
	  .generate = (generate_), .store = (store_) }

/** proc_register() - the @nr nodes at @nodes are there from now on; once. */
void proc_register(struct proc_node *nodes, size_t nr);

/** procfs_init() - the file system "proc"; proc_init() - what is in it. */
void procfs_init(void);
void proc_init(void);
