// SPDX-License-Identifier: MIT
/*
 * node - resolves paths.  The tree exists in memory only and never shrinks:
 *
 *	/ -+- dev  -+- null, zero, console, ...		a node each
 *	   +- proc -+- meminfo, ...
 *		    +- self				a link to <pid>
 *		    +- <pid> -+- maps, stat, ...	a pattern: one node for
 *							all the processes
 *
 * Below a pattern the nodes are shared as well; which process is meant goes
 * along in struct place, as its id.
 *
 * Locking: none is needed.  Nodes are added while the kernel boots, and only
 * read afterwards.
 */
#include "fs/node.h"

#include "fs/file.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "lib/string.h"

#define LINK_SIZE	256
#define LINK_DEPTH	5		/* links inside links; more is a loop */

static long directory_read(struct file *file, vaddr_t buf, size_t size)
{
	(void)file;
	(void)buf;
	(void)size;
	return -EISDIR;
}

static const struct file_ops directory_ops = {
	.read = directory_read, .lseek = file_set_pos,
};

static struct node root = { .path = "/", .mode = S_IFDIR | 0755, .name = "",
			    .ops = &directory_ops, .parent = &root, .ino = 1 };
static struct node dev = { .path = "/dev", .mode = S_IFDIR | 0755 };
static struct node proc = { .path = "/proc", .mode = S_IFDIR | 0555 };

static struct list nodes = LIST_INIT(nodes);
static uint32_t last_ino = 1;

static struct node *find_path(const char *path, size_t length)
{
	struct node *node;

	list_for_each_entry(node, &nodes, link)
		if (strlen(node->path) == length &&
		    !strncmp(node->path, path, length))
			return node;
	return NULL;
}

void node_register(struct node *node)
{
	const char *slash = strrchr(node->path, '/');

	assert(!find_path(node->path, strlen(node->path)));
	node->name = slash + 1;
	node->parent = slash == node->path ? &root :
		find_path(node->path, slash - node->path);
	assert(node->parent && node_is(node->parent, S_IFDIR));
	node->ino = ++last_ino;
	if (node_is(node, S_IFDIR))
		node->ops = &directory_ops;
	list_add_tail(&nodes, &node->link);
}

void node_init(void)
{
	node_register(&dev);
	node_register(&proc);
}

struct place node_root(void)
{
	return (struct place){ .node = &root };
}

static bool find_child(struct place *at, const char *name, size_t length)
{
	struct node *node;

	list_for_each_entry(node, &nodes, link) {
		if (node->parent != at->node)
			continue;
		if (node->match) {
			int id = node->match(name, length);

			if (id < 0)
				continue;
			*at = (struct place){ node, id };
			return true;
		}
		if (strlen(node->name) == length &&
		    !memcmp(node->name, name, length)) {
			at->node = node;
			return true;
		}
	}
	return false;
}

static void go_up(struct place *at)
{
	if (at->node->match)
		at->id = 0;
	at->node = at->node->parent;
}

static int walk(struct place *at, const char *path, bool follow, int depth);

/* @at is a link in directory @from: go where it points. */
static __noinline int walk_link(struct place *at, struct place from, int depth)
{
	char text[LINK_SIZE];
	int length;

	if (depth == LINK_DEPTH)
		return -ELOOP;
	length = at->node->readlink(at->id, text, sizeof(text));
	if (length < 0)
		return length;
	*at = from;
	return walk(at, text, true, depth + 1);
}

/*
 * One component, with something behind it if @is_dir; @at moves there, stays
 * in the directory if that lacks @name, and is nowhere after other errors.
 */
static int walk_one(struct place *at, const char *name, size_t length,
		    bool is_dir, bool follow, int depth)
{
	struct place from = *at;
	int err = 0;

	if (length > NAME_LENGTH)
		return -ENAMETOOLONG;
	if (length == 1 && name[0] == '.')
		return 0;
	if (length == 2 && name[0] == '.' && name[1] == '.') {
		go_up(at);
		return 0;
	}
	if (!find_child(at, name, length))
		return -ENOENT;
	if (node_is(at->node, S_IFLNK) && (is_dir || follow))
		err = walk_link(at, from, depth);
	if (!err && is_dir && !node_is(at->node, S_IFDIR))
		err = -ENOTDIR;
	if (err)
		at->node = NULL;
	return err;
}

static int walk(struct place *at, const char *path, bool follow, int depth)
{
	int err = 0;

	if (*path == '/')
		*at = node_root();
	while (*path == '/')
		path++;
	while (*path && !err) {
		const char *name = path;

		while (*path && *path != '/')
			path++;
		err = walk_one(at, name, path - name, *path, follow, depth);
		while (*path == '/')
			path++;
	}
	if (*path)
		at->node = NULL;	/* not only the last one is missing */
	return err;
}

int node_lookup(struct place from, const char *path, bool follow,
		struct place *place)
{
	*place = from;
	return walk(place, path, follow, 0);
}
