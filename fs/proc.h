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
 * last part begins with "<", stands for numbers.  Which of the many is meant,
 * goes along as two numbers:
 *
 *	/proc/<pid>/fd/<fd>		id = pid		sub = fd
 *	/proc/<pid>/task/<tid>/fd/<fd>	id = PROC_THREAD | tid	sub = fd
 *
 * All is set by the owner and constant once registered, but (p), procfs.c's.
 */
#define PROC_THREAD	0x40000000

enum proc_number {
	PROC_SUB,			/* a pattern's number is sub, */
	PROC_ID,			/* or id, */
	PROC_THREAD_ID,			/* or the same with PROC_THREAD */
};

struct proc_node {
	const char *path;		/* absolute */
	uint32_t mode;			/* S_IF* | permissions */
	/*
	 * Has the current task a right to it that mode does not tell?  Asked
	 * by each open, read and write.  0 or -Exxx.  NULL: all have.
	 */
	int (*may)(int id);
	/* A file: print the text; may sleep; an error goes to out->err. */
	void (*generate)(struct seq *out);
	/* A file instead of that: as file_ops has them. */
	long (*read)(struct file *file, vaddr_t buf, size_t size);
	long (*write)(struct file *file, vaddr_t buf, size_t size);
	/* A file instead of that: this line, */
	const char *text;
	/* or this number, which may become one of [low, high]. */
	uint32_t *value, low, high;
	/* A file that can be written: what came, with NUL.  0 or -Exxx. */
	int (*store)(int id, char *text, size_t size);
	/* A pattern: the first number that exists at or above @from; -1. */
	int (*next)(int id, int from);
	/* The same for names that are not listed.  NULL: all are. */
	bool (*exists)(int id, int number);
	enum proc_number number;
	/* A directory that has the names of that other one ... */
	const struct proc_node *like;
	/* ... but for those that say so. */
	bool	 is_only_here;
	/* A link: its text, without NUL; its length or -Exxx. */
	int (*readlink)(int id, int sub, char *buf, size_t size);
	/* The same for one that leads to a place; it has readlink() too. */
	int (*follow)(int id, int sub, struct path *path);
	/* Permissions that change; NULL: mode has them. */
	uint32_t (*permissions)(int id, int sub);
	/* Whose it is, and what is below it; NULL: root's. */
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
#define PROC_TEXT(path_, text_)						\
	{ .path = (path_), .mode = S_IFREG | 0444, .text = (text_) }
#define PROC_VALUE(path_, value_, low_, high_)				\
	{ .path = (path_), .mode = S_IFREG | 0644,			\
	  .value = (value_), .low = (low_), .high = (high_) }
#define PROC_KNOB(path_, generate_, store_)				\
	{ .path = (path_), .mode = S_IFREG | 0644,			\
	  .generate = (generate_), .store = (store_) }

/** proc_register() - the @nr nodes at @nodes are there from now on; once. */
void proc_register(struct proc_node *nodes, size_t nr);

/**
 * proc_parse() - the one number that @text is, with blanks around it.
 * Return: 0; -EINVAL: it is none, or not one of [low, high].
 */
int proc_parse(const char *text, uint32_t low, uint32_t high, uint32_t *value);

/** procfs_init() - the file system "proc"; proc_init() - what is in it. */
void procfs_init(void);
void proc_init(void);
