// SPDX-License-Identifier: MIT
/*
 * procfs - names that nobody stored, and texts that nobody wrote.
 *
 *	/proc -+- meminfo, ...			a node each
 *	       +- self				a link to <pid>
 *	       +- <pid> -+- maps, stat, ...	a pattern: one node for all
 *			 +- fd -+- <fd>		processes
 *			 +- task -+- <tid>	like <pid>
 *
 * Inodes and dentries are made by each look-up and end with its last user; an
 * inode is a node and the numbers of the patterns above it.
 *
 * A file's text is made by the read that begins at position 0, and kept with
 * the open file: who reads it in pieces sees one moment.  Reading from the
 * start again sees a new one.  Of a long text, such as the maps of 60 000
 * areas, there is only a part at a time, each of another moment.
 *
 * Locking: nodes are added while the kernel boots and only read afterwards;
 * file->lock for the text; each generator takes what its module wants.
 */
#include "fs/proc.h"

#include "fs/dir.h"
#include "fs/file.h"
#include "fs/mount.h"
#include "lib/cmdline.h"
#include "lib/errno.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "x86/uaccess.h"

#define PROC_MAGIC	0x9fa0u
#define STORE_MAX	4096u		/* bytes of one write */
/* Positions: 2 + a node's ino, or FIRST_NUMBER + a pattern's number. */
#define FIRST_NUMBER	256u

static struct proc_node root = { .path = "/proc", .mode = S_IFDIR | 0555,
				 .name_at = 1, .parent = &root, .ino = 1 };
static struct proc_node *first_node, **last_link = &first_node;
static uint16_t last_ino = 1;

#define for_each_node(node)						\
	for ((node) = first_node; (node); (node) = (node)->following)

/* ------------------------------------------------------------------- nodes */

static struct proc_node *find_path(const char *path, size_t length)
{
	struct proc_node *node;

	for_each_node(node)
		if (strlen(node->path) == length &&
		    !strncmp(node->path, path, length))
			return node;
	return NULL;
}

void proc_register(struct proc_node *more, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		struct proc_node *node = &more[i];
		size_t length = strrchr(node->path, '/') - node->path;

		assert(!find_path(node->path, strlen(node->path)));
		node->name_at = length + 1;
		node->parent = length == strlen(root.path) ? &root :
			find_path(node->path, length);
		assert(node->parent);
		node->ino = ++last_ino;
		assert(node->ino < FIRST_NUMBER - 2);
		*last_link = node;
		last_link = &node->following;
	}
}

static const char *name_of(const struct proc_node *node)
{
	return node->path + node->name_at;
}

static bool is_dir(const struct proc_node *node)
{
	return (node->mode & S_IFMT) == S_IFDIR;
}

static bool is_pattern(const struct proc_node *node)
{
	return name_of(node)[0] == '<';
}

/* A number as the kernel prints it; -1: it is none. */
static int parse_number(const char *name, size_t length)
{
	int number = 0;

	if (length == 0 || length > 9 || (name[0] == '0' && length > 1))
		return -1;
	for (size_t i = 0; i < length; i++) {
		if (name[i] < '0' || name[i] > '9')
			return -1;
		number = number * 10 + name[i] - '0';
	}
	return number;
}

int proc_parse(const char *text, uint32_t low, uint32_t high, uint32_t *value)
{
	const char *end;
	uint64_t number;

	while (*text == ' ' || *text == '\t')
		text++;
	if (parse_uint(text, &end, &number))
		return -EINVAL;
	while (*end == ' ' || *end == '\t' || *end == '\n')
		end++;
	if (*end || number < low || number > high)
		return -EINVAL;
	*value = number;
	return 0;
}

/* ------------------------------------------------------------- open files */

static void generate(const struct proc_node *node, struct seq *seq)
{
	if (node->kind == PROC_NUMBER)
		seq_printf(seq, "%u\n", READ_ONCE(*node->value));
	else if (node->kind == PROC_LINE)
		seq_printf(seq, "%s\n", node->text);
	else
		node->generate(seq);
}

/* What an open file keeps: of a long text only the part that is being read. */
struct text {
	struct seq seq;
	uint64_t start;			/* where in the file the part is */
};

/* The next part, or the first one. */
static int text_make(struct file *file, struct text *text, bool is_first)
{
	const struct inode *inode = file_inode(file);
	struct seq *seq = &text->seq;
	int err;

	text->start = is_first ? 0 : text->start + seq->size;
	if (is_first)
		seq->cursor = 0;
	seq->size = 0;
	seq->has_more = false;
	seq->id = inode->id;
	seq->sub = inode->sub;
	generate(inode->proc, seq);
	err = seq->err;
	if (err)
		seq_free(seq);
	return err;
}

/* The part with the file's position, if the text is that long. */
static int text_find(struct file *file, struct text *text)
{
	int err = 0;

	if (file->pos == 0 || !text->seq.text || file->pos < text->start)
		err = text_make(file, text, true);
	while (!err && file->pos >= text->start + text->seq.size &&
	       text->seq.has_more)
		err = text_make(file, text, false);
	return err;
}

static long text_read(struct file *file, vaddr_t buf, size_t size)
{
	struct text *text = file->private;
	size_t n, offset;
	int err;

	if (!text) {
		text = kzalloc(sizeof(*text), GFP_KERNEL);
		if (!text)
			return -ENOMEM;
		file->private = text;
	}
	err = text_find(file, text);
	if (err)
		return err;
	if (file->pos >= text->start + text->seq.size || size == 0)
		return 0;
	offset = file->pos - text->start;
	size = min(size, text->seq.size - offset);
	n = size - copy_to_user(buf, text->seq.text + offset, size);
	if (n == 0)
		return -EFAULT;
	file->pos += n;
	return n;
}

static int proc_open(struct file *file)
{
	const struct inode *inode = file_inode(file);

	return inode->proc->may ? inode->proc->may(inode->id) : 0;
}

static long proc_read(struct file *file, vaddr_t buf, size_t size)
{
	const struct proc_node *node = file_inode(file)->proc;
	int err = proc_open(file);

	if (err)
		return err;
	return node->kind == PROC_RAW ? node->read(file, buf, size) :
		text_read(file, buf, size);
}

static int store(const struct inode *inode, char *text, size_t size)
{
	const struct proc_node *node = inode->proc;

	switch (node->kind) {
	case PROC_NUMBER:
		return proc_parse(text, node->low, node->high, node->value);
	case PROC_GENERATED:
		if (node->store)
			return node->store(inode->id, text, size);
		/* fall through */
	default:
		return -EIO;
	}
}

static long proc_write(struct file *file, vaddr_t buf, size_t size)
{
	const struct inode *inode = file_inode(file);
	const struct proc_node *node = inode->proc;
	char *text;
	int err = proc_open(file);

	if (err)
		return err;
	if (node->kind == PROC_RAW)
		return node->write ? node->write(file, buf, size) : -EIO;
	/* A number is written at once; what follows is ignored, as on Linux. */
	if (size == 0 || (node->kind == PROC_NUMBER && file->pos))
		return size;
	size = min(size, STORE_MAX);
	text = kmalloc(size + 1, GFP_KERNEL);
	if (!text)
		return -ENOMEM;
	err = copy_from_writer(text, buf, size) ? -EFAULT : 0;
	text[size] = '\0';
	if (!err)
		err = store(inode, text, size);
	kfree(text);
	if (err)
		return err;
	file->pos += size;
	return size;
}

static void proc_release(struct file *file)
{
	if (!file->private)
		return;
	seq_free(&((struct text *)file->private)->seq);
	kfree(file->private);
}

static const struct file_ops proc_file_ops = {
	.open = proc_open, .read = proc_read, .write = proc_write, .lseek = file_set_pos,
	.release = proc_release,
};

/* ------------------------------------------------------------------ inodes */

static struct super *proc_super;
static const struct inode_ops proc_dir_ops, proc_link_ops, proc_text_link_ops,
	proc_leaf_ops;

static const struct inode_ops *ops_of(const struct proc_node *node)
{
	switch (node->mode & S_IFMT) {
	case S_IFDIR:
		return &proc_dir_ops;
	case S_IFLNK:
		return node->follow ? &proc_link_ops : &proc_text_link_ops;
	default:
		return &proc_leaf_ops;
	}
}

/* Numbers that stay the same as long as the thing does. */
static uint32_t ino_of(const struct proc_node *node, int id, int sub)
{
	return (uint32_t)(id & PROC_THREAD) << 1 | (id & 0x7fff) << 16 |
		(sub & 0xff) << 8 | node->ino;
}

static struct inode *inode_of(const struct proc_node *node, int id, int sub)
{
	struct inode *inode = inode_alloc();

	if (!inode)
		return NULL;
	inode_init(inode, proc_super, node->mode);
	if (inode_is(inode, S_IFLNK) && node->permissions)
		inode->mode |= node->permissions(id, sub);
	inode->ops = ops_of(node);
	inode->file_ops = inode_is(inode, S_IFDIR) ? &dir_ops : &proc_file_ops;
	inode->ino = ino_of(node, id, sub);
	inode->proc = node;
	inode->id = id;
	inode->sub = sub;
	while ((!is_dir(node) || !node->owner) && node != &root)
		node = node->parent;
	if (node->owner)
		node->owner(id, &inode->uid, &inode->gid);
	return inode;
}

/* Is @node one of the names in the directory @dir? */
static bool is_in(const struct proc_node *node, const struct proc_node *dir)
{
	return node->parent == dir ||
		(node->parent == dir->like &&
		 node->number != PROC_ONLY_HERE);
}

/* Which of many: what the pattern @node's @number changes. */
static void apply_number(const struct proc_node *node, int number, int *id,
			 int *sub)
{
	if (node->number == PROC_SUB)
		*sub = number;
	else
		*id = node->number == PROC_ID ? number : number | PROC_THREAD;
}

/* The number that @name is for the pattern @node, if it exists; or -1. */
static int match(const struct proc_node *node, int id, const char *name,
		 size_t length)
{
	int number = parse_number(name, length);

	if (number >= 0 && is_dir(node) && node->exists)
		return node->exists(id, number) ? number : -1;
	return number >= 0 && node->next(id, number) == number ? number : -1;
}

static int proc_lookup(struct inode *dir, const char *name, size_t length,
		       struct inode **inode)
{
	const struct proc_node *node;

	for_each_node(node) {
		int id = dir->id, sub = dir->sub, number;

		if (!is_in(node, dir->proc))
			continue;
		if (is_pattern(node)) {
			number = match(node, id, name, length);
			if (number < 0)
				continue;
			apply_number(node, number, &id, &sub);
		} else if (strlen(name_of(node)) != length ||
			   memcmp(name_of(node), name, length)) {
			continue;
		}
		*inode = inode_of(node, id, sub);
		return *inode ? 0 : -ENOMEM;
	}
	return -ENOENT;
}

static void list_numbers(const struct inode *dir, const struct proc_node *node,
			 struct dir_sink *sink)
{
	int number = sink->pos > FIRST_NUMBER ? sink->pos - FIRST_NUMBER : 0;

	while ((number = node->next(dir->id, number)) >= 0) {
		int id = dir->id, sub = 0;
		char name[12];
		int length = snprintf(name, sizeof(name), "%d", number);

		apply_number(node, number, &id, &sub);
		if (!dir_emit(sink, name, length, ino_of(node, id, sub),
			      node->mode, FIRST_NUMBER + number + 1))
			return;
		number++;
	}
}

static void proc_list(struct inode *dir, struct dir_sink *sink)
{
	const struct proc_node *node, *pattern = NULL;

	for_each_node(node) {
		if (!is_in(node, dir->proc))
			continue;
		if (is_pattern(node))
			pattern = node;
		else if (sink->pos <= 2u + node->ino &&
			 !dir_emit(sink, name_of(node), strlen(name_of(node)),
				   ino_of(node, dir->id, dir->sub), node->mode,
				   2 + node->ino + 1))
			return;
	}
	if (pattern)
		list_numbers(dir, pattern, sink);
}

static int proc_readlink(struct inode *inode, char *buf, size_t size)
{
	return inode->proc->readlink(inode->id, inode->sub, buf, size);
}

static int proc_follow(struct inode *inode, struct path *path)
{
	return inode->proc->follow(inode->id, inode->sub, path);
}

static const struct inode_ops proc_dir_ops = {
	.lookup = proc_lookup, .list = proc_list, .release = inode_free,
};

static const struct inode_ops proc_link_ops = {
	.follow = proc_follow, .readlink = proc_readlink,
	.release = inode_free,
};

static const struct inode_ops proc_text_link_ops = {
	.readlink = proc_readlink, .release = inode_free,
};

static const struct inode_ops proc_leaf_ops = { .release = inode_free };

/* ---------------------------------------------------------- file system */

static int proc_create(const struct fs_type *type, const char *options,
		       struct super **super)
{
	struct inode *inode;

	(void)options;
	proc_super = super_alloc(type);
	inode = proc_super ? inode_of(&root, 0, 0) : NULL;
	if (!inode)
		return -ENOMEM;
	proc_super->root = dentry_create(NULL, "", 0, inode);
	*super = proc_super;
	return proc_super->root ? 0 : -ENOMEM;
}

static struct fs_type proc_fs = {
	.name = "proc", .magic = PROC_MAGIC, .create = proc_create,
};

void procfs_init(void)
{
	fs_register(&proc_fs);
}
