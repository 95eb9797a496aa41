// SPDX-License-Identifier: MIT
/*
 * path - from the text of a path to the place that it names.
 */
#pragma once

#include "fs/cred.h"
#include "fs/mount.h"

#define PATH_SIZE	4096		/* bytes of a path, its end included */

/*
 * From where, and as whom, somebody looks.  References are its maker's.  An
 * error that it has is what each look-up gives, as soon as it is that one's
 * turn: there is no such place to start from.
 */
struct viewpoint {
	struct path root;		/* "/", and nothing is above */
	struct path start;		/* of paths without a "/" in front */
	const struct cred *cred;
	int err;
};

/** path_lookup() flags. */
#define LOOKUP_FOLLOW	1u		/* a link at the end: go where it leads */
#define LOOKUP_EMPTY	2u		/* "" is the start itself */

/**
 * path_lookup() - what does @name name?
 * @path: gets it, with references
 *
 * Context: may sleep.  Takes names_lock.
 * Return: 0; -ENOENT, -ENOTDIR, -EACCES, -ELOOP, -ENAMETOOLONG, -ENOMEM.
 */
int path_lookup(const struct viewpoint *view, const char *name,
		unsigned int flags, struct path *path);

/*
 * The same in steps, for who wants to change something at the end of the path:
 *
 *	walk_begin(&walk, view, name);
 *	err = walk_to_parent(&walk);		walk.at: the directory
 *	...					walk.name: the last part
 *	walk_end(&walk);
 *
 * names_lock is held in between, so what is found stays so.
 */
enum last_kind {
	LAST_NAME,
	LAST_DOT, LAST_DOTDOT,
	LAST_NONE,			/* "/", or "" */
};

#define LINKS_MAX	40		/* followed along one path */

struct walk {
	const struct viewpoint *view;
	struct path at;			/* with references */
	const char *name;		/* the last part, not looked up yet */
	size_t length;
	enum last_kind kind;
	bool wants_dir;			/* a "/" comes behind it */
	bool creates;			/* O_CREAT: and that is EISDIR */
	bool is_missing;		/* walk_last(): just that is not there */
	unsigned int nr_links, depth;
	const char *rest;		/* of what is being walked */
	char *text;			/* of the link it comes from, or NULL */
	struct {			/* where to go on behind a link */
		const char *rest;
		char *text;
	} stack[LINKS_MAX];
};

void walk_begin(struct walk *walk, const struct viewpoint *view,
		const char *name);
void walk_end(struct walk *walk);

/* The same for a second walk under the lock of a first. */
void walk_begin_locked(struct walk *walk, const struct viewpoint *view,
		       const char *name);
void walk_end_locked(struct walk *walk);

/** walk_to_parent() - all parts but the last.  Return: as path_lookup(). */
int walk_to_parent(struct walk *walk);

/**
 * walk_last() - step to the last part as well; walk->at is it then.
 * @follow: if it is a link, the last part of where it leads
 *
 * Return: 0; -ENOENT, and if walk->is_missing, walk->at is the directory that
 *	   lacks walk->name; other errors of path_lookup().
 */
int walk_last(struct walk *walk, bool follow);

/**
 * walk_find() - the last part without a step to it.
 * @found: no reference; NULL unless it is 0 that is returned
 *
 * Return: 0, -ENOENT, -ENAMETOOLONG.
 */
int walk_find(const struct walk *walk, struct dentry **found);
