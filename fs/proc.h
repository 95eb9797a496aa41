// SPDX-License-Identifier: MIT
/*
 * proc - the file system of things that the kernel knows: their names, and
 * files whose text is made when somebody reads them.
 */
#pragma once

#include <stdbool.h>
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
	PROC_ONLY_HERE,			/* no pattern: ->like leaves it out */
};

enum proc_kind {
	PROC_GENERATED,			/* a text, printed for each reader */
	PROC_RAW,			/* bytes, as file_ops has them */
	PROC_LINE,			/* one line that never changes */
	PROC_NUMBER,			/* a number in the kernel's memory */
};

#define PROC_PART	32768u

struct proc_node {
	const char *path;		/* absolute */
	uint16_t mode;			/* S_IF* | permissions */
	uint8_t	 kind;			/* of a regular file: PROC_* */
	uint8_t	 number;		/* of a pattern: PROC_* */
	/*
	 * Has the current task a right to it that mode does not tell?  Asked
	 * by each open, read and write.  0 or -Exxx.  NULL: all have.
	 */
	int (*may)(int id);
	/* A pattern: the first number that exists at or above @from; -1. */
	int (*next)(int id, int from);
	union {
		/* PROC_GENERATED */
		struct {
			/*
			 * Print it; may sleep; an error goes to out->err.  Of
			 * a long one, print PROC_PART bytes or a few more and
			 * set out->has_more; who reads on has it called again,
			 * with out->cursor as it was left.
			 */
			void (*generate)(struct seq *out);
			/* What was written, with NUL; 0 or -Exxx.  Or NULL. */
			int (*store)(int id, char *text, size_t size);
		};
		/* PROC_RAW; the second may be NULL. */
		struct {
			long (*read)(struct file *file, vaddr_t buf,
				     size_t size);
			long (*write)(struct file *file, vaddr_t buf,
				      size_t size);
		};
		/* PROC_LINE */
		const char *text;
		/* PROC_NUMBER: it may become one of [low, high]. */
		struct {
			uint32_t *value, low, high;
		};
		/* S_IFLNK */
		struct {
			/* Its text, without NUL; its length or -Exxx. */
			int (*readlink)(int id, int sub, char *buf,
					size_t size);
			/* One that leads to a place: that one.  Or NULL. */
			int (*follow)(int id, int sub, struct path *path);
			/* Permissions that change.  NULL: mode has them. */
			uint32_t (*permissions)(int id, int sub);
		};
		/* S_IFDIR; all may be NULL. */
		struct {
			/* A pattern: next() for names that are not listed. */
			bool (*exists)(int id, int number);
			/* Whose it is, and all below; NULL: root's. */
			void (*owner)(int id, uint32_t *uid, uint32_t *gid);
			/* It has the names of that one, too. */
			const struct proc_node *like;
		};
	};

	struct proc_node *parent;	/* (p) of /proc itself */
	struct proc_node *following;	/* (p) in the list of all */
	uint16_t ino;			/* (p) */
	uint16_t name_at;		/* (p) where its name is in path */
};

#define PROC_DIR(path_)							\
	{ .path = (path_), .mode = S_IFDIR | 0555 }
#define PROC_FILE(path_, mode_, generate_)				\
	{ .path = (path_), .mode = S_IFREG | (mode_),			\
	  .generate = (generate_) }
#define PROC_TEXT(path_, text_)						\
	{ .path = (path_), .mode = S_IFREG | 0444, .kind = PROC_LINE,	\
	  .text = (text_) }
#define PROC_VALUE(path_, value_, low_, high_)				\
	{ .path = (path_), .mode = S_IFREG | 0644, .kind = PROC_NUMBER, \
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
