// SPDX-License-Identifier: MIT
/*
 * The walk along a path, over the real dentries, mounts and permissions, in
 * trees that live in malloc()'s memory.
 *
 * Each look-up is done over and over: first with its 1st allocation failing,
 * then its 2nd, until none does, and each time all references are counted
 * before and after.  So no test says so of itself.
 *
 * How long a path may be is not path.c's to say: kernel/lookup.c takes no more
 * than PATH_SIZE from the user.
 */
#include "host.h"

#include "fs/inode.h"
#include "fs/path.h"
#include "lib/errno.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "mm/kmalloc.h"

/* ---------------------------------------------- what is below: all in malloc */

struct kmem_cache kmalloc_caches[NR_KMALLOC_CLASSES];

static unsigned int nr_live;		/* allocations */
static unsigned int fail_in;		/* which from now on fails; 0: none */

static void *allocate(size_t size, gfp_t gfp)
{
	void *memory;

	if (fail_in && !--fail_in)
		return NULL;
	nr_live++;
	memory = malloc(size);
	return memset(memory, gfp & __GFP_ZERO ? 0 : 0xa5, size);
}

void *kmalloc_sized(size_t size, gfp_t gfp)
{
	return allocate(size, gfp);
}

void *kmalloc_from(struct kmem_cache *cache, size_t size, gfp_t gfp)
{
	(void)cache;
	return allocate(size, gfp);
}

void kfree(const void *object)
{
	nr_live -= object != NULL;
	free((void *)object);
}

struct kmem_cache *kmem_cache_create(const char *name, size_t size,
				     size_t align, void (*ctor)(void *object))
{
	static struct kmem_cache cache;

	(void)name, (void)align, (void)ctor;
	cache.size = size;		/* only inodes come from one here */
	return &cache;
}

void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp)
{
	return allocate(cache->size, gfp);
}

void kmem_cache_free(struct kmem_cache *cache, void *object)
{
	(void)cache;
	kfree(object);
}

uint64_t time_realtime_ns(void)
{
	return 0;
}

void seq_printf(struct seq *seq, const char *fmt, ...)
{
	(void)seq, (void)fmt;
}

/* ---------------------------------------------------------- a file system */

#define MOST	64u

static struct super *supers[MOST];
static struct mount *mounted[MOST];	/* the first: "/" */
static unsigned int nr_supers, nr_mounted;

static void release(struct inode *inode)
{
	if (inode_is(inode, S_IFLNK) && !inode->ops->follow)
		kfree(inode->link);
	inode_free(inode);
}

static const struct inode_ops tree_ops = { .release = release };

static struct inode *new_inode(struct super *super, uint32_t mode,
			       const char *link)
{
	struct inode *inode = inode_alloc();

	inode_init(inode, super, mode);
	inode->ops = &tree_ops;
	inode->ino = super_new_ino(super);
	if (link)
		inode->link = dentry_copy_name(link, strlen(link));
	return inode;
}

static struct dentry *add(struct dentry *dir, const char *name, uint32_t mode,
			  const char *link)
{
	struct inode *inode = new_inode(dir->inode->super, mode, link);
	struct dentry *dentry = dentry_create(dir, name, strlen(name), inode);

	mutex_lock(&names_lock);
	dentry_link(dentry);
	mutex_unlock(&names_lock);
	dentry_put(dentry);
	return dentry;			/* the tree's */
}

static void remove_below(struct dentry *dir)
{
	struct inode *inode = dir->inode;
	struct dentry *dentry, *next;

	if (!inode_is(inode, S_IFDIR) || inode->ops->lookup)
		return;
	list_for_each_entry_safe(dentry, next, &inode->order, link) {
		remove_below(dentry);
		dentry_unlink(dentry);
	}
}

static int create(const struct fs_type *type, const char *options,
		  struct super **super)
{
	(void)options;
	*super = super_alloc(type);
	(*super)->root = dentry_create(NULL, "", 0,
				       new_inode(*super, S_IFDIR | 0755, NULL));
	supers[nr_supers++] = *super;
	return 0;
}

static void destroy(struct super *super)
{
	unsigned int i = 0;

	while (supers[i] != super)
		i++;
	supers[i] = supers[--nr_supers];
	remove_below(super->root);
	dentry_put(super->root);
	kfree(super);
}

static struct fs_type type = {
	.name = "t", .create = create, .destroy = destroy,
};

/* What is on top of @at, without references. */
static struct path top_of(struct path at)
{
	at = path_get(at);
	mutex_lock(&names_lock);
	path_enter_mounts(&at);
	path_put(at);
	mutex_unlock(&names_lock);
	return at;
}

/* Mount a new tree, or @from once more, on top of all at @at. */
static struct path mount_on(struct path at, const struct path *from)
{
	at = top_of(at);
	EXPECT_EQ(from ? mount_bind(from, &at, false) :
		  mount_new("t", "t", "", 0, &at), 0);
	at = top_of(at);
	mounted[nr_mounted++] = at.mount;
	return at;
}

static const struct cred root_cred, user_cred = {
	.fsuid = 1000, .fsgid = 1000, .nr_groups = 1, .groups = { 7 },
};
static struct viewpoint view;
static struct dentry *top;		/* of "/" */
static unsigned int nr_live_before;

static void begin(void)
{
	if (!nr_mounted) {
		inode_cache_init();
		fs_register(&type);
		EXPECT_EQ(mount_new("t", "t", "", 0, NULL), 0);
		mounted[nr_mounted++] = mount_root().mount;
		nr_live_before = nr_live;
	}
	EXPECT_EQ(nr_live, nr_live_before);
	top = mount_root().dentry;
	view = (struct viewpoint){ mount_root(), mount_root(), &root_cred, 0 };
}

static void end(void)
{
	while (nr_mounted > 1) {
		struct mount *mount = mounted[--nr_mounted];
		struct path path = { mount, mount->root };

		EXPECT_EQ(mount_remove(path_get(path), 0, NULL), 0);
	}
	mutex_lock(&names_lock);
	remove_below(top);
	mutex_unlock(&names_lock);
	EXPECT_EQ(nr_live, nr_live_before);
}

/* ------------------------------------------------------------- the look-ups */

static uint64_t mix(uint64_t sum, uint64_t n)
{
	return (sum ^ n) * 0x100000001b3;
}

static uint64_t digest_below(uint64_t sum, const struct dentry *dentry)
{
	const struct inode *inode = dentry->inode;
	const struct dentry *child;

	sum = mix(mix(mix(sum, dentry->refs), inode->refs), dentry->nr_mounts);
	if (inode_is(inode, S_IFDIR) && !inode->ops->lookup)
		list_for_each_entry(child, &inode->order, link)
			sum = digest_below(sum, child);
	return sum;
}

/* All counters of references, and that of allocations, in one number. */
static uint64_t digest(void)
{
	uint64_t sum = mix(0, nr_live);

	for (unsigned int i = 0; i < nr_supers; i++)
		sum = digest_below(sum, supers[i]->root);
	for (unsigned int i = 0; i < nr_mounted; i++)
		sum = mix(sum, mounted[i]->refs);
	return sum;
}

/* What was found last: it is there, but for a dentry that was made up. */
static struct path found;
static uint32_t found_ino;

static int look_once(const char *name, unsigned int flags)
{
	uint64_t before = digest();
	struct path path;
	int err = path_lookup(&view, name, flags, &path);

	if (!err) {
		EXPECT(digest() != before);
		found = path;
		found_ino = path.dentry->inode->ino;
		path_put(path);
	}
	EXPECT(digest() == before);
	EXPECT(!mutex_is_held(&names_lock));
	return err;
}

static int look(const char *name, unsigned int flags)
{
	/* Exactly as long as it is, so that ASan sees what is behind. */
	char *text = strdup(name);
	int err;

	for (unsigned int nth = 1;; nth++) {
		fail_in = nth;
		err = look_once(text, flags);
		if (fail_in)
			break;		/* so many it does not want */
		EXPECT_EQ(err, -ENOMEM);
	}
	fail_in = 0;
	free(text);
	return err;
}

static bool finds(const char *name, unsigned int flags,
		  const struct dentry *dentry)
{
	return EXPECT_EQ(look(name, flags), 0) && found.dentry == dentry;
}

#define FINDS(name, dentry)	EXPECT(finds(name, 0, dentry))
#define FOLLOWS(name, dentry)	EXPECT(finds(name, LOOKUP_FOLLOW, dentry))
#define FAILS(name, err)						\
	do {								\
		EXPECT_EQ(look(name, 0), err);				\
		EXPECT_EQ(look(name, LOOKUP_FOLLOW), err);		\
	} while (0)

static struct dentry *add_dir(struct dentry *dir, const char *name)
{
	return add(dir, name, S_IFDIR | 0755, NULL);
}

static struct dentry *add_file(struct dentry *dir, const char *name)
{
	return add(dir, name, S_IFREG | 0644, NULL);
}

static struct dentry *add_link(struct dentry *dir, const char *name,
			       const char *text)
{
	return add(dir, name, S_IFLNK | 0777, text);
}

static struct path in_root(struct dentry *dentry)
{
	return (struct path){ mounted[0], dentry };
}

/* ------------------------------------------------------------ parts of a path */

TEST(path, slashes_may_be_many_but_the_last_asks_for_a_directory)
{
	struct dentry *d, *e, *f;

	begin();
	d = add_dir(top, "d");
	e = add_dir(d, "e");
	f = add_file(d, "f");
	FINDS("/", top);
	FINDS("///", top);
	FINDS("d", d);
	FINDS("/d", d);
	FINDS("///d", d);
	FINDS("d///e", e);
	FINDS("d/e/", e);
	FINDS("//d//e//", e);
	FINDS("d/f", f);
	FAILS("d/f/", -ENOTDIR);
	FAILS("d/f///", -ENOTDIR);
	FAILS("d/none/", -ENOENT);
	end();
}

TEST(path, dots_stay_or_go_up_but_not_above_the_root)
{
	struct dentry *d, *e;

	begin();
	d = add_dir(top, "d");
	e = add_dir(d, "e");
	add_dir(d, "...");
	FINDS(".", top);
	FINDS("./././d/.", d);
	FINDS("d/..", top);
	FINDS("d/e/../", d);
	FINDS("d/e/../../d/e", e);
	FINDS("..", top);
	FINDS("/../../d", d);
	FINDS("d/.../..", d);
	FAILS("..d", -ENOENT);
	FAILS("d/....", -ENOENT);
	end();
}

TEST(path, nothing_is_above_the_root_of_a_chroot_but_for_who_starts_there)
{
	struct dentry *d, *e, *l;

	begin();
	d = add_dir(top, "d");
	e = add_dir(d, "e");
	l = add_dir(top, "outside");
	add_link(e, "up", "/../../e");
	view.root = view.start = in_root(d);
	FINDS("/", d);
	FINDS("..", d);
	FINDS("/e/../../..", d);
	FINDS("e/../../e", e);
	FOLLOWS("e/up", e);
	FAILS("/../outside", -ENOENT);
	view.start = in_root(l);
	FINDS("..", top);
	FINDS("../outside", l);
	FINDS("/", d);
	FINDS("../d/..", d);		/* into it, and not out again */
	end();
}

TEST(path, no_name_is_longer_than_255_bytes)
{
	char text[300], name[257];
	struct dentry *d;

	begin();
	memset(name, 'n', 256);
	name[256] = name[255] = '\0';
	d = add_dir(top, name);
	FINDS(name, d);
	snprintf(text, sizeof(text), "%s/../%.20s", name, name);
	FAILS(text, -ENOENT);
	name[255] = 'n';
	FAILS(name, -ENAMETOOLONG);
	snprintf(text, sizeof(text), "%s/..", name);
	FAILS(text, -ENAMETOOLONG);
	snprintf(text, sizeof(text), "none/%s", name);
	FAILS(text, -ENOENT);
	add_file(top, "f");
	snprintf(text, sizeof(text), "f/%s", name);
	FAILS(text, -ENOTDIR);
	add_link(top, "l", name);
	EXPECT_EQ(look("l", LOOKUP_FOLLOW), -ENAMETOOLONG);
	end();
}

TEST(path, a_path_is_walked_whatever_its_length)
{
	static const size_t lengths[] = { 4094, 4095, 4096, 20000 };
	struct dentry *d;
	char *text;

	begin();
	d = add_dir(top, "d");
	for (unsigned int i = 0; i < 4; i++) {
		text = malloc(lengths[i] + 1);
		for (size_t at = 0; at < lengths[i]; at++)
			text[at] = "./"[at & 1];
		text[lengths[i]] = '\0';
		text[lengths[i] - 2] = '/';
		text[lengths[i] - 1] = 'd';
		FINDS(text, d);
		memset(text, '/', lengths[i] - 1);
		FINDS(text, d);
		free(text);
	}
	end();
}

TEST(path, an_empty_path_is_nothing_or_the_start)
{
	struct dentry *f;

	begin();
	f = add_file(top, "f");
	FAILS("", -ENOENT);
	FINDS(".", top);
	view.start = in_root(f);
	FAILS("", -ENOENT);
	EXPECT(finds("", LOOKUP_EMPTY, f));
	FAILS(".", -ENOTDIR);
	FAILS("..", -ENOTDIR);
	FAILS("x", -ENOTDIR);
	FINDS("/", top);
	end();
}

TEST(path, a_view_that_is_in_error_gives_just_that)
{
	begin();
	add_dir(top, "d");
	view.err = -EBADF;
	FAILS("d", -EBADF);
	FAILS("/d", -EBADF);
	FAILS("", -ENOENT);
	EXPECT_EQ(look("", LOOKUP_EMPTY), -EBADF);
	end();
}

TEST(path, a_file_is_no_directory)
{
	begin();
	add_file(top, "f");
	add(top, "p", S_IFIFO | 0777, NULL);
	FAILS("f/x", -ENOTDIR);
	FAILS("f/.", -ENOTDIR);
	FAILS("f/..", -ENOTDIR);
	FAILS("p/../f", -ENOTDIR);
	end();
}

TEST(path, a_missing_name_is_missed_first_and_last)
{
	begin();
	add_dir(top, "d");
	FAILS("x", -ENOENT);
	FAILS("d/x", -ENOENT);
	FAILS("x/d", -ENOENT);
	FAILS("x/../d", -ENOENT);
	FAILS("D", -ENOENT);
	FAILS("dd", -ENOENT);
	end();
}

TEST(path, each_directory_on_the_way_lets_its_visitor_through_or_not)
{
	struct dentry *d, *e, *f;

	begin();
	d = add_dir(top, "d");
	e = add_dir(d, "e");
	f = add_file(e, "f");
	view.cred = &user_cred;
	FINDS("d/e/f", f);
	e->inode->mode = S_IFDIR | 0766;
	FINDS("d/e", e);		/* to it, not through it */
	FINDS("d/e/", e);
	FAILS("d/e/f", -EACCES);
	FAILS("d/e/none", -EACCES);
	FAILS("d/e/.", -EACCES);
	FAILS("d/e/..", -EACCES);
	e->inode->gid = 7;
	FAILS("d/e/f", -EACCES);
	e->inode->mode = S_IFDIR | 0010;
	FINDS("d/e/f", f);
	e->inode->uid = 1000;
	FAILS("d/e/f", -EACCES);
	e->inode->mode = S_IFDIR | 0100;
	FINDS("d/e/f", f);
	d->inode->mode = S_IFDIR;
	FAILS("d/e", -EACCES);
	view.start = in_root(e);
	FINDS("f", f);
	FAILS("../e/f", -EACCES);
	view.cred = &root_cred;
	FINDS("/d/e/f", f);
	end();
}

/* ------------------------------------------------------------ symbolic links */

TEST(path, a_link_at_the_end_is_itself_or_where_it_leads)
{
	struct dentry *d, *f, *l;

	begin();
	d = add_dir(top, "d");
	f = add_file(d, "f");
	l = add_link(d, "l", "f");
	FINDS("d/l", l);
	FOLLOWS("d/l", f);
	add_link(d, "abs", "/d/l");
	FOLLOWS("d/abs", f);
	l = add_link(top, "to-l", "d/l");
	FINDS("to-l", l);
	FOLLOWS("to-l", f);
	add_link(d, "up", "..");
	add_link(d, "top", "/");
	add_link(d, "here", ".");
	FOLLOWS("d/up", top);
	FOLLOWS("d/top", top);
	FOLLOWS("d/here", d);
	end();
}

TEST(path, a_link_in_the_middle_is_always_followed)
{
	struct dentry *d, *e, *f;

	begin();
	d = add_dir(top, "d");
	e = add_dir(d, "e");
	f = add_file(e, "f");
	add_link(top, "rel", "d/e");
	add_link(top, "abs", "/d//e///");
	add_link(e, "back", "../../rel/../e");
	add_link(top, "file", "d/e/f");
	FINDS("rel/f", f);
	FINDS("abs/f", f);
	FINDS("rel/back/back/f", f);
	FINDS("abs/back/..", d);	/* of where it leads, not of the link */
	FINDS("rel/.", e);
	FAILS("file/x", -ENOTDIR);
	FAILS("file/.", -ENOTDIR);
	FAILS("rel/x", -ENOENT);
	end();
}

TEST(path, a_slash_behind_a_link_follows_it_and_wants_a_directory)
{
	struct dentry *d, *to_d;

	begin();
	d = add_dir(top, "d");
	add_file(d, "f");
	to_d = add_link(top, "to-d", "d");
	add_link(top, "to-f", "d/f");
	add_link(top, "slash-d", "d/");
	add_link(top, "slash-f", "d/f/");
	add_link(top, "slash-link", "to-d/");
	add_link(top, "none", "x");
	FINDS("to-d", to_d);
	FINDS("to-d/", d);
	FINDS("to-d//", d);
	FAILS("to-f/", -ENOTDIR);
	FOLLOWS("slash-d", d);
	FOLLOWS("slash-link", d);
	FINDS("slash-link/", d);
	EXPECT_EQ(look("slash-f", LOOKUP_FOLLOW), -ENOTDIR);
	EXPECT_EQ(look("slash-f", 0), 0);
	FAILS("slash-f/.", -ENOTDIR);
	FAILS("none/", -ENOENT);
	end();
}

TEST(path, a_link_may_dangle)
{
	struct dentry *l;

	begin();
	l = add_link(top, "l", "x");
	add_link(top, "m", "x/y");
	add_link(top, "n", "/l");
	add_link(top, "empty", "");
	FINDS("l", l);
	EXPECT_EQ(look("l", LOOKUP_FOLLOW), -ENOENT);
	EXPECT_EQ(look("m", LOOKUP_FOLLOW), -ENOENT);
	EXPECT_EQ(look("n", LOOKUP_FOLLOW), -ENOENT);
	EXPECT_EQ(look("empty", LOOKUP_FOLLOW), -ENOENT);
	FAILS("l/x", -ENOENT);
	FAILS("empty/x", -ENOENT);
	end();
}

/* "0" leads to @target, "1" through @through to "0", and so on. */
static void add_chain(unsigned int nr, const char *target, const char *through)
{
	char name[8], text[16];

	add_link(top, "0", target);
	for (unsigned int i = 1; i < nr; i++) {
		snprintf(name, sizeof(name), "%u", i);
		snprintf(text, sizeof(text), "%u%s", i - 1, through);
		add_link(top, name, text);
	}
}

TEST(path, forty_links_are_followed_and_no_more)
{
	struct dentry *d, *f, *last;

	begin();
	d = add_dir(top, "d");
	f = add_file(d, "f");
	add_chain(41, "d", "");
	FOLLOWS("39", d);
	FINDS("39/", d);
	FINDS("39/f", f);
	EXPECT_EQ(look("40", LOOKUP_FOLLOW), -ELOOP);
	FAILS("40/", -ELOOP);
	FAILS("40/f", -ELOOP);
	last = add_link(d, "last", "f");
	FINDS("39/last", last);		/* the 41st, but nobody follows it */
	EXPECT_EQ(look("39/last", LOOKUP_FOLLOW), -ELOOP);
	FOLLOWS("38/last", f);
	FINDS("19/../19/f", f);		/* they count along the whole path */
	FAILS("19/../20/f", -ELOOP);
	end();
}

TEST(path, forty_links_may_be_open_at_once)
{
	struct dentry *d, *f;

	begin();
	d = add_dir(top, "d");
	f = add_file(d, "f");
	add_chain(41, "d/.", "/.");
	FOLLOWS("39", d);
	FINDS("39/f", f);
	EXPECT_EQ(look("40", LOOKUP_FOLLOW), -ELOOP);
	FAILS("40/f", -ELOOP);
	end();
}

TEST(path, links_that_lead_to_themselves_are_a_loop)
{
	struct dentry *l;

	begin();
	l = add_link(top, "l", "l");
	add_link(top, "a", "/b/x");
	add_link(top, "b", "a");
	add_link(top, "in", "./in/in");
	FINDS("l", l);
	EXPECT_EQ(look("l", LOOKUP_FOLLOW), -ELOOP);
	FAILS("l/", -ELOOP);
	FAILS("l/x", -ELOOP);
	FAILS("a/x", -ELOOP);
	EXPECT_EQ(look("in", LOOKUP_FOLLOW), -ELOOP);
	end();
}

TEST(path, a_link_may_have_a_text_of_4095_bytes)
{
	char *text = malloc(4096);
	struct dentry *d, *f;

	begin();
	d = add_dir(top, "d");
	f = add_file(d, "f");
	for (unsigned int at = 0; at < 4095; at++)
		text[at] = "./"[at & 1];
	text[4094] = 'd';
	text[4095] = '\0';
	add_link(top, "l", text);
	FOLLOWS("l", d);
	FINDS("l/f", f);
	FINDS("l/../l/../l/f", f);
	free(text);
	end();
}

TEST(path, anybodys_link_in_everybodys_directory_is_not_followed_at_the_end)
{
	struct dentry *tmp, *d, *f, *l;

	begin();
	tmp = add(top, "tmp", S_IFDIR | S_ISVTX | 0777, NULL);
	d = add_dir(top, "d");
	f = add_file(d, "f");
	l = add_link(tmp, "l", "../d/f");
	add_link(top, "to-l", "tmp/l");
	add_link(top, "through", "tmp/to-d");
	add_link(tmp, "to-d", "../d")->inode->uid = 1001;
	l->inode->uid = 1001;
	view.cred = &user_cred;
	FINDS("tmp/l", l);
	EXPECT_EQ(look("tmp/l", LOOKUP_FOLLOW), -EACCES);
	EXPECT_EQ(look("to-l", LOOKUP_FOLLOW), -EACCES);
	FAILS("tmp/to-d/", -EACCES);
	FINDS("tmp/to-d/f", f);		/* in the middle it is */
	FINDS("through/f", f);
	view.cred = &root_cred;
	EXPECT_EQ(look("tmp/l", LOOKUP_FOLLOW), -EACCES);

	l->inode->uid = 1000;		/* one's own */
	view.cred = &user_cred;
	FOLLOWS("tmp/l", f);
	tmp->inode->uid = l->inode->uid = 1001;	/* the directory's owner's */
	FOLLOWS("tmp/l", f);
	tmp->inode->uid = 0;
	tmp->inode->mode = S_IFDIR | 0777;	/* not sticky */
	FOLLOWS("tmp/l", f);
	tmp->inode->mode = S_IFDIR | S_ISVTX | 0775;
	FOLLOWS("tmp/l", f);			/* not everybody's */
	end();
}

/* -------------------------------------------------------------------- mounts */

TEST(path, a_mount_is_entered_by_its_point_and_left_by_dotdot)
{
	struct dentry *d, *m, *below, *g;
	struct path in;

	begin();
	d = add_dir(top, "d");
	m = add_dir(d, "m");
	below = add_file(m, "below");
	view.start = in_root(m);
	FINDS("below", below);
	in = mount_on(in_root(m), NULL);
	g = add_file(in.dentry, "g");
	add_link(in.dentry, "out", "../../d");
	FINDS("/d/m", in.dentry);
	EXPECT(found.mount == in.mount);
	FINDS("/d/m/g", g);
	FAILS("/d/m/below", -ENOENT);
	FINDS("/d/m/..", d);
	EXPECT(found.mount == mounted[0]);
	FINDS("/d/m/../m/g", g);
	FOLLOWS("/d/m/out", d);
	FINDS("below", below);		/* who was there stays below */
	FINDS(".", m);
	FINDS("..", d);
	FINDS("../m", in.dentry);
	end();
}

TEST(path, mounts_on_mounts_are_entered_and_left_together)
{
	struct path one, two, in_two, over;
	struct dentry *m;

	begin();
	m = add_dir(top, "m");
	one = mount_on(in_root(m), NULL);
	two = mount_on(one, NULL);
	FINDS("m", two.dentry);
	EXPECT(found.mount == two.mount && two.mount != one.mount);
	FINDS("m/..", top);
	in_two = (struct path){ two.mount, add_dir(two.dentry, "n") };
	over = mount_on(in_two, NULL);
	FINDS("m/n", over.dentry);
	FINDS("m/n/..", two.dentry);
	FINDS("m/n/../..", top);
	view.start = one;
	FINDS("..", top);
	view.root = two;
	FINDS("..", top);		/* not from the root, nor below it */
	view.start = over;
	FINDS("..", two.dentry);
	FINDS("../..", two.dentry);
	end();
}

TEST(path, the_root_itself_may_be_mounted_on)
{
	struct path over;
	struct dentry *d;

	begin();
	d = add_dir(top, "d");
	over = mount_on(mount_root(), NULL);
	FINDS("/", top);
	FINDS("d", d);
	FINDS("..", over.dentry);
	FINDS("d/..", over.dentry);
	FAILS("../d", -ENOENT);
	end();
}

TEST(path, a_tree_that_is_there_twice_has_its_mounts_but_once)
{
	struct path in, twice, from;
	struct dentry *d, *m, *b;

	begin();
	d = add_dir(top, "d");
	m = add_dir(d, "m");
	b = add_dir(top, "b");
	from = in_root(d);
	twice = mount_on(in_root(b), &from);
	in = mount_on(in_root(m), NULL);
	FINDS("d/m", in.dentry);
	FINDS("b", d);
	EXPECT(found.mount == twice.mount);
	FINDS("b/m", m);
	EXPECT(found.mount == twice.mount);
	FINDS("b/m/..", d);
	FINDS("b/..", top);
	EXPECT(found.mount == mounted[0]);
	end();
}

/* ------------------------------------------------------ names that are made up */

static struct path jump_to;
static int jump_err;
static bool is_gone;

static int jump(struct inode *inode, struct path *path)
{
	(void)inode;
	if (jump_err)
		return jump_err;
	*path = path_get(jump_to);
	return 0;
}

static int make_up(struct inode *dir, const char *name, size_t length,
		   struct inode **inode);

static const struct inode_ops made_up_ops = {
	.lookup = make_up, .release = release,
};
static const struct inode_ops jump_ops = { .follow = jump, .release = release };

/* Any directory has "d", another one, and "j", a link. */
static int make_up(struct inode *dir, const char *name, size_t length,
		   struct inode **inode)
{
	if (is_gone || length != 1 || !strchr("dj", *name))
		return -ENOENT;
	*inode = inode_alloc();
	if (!*inode)
		return -ENOMEM;
	inode_init(*inode, dir->super, *name == 'd' ? S_IFDIR | 0755 :
						      S_IFLNK | 0777);
	(*inode)->ops = *name == 'd' ? &made_up_ops : &jump_ops;
	(*inode)->ino = dir->ino + 1;
	(*inode)->proc = NULL;
	(*inode)->id = dir->id + 1;
	(*inode)->sub = 0;
	return 0;
}

static struct dentry *add_made_up(struct dentry *dir)
{
	struct dentry *made = add_dir(dir, "made");

	made->inode->ops = &made_up_ops;
	made->inode->proc = NULL;
	made->inode->id = made->inode->sub = 0;
	made->inode->ino = 1000;
	is_gone = false;
	jump_err = 0;
	return made;
}

TEST(path, names_that_are_made_up_are_walked_and_gone_again)
{
	struct dentry *made;

	begin();
	made = add_made_up(top);
	EXPECT_EQ(look("made/d", 0), 0);
	EXPECT_EQ(found_ino, 1001);
	EXPECT_EQ(look("made/d/d/./d/", 0), 0);
	EXPECT_EQ(found_ino, 1003);
	EXPECT_EQ(look("made/d/d/..", 0), 0);
	EXPECT_EQ(found_ino, 1001);
	FINDS("made/d/d/../..", made);
	FAILS("made/d/x/d", -ENOENT);
	FAILS("made/d/x", -ENOENT);
	end();
}

TEST(path, what_is_mounted_on_a_made_up_name_ends_with_it)
{
	struct path at, in;
	struct dentry *f;

	begin();
	add_made_up(top);
	EXPECT_EQ(path_lookup(&view, "made/d/d", 0, &at), 0);
	in = mount_on(at, NULL);
	path_put(at);
	f = add_file(in.dentry, "f");
	FINDS("made/d/d", in.dentry);
	FINDS("made/d/d/f", f);
	EXPECT_EQ(look("made/d/d/..", 0), 0);
	EXPECT_EQ(found_ino, 1001);
	is_gone = true;
	nr_mounted--;			/* this look-up ends it */
	EXPECT_EQ(path_lookup(&view, "made/d", 0, &at), -ENOENT);
	FAILS("made/d", -ENOENT);
	is_gone = false;
	EXPECT_EQ(look("made/d/d", 0), 0);
	EXPECT_EQ(found_ino, 1002);
	end();
}

TEST(path, a_link_may_know_where_it_leads)
{
	struct dentry *d, *f, *l;

	begin();
	add_made_up(top);
	d = add_dir(top, "d");
	f = add_file(d, "f");
	l = add_link(d, "l", "f");
	add_link(top, "to-j", "made/j/f");
	jump_to = in_root(d);
	EXPECT_EQ(look("made/j", 0), 0);
	EXPECT_EQ(found_ino, 1001);
	FOLLOWS("made/j", d);
	FINDS("made/j/", d);
	FINDS("made/j/f", f);
	FINDS("made/d/j/..", top);
	FOLLOWS("to-j", f);
	jump_to = in_root(f);
	FOLLOWS("made/j", f);
	FAILS("made/j/", -ENOTDIR);
	FAILS("made/j/x", -ENOTDIR);
	jump_to = in_root(l);		/* it is not asked where that leads */
	FOLLOWS("made/j", l);
	jump_err = -EACCES;
	EXPECT_EQ(look("made/j", LOOKUP_FOLLOW), -EACCES);
	FAILS("made/j/f", -EACCES);
	end();
}

/* ------------------------------------------------------------ step by step */

struct steps {
	const char *text, *name;
	enum last_kind kind;
	bool wants_dir;
};

TEST(path, a_walk_to_the_parent_leaves_the_last_part)
{
	static const struct steps rows[] = {
		{ "d/new", "new", LAST_NAME, false },
		{ "/d/new//", "new", LAST_NAME, true },
		{ "to-d/new", "new", LAST_NAME, false },
		{ "d/to-d", "to-d", LAST_NAME, false },
		{ "d/to-d/", "to-d", LAST_NAME, true },
		{ "to-d/.", ".", LAST_DOT, false },
		{ "d/../", "..", LAST_DOTDOT, true },
		{ "d/..x", "..x", LAST_NAME, false },
	};
	uint64_t before;
	struct walk walk;
	struct dentry *d;

	begin();
	d = add_dir(top, "d");
	add_link(top, "to-d", "/d/");
	before = digest();
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		walk_begin(&walk, &view, rows[i].text);
		EXPECT_EQ(walk_to_parent(&walk), 0);
		EXPECT(walk.at.dentry == d);
		EXPECT_EQ(walk.kind, rows[i].kind);
		EXPECT_EQ(walk.wants_dir, rows[i].wants_dir);
		EXPECT_EQ(walk.length, strlen(rows[i].name));
		EXPECT(!strncmp(walk.name, rows[i].name, walk.length));
		walk_end(&walk);
		EXPECT(digest() == before);
	}
	walk_begin(&walk, &view, "//");
	EXPECT_EQ(walk_to_parent(&walk), 0);
	EXPECT_EQ(walk.kind, LAST_NONE);
	walk_end(&walk);
	end();
}

TEST(path, a_walk_knows_the_directory_that_lacks_just_the_last_name)
{
	struct dentry *d, *found;
	struct walk walk;

	begin();
	d = add_dir(top, "d");
	add_link(top, "l", "d/new");
	add_link(top, "m", "none/new");
	walk_begin(&walk, &view, "l");
	EXPECT_EQ(walk_to_parent(&walk), 0);
	EXPECT_EQ(walk_find(&walk, &found), 0);
	EXPECT_EQ(walk_last(&walk, true), -ENOENT);
	EXPECT(walk.is_missing && walk.at.dentry == d && walk.length == 3);
	EXPECT_EQ(walk_find(&walk, &found), -ENOENT);
	walk_end(&walk);
	walk_begin(&walk, &view, "m");
	EXPECT_EQ(walk_to_parent(&walk), 0);
	EXPECT_EQ(walk_last(&walk, true), -ENOENT);
	EXPECT(!walk.is_missing);
	walk_end(&walk);
	end();
}

/* ------------------------------------------------------------ a naive model
 *
 * It knows trees as tables, and a position as the list of all places from "/"
 * down to it: ".." drops the last.  A link is a call of the same function with
 * its text.  (path.c knows no list, goes up by parents, and does not recurse.)
 */

#define NODES	40u
#define DEEP	64u

struct node {
	uint32_t mode, uid, gid;
	int parent;			/* -1: of a tree's root */
	int tree;
	char name[260], text[600];
	struct dentry *dentry;
};

/* A node as seen in a mount. */
struct place {
	int mount, node;
};

struct cover {
	struct place at, root;
};

struct position {
	int depth;			/* of the last in at */
	struct place at[DEEP];
};

static struct node nodes[NODES];
static struct cover covers[MOST];	/* [i]: of mounted[i]; 0 is "/" */
static int nr_nodes, nr_covers, nr_trees, nr_links;
static struct position model_root, model_start;

static bool is_kind(int node, uint32_t kind)
{
	return (nodes[node].mode & S_IFMT) == kind;
}

static struct place cover_of(struct place place)
{
	for (int i = 1; i < nr_covers; i++)
		if (covers[i].at.mount == place.mount &&
		    covers[i].at.node == place.node)
			return cover_of(covers[i].root);
	return place;
}

static bool is_over(struct place place, struct place root)
{
	if (place.mount == root.mount && place.node == root.node)
		return true;
	return place.mount && covers[place.mount].root.node == place.node &&
	       is_over(covers[place.mount].at, root);
}

static struct place last_of(const struct position *position)
{
	return position->at[position->depth];
}

static void model_up(struct position *position)
{
	if (is_over(last_of(position), last_of(&model_root)))
		*position = model_root;
	else if (position->depth)
		position->depth--;
	position->at[position->depth] = cover_of(last_of(position));
}

static int child_of(int dir, const char *name)
{
	for (int i = 0; i < nr_nodes; i++)
		if (nodes[i].parent == dir && !strcmp(nodes[i].name, name))
			return i;
	return -1;
}

static bool model_may_pass(const struct node *dir)
{
	uint32_t bit = 0001;

	if (view.cred == &root_cred)
		return true;
	if (dir->uid == 1000)
		bit = 0100;
	else if (dir->gid == 1000 || dir->gid == 7)
		bit = 0010;
	return dir->mode & bit;
}

static bool model_may_follow(const struct node *dir, const struct node *link)
{
	uint32_t uid = view.cred == &root_cred ? 0 : 1000;

	return !(dir->mode & S_ISVTX) || !(dir->mode & 0002) ||
	       link->uid == uid || link->uid == dir->uid;
}

static int model_walk(struct position *position, const char *text, bool follow,
		      bool is_end);

/* One part that is neither "." nor "..". */
static int model_name(struct position *position, const char *name, bool follow,
		      bool is_end)
{
	struct place dir = last_of(position);
	int child = child_of(dir.node, name);

	if (child < 0)
		return -ENOENT;
	if (!is_kind(child, S_IFLNK) || !follow) {
		position->at[++position->depth] =
			cover_of((struct place){ dir.mount, child });
		return 0;
	}
	if (++nr_links > 40)
		return -ELOOP;
	if (is_end && !model_may_follow(&nodes[dir.node], &nodes[child]))
		return -EACCES;
	return model_walk(position, nodes[child].text, true, is_end);
}

/* @is_end: nothing comes behind the end of @text. */
static int model_walk(struct position *position, const char *text, bool follow,
		      bool is_end)
{
	char part[600];
	int err = 0;

	if (*text == '/')
		*position = model_root;
	while (*text == '/')
		text++;
	while (*text) {
		const struct node *dir = &nodes[last_of(position).node];
		int length = strchr(text, '/') ? strchr(text, '/') - text :
						 (int)strlen(text);
		bool wants_dir = text[length] == '/', is_last;

		snprintf(part, sizeof(part), "%.*s", length, text);
		for (text += length; *text == '/';)
			text++;
		is_last = !*text;
		if ((dir->mode & S_IFMT) != S_IFDIR)
			return -ENOTDIR;
		if (!model_may_pass(dir))
			return -EACCES;
		if (length >= 256)
			return -ENAMETOOLONG;
		if (!strcmp(part, ".."))
			model_up(position);
		else if (strcmp(part, "."))
			err = model_name(position, part,
					 follow || wants_dir || !is_last,
					 is_end && is_last);
		if (err)
			return err;
		if (wants_dir && !is_kind(last_of(position).node, S_IFDIR))
			return -ENOTDIR;
	}
	return 0;
}

/* ------------------------------------------------------------ random trees */

static void random_text(char *text, size_t size)
{
	static const char *const parts[] = {
		"a", "b", "c", "a", "b", "c", "dd", ".", "..", "..",
	};
	unsigned int nr = 1 + host_random_below(5);
	size_t at = 0;

	if (host_random_one_in(4))
		at += snprintf(text, size, "%s",
			       host_random_one_in(4) ? "//" : "/");
	if (at && host_random_one_in(16))
		return;
	while (nr--) {
		int fill = host_random_one_in(200) ?
			   255 + host_random_below(2) : 0;

		if (fill && at + 300 < size) {
			memset(text + at, 'z', fill);
			at += fill;
			text[at] = '\0';
		} else {
			at += snprintf(text + at, size - at, "%s",
				       parts[host_random_below(10)]);
		}
		if (nr || host_random_one_in(6))
			at += snprintf(text + at, size - at, "%s",
				       host_random_one_in(8) ? "///" : "/");
	}
}

static void choose_attributes(struct node *node)
{
	static const uint32_t modes[] = {
		0755, 0755, 0777, 01777, 01777, 0700, 0750, 0705, 0711, 01775,
	};
	static const uint32_t ids[] = { 0, 0, 1000, 1001, 7 };

	node->mode |= modes[host_random_below(10)];
	node->uid = ids[host_random_below(4)];
	node->gid = ids[host_random_below(5)];
}

/* The dentry is there: make it as the model is. */
static void copy_attributes(const struct node *node)
{
	node->dentry->inode->mode = node->mode;
	node->dentry->inode->uid = node->uid;
	node->dentry->inode->gid = node->gid;
}

static int random_dir(void)
{
	int node;

	do {
		node = host_random_below(nr_nodes);
	} while (!is_kind(node, S_IFDIR));
	return node;
}

static void add_node(void)
{
	static const uint32_t kinds[] = {
		S_IFDIR, S_IFDIR, S_IFDIR, S_IFREG, S_IFLNK, S_IFLNK, S_IFLNK,
	};
	static const char *const names[] = { "a", "b", "c", "dd" };
	struct node *node = &nodes[nr_nodes];
	int dir = random_dir();

	*node = (struct node){ .parent = dir, .tree = nodes[dir].tree };
	snprintf(node->name, sizeof(node->name), "%s",
		 names[host_random_below(4)]);
	if (host_random_one_in(20)) {
		memset(node->name, 'z', 255);
		node->name[255] = '\0';
	}
	if (child_of(dir, node->name) >= 0)
		return;
	node->mode = kinds[host_random_below(7)];
	choose_attributes(node);
	if (is_kind(nr_nodes, S_IFLNK))
		random_text(node->text, sizeof(node->text));
	node->dentry = add(nodes[dir].dentry, node->name, node->mode,
			   is_kind(nr_nodes, S_IFLNK) ? node->text : NULL);
	copy_attributes(node);
	nr_nodes++;
}

static void add_tree(struct dentry *root)
{
	struct node *node = &nodes[nr_nodes++];

	*node = (struct node){ .mode = S_IFDIR, .parent = -1,
			       .tree = nr_trees++, .dentry = root };
	choose_attributes(node);
	copy_attributes(node);
}

/* Any place that is on top of a directory in any mount. */
static struct place random_place(void)
{
	struct place place;

	do {
		place.mount = host_random_below(nr_covers);
		place.node = random_dir();
	} while (nodes[place.node].tree !=
		 nodes[covers[place.mount].root.node].tree);
	return cover_of(place);
}

static struct path path_of(struct place place)
{
	return (struct path){ mounted[place.mount], nodes[place.node].dentry };
}

static void add_mount(void)
{
	struct place at = random_place(), from = random_place();
	bool is_bind = host_random_one_in(2);
	struct path source = path_of(from), path;

	path = mount_on(path_of(at), is_bind ? &source : NULL);
	if (!is_bind)
		from.node = nr_nodes;
	covers[nr_covers] = (struct cover){ at, { nr_covers, from.node } };
	nr_covers++;
	if (!is_bind)
		add_tree(path.dentry);
}

/* Somewhere that a walk from "/" comes to, as root. */
static void choose_position(struct position *position)
{
	char text[600];

	for (int i = 0; i < 20; i++) {
		*position = model_root;
		random_text(text, sizeof(text));
		nr_links = 0;
		if (!model_walk(position, text, true, true) &&
		    is_kind(last_of(position).node, S_IFDIR))
			return;
	}
	*position = model_root;
}

static void make_random_tree(void)
{
	unsigned int nr = 3 + host_random_below(36);
	struct position root;

	nr_nodes = nr_trees = 0;
	nr_covers = 1;
	covers[0] = (struct cover){ { -1, -1 }, { 0, 0 } };
	add_tree(top);
	model_root = (struct position){ 0, { { 0, 0 } } };
	root = model_start = model_root;
	for (unsigned int i = 0; i < nr && nr_nodes < (int)NODES; i++) {
		if (host_random_one_in(8))
			add_mount();
		else
			add_node();
		/* What is mounted later may be on them. */
		if (host_random_one_in(nr / 2 + 1))
			choose_position(&model_start);
		if (host_random_one_in(nr))
			choose_position(&root);
	}
	model_root = root;
	view.root = path_of(last_of(&model_root));
	view.start = path_of(last_of(&model_start));
	view.cred = host_random_one_in(3) ? &root_cred : &user_cred;
}

static void print_tree(const char *name, bool follow, int want, int got)
{
	printf("# \"%s\"%s as %u: model %d, path.c %d\n", name,
	       follow ? " (follow)" : "", view.cred->fsuid, want, got);
	printf("#   root %d:%d, start %d:%d (mount:node)\n",
	       last_of(&model_root).mount, last_of(&model_root).node,
	       last_of(&model_start).mount, last_of(&model_start).node);
	for (int i = 0; i < nr_nodes; i++)
		printf("#   node %d in %d: \"%.8s\" %06o %u:%u %s\n", i,
		       nodes[i].parent, nodes[i].name, nodes[i].mode,
		       nodes[i].uid, nodes[i].gid, nodes[i].text);
	for (int i = 1; i < nr_covers; i++)
		printf("#   mount %d at %d:%d is node %d\n", i,
		       covers[i].at.mount, covers[i].at.node,
		       covers[i].root.node);
}

/* Does path.c come to the same?  Return: 0 or what the model says. */
static int compare_random_path(bool *is_same)
{
	struct position position = model_start;
	bool follow = host_random_one_in(2);
	char text[600];
	struct path want;
	int err, got;

	random_text(text, sizeof(text));
	nr_links = 0;
	err = model_walk(&position, text, follow, true);
	got = look(text, follow ? LOOKUP_FOLLOW : 0);
	want = path_of(last_of(&position));
	*is_same = got == err && (err || path_is_same(found, want));
	if (!EXPECT(*is_same))
		print_tree(text, follow, err, got);
	return err;
}

#define TREES		1200
#define PATHS		40

TEST(path, random_paths_in_random_trees_lead_where_a_naive_model_says)
{
	static const int errors[] = {
		0, -ENOENT, -ENOTDIR, -EACCES, -ELOOP, -ENAMETOOLONG,
	};
	unsigned int nr[6] = { 0 };
	bool is_same = true;

	for (int tree = 0; tree < TREES && is_same; tree++) {
		begin();
		make_random_tree();
		for (int i = 0; i < PATHS && is_same; i++) {
			int err = compare_random_path(&is_same);

			for (unsigned int kind = 0; kind < 6; kind++)
				nr[kind] += err == errors[kind];
		}
		end();
	}
	printf("# found %u, ENOENT %u, ENOTDIR %u, EACCES %u, ELOOP %u, "
	       "ENAMETOOLONG %u\n", nr[0], nr[1], nr[2], nr[3], nr[4], nr[5]);
	for (unsigned int kind = 0; kind < 6; kind++)
		EXPECT(nr[kind] > 20 || !is_same);	/* all of them came up */
}
