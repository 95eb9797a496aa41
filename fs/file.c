// SPDX-License-Identifier: MIT
/*
 * file - reference-counted open files, and tables of descriptors.
 *
 *	descriptor ---> struct file ---> struct path ---> inode
 *	 0 \		 flags, pos	 /dev/console
 *	 1 --> file
 *	 2 /
 *
 * Each open() makes a struct file; dup and fork share it, and with it the
 * position.  Who uses a descriptor for the length of a call has a reference of
 * his own, so that a close meanwhile does no harm.
 *
 * True whenever files->lock is free:
 *   F1  fd is taken exactly if its bit in used is set; else file[fd] is NULL
 *   F2  a taken descriptor without a file is reserved: an open() is under way
 *
 * A table has room for 64, in one piece with its bitmaps, and doubles when a
 * descriptor beyond that is taken, up to RLIMIT_NOFILE.
 *
 * Locking: files->lock for the table.  It is dropped before the last reference
 * to a file may go, since release() may sleep.  file->lock serialises those
 * who move the position.
 */
#include "fs/file.h"

#include "fs/dev.h"
#include "fs/inode.h"
#include "fs/lock.h"
#include "fs/names.h"
#include "lib/assert.h"
#include "lib/bitmap.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "mm/mmap.h"
#include "mm/slab.h"
#include "mm/vmalloc.h"
#include "sched/thread.h"
#include "x86/atomic.h"
#include "x86/spinlock.h"

#define FIRST_SIZE	64u		/* descriptors of a new table */

/* Words for a table of @size descriptors, a multiple of 32: see table_at(). */
#define TABLE_WORDS(size)	((size) + 2 * BITMAP_WORDS(size))

/* Guarded by:	(l) lock */
struct files {
	struct spinlock	lock;
	int32_t		refs;			/* atomic */
	unsigned int	limit;			/* (l) RLIMIT_NOFILE */
	unsigned int	size;			/* (l) descriptors in: */
	uint32_t	*used, *cloexec;	/* (l) bitmaps; of used ones */
	struct file	**file;			/* (l) */
	uint32_t	first[TABLE_WORDS(FIRST_SIZE)];	/* room for all three */
};

static struct kmem_cache *file_cache, *files_cache;

void file_init(void)
{
	file_cache = kmem_cache_create("file", sizeof(struct file), 0, NULL);
	files_cache = kmem_cache_create("files", sizeof(struct files), 0, NULL);
	assert_always(file_cache && files_cache);
}

/* ------------------------------------------------------------------ files */

/*
 * Of a regular file, either some have it open for writing or some run it.
 * nr_writers counts the former up, the latter down, from 0.
 */
static int count_user(struct inode *inode, int32_t step)
{
	int32_t before;

	do {
		before = READ_ONCE(inode->nr_writers);
		if (before * step < 0)
			return -ETXTBSY;
	} while (!atomic_cas(&inode->nr_writers, before, before + step));
	return 0;
}

int inode_deny_truncate(const struct inode *inode)
{
	return READ_ONCE(inode->nr_writers) < 0 ? -ETXTBSY : 0;
}

int file_deny_write(struct file *file)
{
	int err = count_user(file_inode(file), -1);

	file->denies_write = !err;
	return err;
}

void file_allow_write(struct file *file)
{
	if (file->denies_write)
		atomic_add(&file_inode(file)->nr_writers, 1);
	file->denies_write = false;
}

/* Does it have a part in what a read-only mount would forbid? */
static bool changes_files(const struct file *file)
{
	const struct inode *inode = file_inode(file);

	return file_is_writable(file) && inode_is(inode, S_IFREG);
}

static int begin_writing(struct file *file)
{
	int err = changes_files(file) ? count_user(file_inode(file), 1) : 0;

	if (!err && changes_files(file))
		atomic_inc(&file->path.mount->nr_writers);
	return err;
}

static void end_writing(struct file *file)
{
	if (!changes_files(file))
		return;
	atomic_add(&file->path.mount->nr_writers, -1);
	atomic_add(&file_inode(file)->nr_writers, -1);
}

static void (*forget_hook)(struct file *file);

void file_set_forget(void (*hook)(struct file *file))
{
	forget_hook = hook;
}

static void file_free(struct file *file)
{
	path_put(file->path);
	kmem_cache_free(file_cache, file);
}

static void file_release(struct vm_file *vm)
{
	struct file *file = container_of(vm, struct file, vm);

	if (!list_is_empty(&file->watches))
		forget_hook(file);
	if (file->ops->release)
		file->ops->release(file);
	lock_release(file_inode(file), file);
	file_allow_write(file);
	end_writing(file);
	file_free(file);
}

/* Its path, as seen from the root of all. */
static size_t __small file_name(struct vm_file *vm, char *buf, size_t size)
{
	struct file *file = container_of(vm, struct file, vm);
	char *text = kmalloc(PATH_SIZE, GFP_KERNEL), *at;
	size_t length = 0;

	at = text ? path_format(file->path, mount_root(), text, PATH_SIZE) :
		NULL;
	if (at) {
		length = strlen(at);
		memcpy(buf, at, min(length, size));
	}
	kfree(text);
	return length;
}

static int file_map_area(struct vm_file *vm, struct mm *mm, struct vma *vma)
{
	struct file *file = container_of(vm, struct file, vm);

	return file->ops->map(file, mm, vma);
}

/* Where a seal forbids to write, a shared area can only be read, for ever. */
static bool seals_allow_mapping(struct file *file, int prot)
{
	uint32_t seals = inode_has_pages(file_inode(file)) ?
			 file_inode(file)->seals : 0;

	if (!(seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)))
		return true;
	file->vm.may_write = false;
	return !(prot & PROT_WRITE);
}

static int __small file_check_map(struct vm_file *vm, int prot, bool shared)
{
	struct file *file = container_of(vm, struct file, vm);

	if (!file_is_readable(file) ||
	    (shared && prot & PROT_WRITE && !file_is_writable(file)))
		return -EACCES;
	if (file->path.mount->flags & MS_NOEXEC && prot & PROT_EXEC)
		return -EPERM;
	if (!vm->mapping && !file->ops->mmap)
		return -ENODEV;
	if (shared && file_is_writable(file) && !seals_allow_mapping(file, prot))
		return -EPERM;
	return 0;
}

static const struct vm_file_ops file_vm_ops = {
	.release = file_release, .name = file_name, .check = file_check_map,
	.map = file_map_area,
};

static const struct file_ops no_ops;

/* What opens of @inode do; NULL: nothing drives it. */
static const struct file_ops *ops_of(const struct inode *inode, uint32_t flags)
{
	if (flags & O_PATH)
		return &no_ops;
	if (inode_is(inode, S_IFCHR) || inode_is(inode, S_IFBLK))
		return device_ops(inode->mode & S_IFMT, inode->rdev);
	return inode->file_ops;
}

static void file_init_vm(struct file *file)
{
	struct inode *inode = file_inode(file);

	file->vm = (struct vm_file){
		.refs = 1, .may_write = file_is_writable(file),
		.no_exec = file->path.mount->flags & MS_NOEXEC,
		.mapping = inode_has_pages(inode) && file->ops != &no_ops ?
			   &inode->mapping : NULL,
		.ops = &file_vm_ops,
	};
}

/* O_TRUNC, for which the access mode need not be one that writes. */
static int open_truncated(struct file *file)
{
	int err = inode_deny_truncate(file_inode(file));

	return err ? err : file->ops->truncate(file, 0);
}

struct file *__small file_alloc(void)
{
	return kmem_cache_alloc(file_cache, GFP_KERNEL);
}

void __small file_forget(struct file *file)
{
	kmem_cache_free(file_cache, file);
}

int __small file_start(struct file *file, struct path path, uint32_t flags)
{
	const struct file_ops *ops = ops_of(path.dentry->inode, flags);
	int err;

	if (!ops) {
		file_forget(file);
		return -ENXIO;
	}
	memset(file, 0, sizeof(*file));
	file->flags = flags & ~(O_CREAT | O_EXCL | O_TRUNC | O_CLOEXEC);
	file->path = path_get(path);
	file->ops = ops;
	mutex_init(&file->lock);
	list_init(&file->watches);
	file_init_vm(file);
	err = begin_writing(file);
	if (err) {
		file_free(file);
		return err;
	}
	err = ops->open ? ops->open(file) : 0;
	if (err) {
		end_writing(file);
		file_free(file);
		return err;
	}
	if (flags & O_DIRECT)
		err = -EINVAL;		/* nothing goes past the page cache */
	else if (flags & O_TRUNC && ops->truncate)
		err = open_truncated(file);
	if (err) {
		file_release(&file->vm);
		return err;
	}
	file->flags &= ~O_NOCTTY;	/* ops->open() was told */
	return 0;
}

int __small file_open(struct path path, uint32_t flags, struct file **out)
{
	struct file *file = file_alloc();
	int err = file ? file_start(file, path, flags) : -ENOMEM;

	if (!err)
		*out = file;
	return err;
}

int file_open_unnamed(struct inode *inode, const char *name, uint32_t flags,
		      struct file **file)
{
	struct path path = { mount_root().mount, NULL };
	int err;

	path.dentry = dentry_create(NULL, name, strlen(name), inode);
	if (!path.dentry) {
		inode_put(inode);
		return -ENOMEM;
	}
	err = file_open(path, flags, file);
	dentry_put(path.dentry);
	return err;
}

long __small file_mmap(struct file *file, struct mm *mm, vaddr_t addr,
		       size_t len, int prot, int flags, uint32_t pgoff)
{
	const int type = flags & MAP_TYPE;
	int err;

	if (!file->ops->mmap)
		return mm_mmap(mm, addr, len, prot, flags, &file->vm, pgoff);
	if (!len || !type || type > MAP_SHARED_VALIDATE)
		return -EINVAL;
	if (type == MAP_SHARED_VALIDATE)
		flags ^= MAP_SHARED_VALIDATE ^ MAP_SHARED;
	err = file_check_map(&file->vm, prot, type != MAP_PRIVATE);
	return err ? err : file->ops->mmap(file, mm, addr, len, prot, flags,
					   pgoff);
}

void file_accessed(struct file *file)
{
	if (!(file->flags & O_NOATIME) &&
	    !(file->path.mount->flags & MS_NOATIME) &&
	    !mount_is_read_only(file->path.mount))
		inode_accessed(file_inode(file));
}

size_t copy_from_lent(void *to, vaddr_t from, size_t size)
{
	const char *lent = current_thread()->lent;

	if (!lent || size > PAGE_SIZE ||
	    from - (vaddr_t)lent > PAGE_SIZE - size)
		return size;
	memcpy(to, (const void *)from, size);
	return 0;
}

int file_set_pos(struct file *file, int64_t offset, int whence)
{
	if (whence == SEEK_CUR)
		offset += file->pos;
	else if (whence != SEEK_SET)
		return -EINVAL;
	if (offset < 0 || (uint64_t)offset > MAPPING_SIZE_MAX)
		return -EINVAL;
	file->pos = offset;
	return 0;
}

/* ----------------------------------------------------------------- tables */

/* Let the table be the @size descriptors that @words has room for. */
static void table_at(struct files *files, uint32_t *words, unsigned int size)
{
	files->size = size;
	files->file = (struct file **)words;
	files->used = words + size;
	files->cloexec = files->used + BITMAP_WORDS(size);
	memset(words, 0, TABLE_WORDS(size) * sizeof(*words));
}

static struct files *__small files_alloc(void)
{
	struct files *files = kmem_cache_alloc(files_cache, GFP_KERNEL);

	if (!files)
		return NULL;
	spin_init(&files->lock);
	files->refs = 1;
	files->limit = FILES_MAX;
	table_at(files, files->first, FIRST_SIZE);
	return files;
}

static void *words_alloc(unsigned int size)
{
	size_t bytes = TABLE_WORDS(size) * sizeof(uint32_t);

	return bytes <= 2 * PAGE_SIZE ? kmalloc(bytes, GFP_KERNEL) :
		vmalloc(bytes);
}

static void __small words_free(struct files *files, void *words, unsigned int size)
{
	if (words == files->first)
		return;
	if (TABLE_WORDS(size) * sizeof(uint32_t) <= 2 * PAGE_SIZE)
		kfree(words);
	else
		vfree(words);
}

/* Make a table of at least @size descriptors.  Return: 0; -ENOMEM. */
static int __small files_grow(struct files *files, unsigned int size)
{
	struct files old = { .size = FIRST_SIZE };
	unsigned int new_size = FIRST_SIZE;
	void *words;

	while (new_size < size)
		new_size *= 2;
	words = words_alloc(new_size);
	if (!words)
		return -ENOMEM;
	spin_lock(&files->lock);
	if (files->size < new_size) {
		old.size = files->size;
		old.file = files->file;
		old.used = files->used;
		old.cloexec = files->cloexec;
		table_at(files, words, new_size);
		memcpy(files->file, old.file, old.size * sizeof(*old.file));
		memcpy(files->used, old.used, old.size / 8);
		memcpy(files->cloexec, old.cloexec, old.size / 8);
		words = old.file;
		new_size = old.size;
	}
	spin_unlock(&files->lock);
	words_free(files, words, new_size);
	return 0;
}

void __small files_set_limit(struct files *files, unsigned int limit)
{
	spin_lock(&files->lock);
	files->limit = limit;
	spin_unlock(&files->lock);
}

unsigned int files_limit(const struct files *files)
{
	return READ_ONCE(files->limit);
}

uint32_t files_capacity(const struct files *files)
{
	return READ_ONCE(files->size);
}

struct files *__small files_create(void)
{
	struct files *files = files_alloc();
	struct cred *root = cred_root();
	const struct viewpoint view = { mount_root(), mount_root(), root, 0 };
	struct file *file;

	if (!files)
		return NULL;
	if (names_open(&view, "/dev/console", O_RDWR, 0, &file)) {
		cred_put(root);
		files_put(files);
		return NULL;
	}
	cred_put(root);
	files_install(files, files_reserve(files, 0), file, false);
	files_install(files, files_reserve(files, 0), file_get(file), false);
	files_install(files, files_reserve(files, 0), file_get(file), false);
	return files;
}

/* The first descriptor at or above @fd with a file; files->size: none. */
static unsigned int next_open(struct files *files, unsigned int fd)
{
	do {
		fd = bitmap_find_next_set(files->used, files->size, fd);
	} while (fd < files->size && !files->file[fd] && ++fd);
	return fd;
}

/* Into the empty @copy.  Return: 0, or how large that has to be. */
static unsigned int copy_table(struct files *copy, struct files *files)
{
	unsigned int fd, size = 0;

	spin_lock(&files->lock);
	if (files->size > copy->size) {
		size = files->size;
		goto out;
	}
	for (fd = next_open(files, 0); fd < files->size;
	     fd = next_open(files, fd + 1)) {
		copy->file[fd] = file_get(files->file[fd]);
		bitmap_set(copy->used, fd);
		if (bitmap_test(files->cloexec, fd))
			bitmap_set(copy->cloexec, fd);
	}
	copy->limit = files->limit;
out:
	spin_unlock(&files->lock);
	return size;
}

struct files *__small files_clone(struct files *files)
{
	struct files *copy = files_alloc();
	unsigned int size;

	while (copy && (size = copy_table(copy, files)))
		if (files_grow(copy, size)) {
			files_put(copy);
			copy = NULL;
		}
	return copy;
}

struct files *files_get(struct files *files)
{
	atomic_inc(&files->refs);
	return files;
}

/* A descriptor of @file goes, and with it what the process has locked. */
static void close_file(struct files *files, struct file *file)
{
	lock_release(file_inode(file), files);
	file_put(file);
}

void files_put(struct files *files)
{
	if (!atomic_dec_is_zero(&files->refs))
		return;
	for (unsigned int fd = next_open(files, 0); fd < files->size;
	     fd = next_open(files, fd + 1))
		close_file(files, files->file[fd]);
	words_free(files, files->file, files->size);
	kmem_cache_free(files_cache, files);
}

bool files_is_shared(const struct files *files)
{
	return READ_ONCE(files->refs) > 1;
}

void __small files_close_on_exec(struct files *files)
{
	for (unsigned int fd = next_open(files, 0); fd < files->size;
	     fd = next_open(files, fd + 1))
		if (bitmap_test(files->cloexec, fd))
			files_close(files, fd);
}

/*
 * Take the lowest free descriptor from @from on, files->lock held.
 * Return: it; one that the table has no room for; or -EMFILE.
 */
static int take_free(struct files *files, unsigned int from)
{
	unsigned int fd = from;

	if (from < files->size)
		fd = bitmap_find_next_zero(files->used, files->size, from);
	if (fd >= files->limit)
		return -EMFILE;
	if (fd < files->size)
		bitmap_set(files->used, fd);
	return fd;
}

int __small files_reserve(struct files *files, unsigned int from)
{
	for (;;) {
		bool has_room;
		int fd;

		spin_lock(&files->lock);
		fd = take_free(files, from);
		has_room = fd < (int)files->size;
		spin_unlock(&files->lock);
		if (fd < 0 || has_room)
			return fd;
		if (files_grow(files, fd + 1))
			return -ENOMEM;
	}
}

void __small files_install(struct files *files, int fd, struct file *file,
		   bool cloexec)
{
	spin_lock(&files->lock);
	assert(bitmap_test(files->used, fd) && !files->file[fd]);
	files->file[fd] = file;
	if (cloexec)
		bitmap_set(files->cloexec, fd);
	else
		bitmap_clear(files->cloexec, fd);
	spin_unlock(&files->lock);
}

void __small files_cancel(struct files *files, int fd)
{
	spin_lock(&files->lock);
	assert(bitmap_test(files->used, fd) && !files->file[fd]);
	bitmap_clear(files->used, fd);
	spin_unlock(&files->lock);
}

/* The file at @fd, or NULL; files->lock held. */
static struct file *file_at_locked(struct files *files, unsigned int fd)
{
	return likely(fd < files->size) ? files->file[fd] : NULL;
}

struct file *files_find_any(struct files *files, unsigned int fd)
{
	struct file *file;

	spin_lock(&files->lock);
	file = file_at_locked(files, fd);
	if (file)
		file_get(file);
	spin_unlock(&files->lock);
	return file;
}

bool __small files_info(struct files *files, unsigned int fd, struct fd_info *info)
{
	struct file *file;

	spin_lock(&files->lock);
	file = file_at_locked(files, fd);
	if (file) {
		info->path = path_get(file->path);
		info->pos = file->pos;
		info->flags = file->flags;
		if (file->flags & O_PATH)
			info->flags &= ~O_ACCMODE;
		if (bitmap_test(files->cloexec, fd))
			info->flags |= O_CLOEXEC;
	}
	spin_unlock(&files->lock);
	return file;
}

struct file *files_find(struct files *files, unsigned int fd)
{
	struct file *file;

	spin_lock(&files->lock);
	file = file_at_locked(files, fd);
	if (file && unlikely(file->flags & O_PATH))
		file = NULL;
	if (file)
		file_get(file);
	spin_unlock(&files->lock);
	return file;
}

int __small files_path(struct files *files, unsigned int fd, struct path *path)
{
	struct file *file;

	spin_lock(&files->lock);
	file = file_at_locked(files, fd);
	if (file)
		*path = path_get(file->path);
	spin_unlock(&files->lock);
	return file ? 0 : -EBADF;
}

int __small files_replace(struct files *files, unsigned int fd,
			  struct file *file, bool cloexec)
{
	struct file *old;
	int err = fd < files_limit(files) ? 0 : -EBADF;

	if (!err && fd >= READ_ONCE(files->size))
		err = files_grow(files, fd + 1);
	if (err)
		return err;
	spin_lock(&files->lock);
	old = file_at_locked(files, fd);
	if (!old && bitmap_test(files->used, fd)) {
		spin_unlock(&files->lock);
		return -EBUSY;		/* an open() is about to have it */
	}
	bitmap_set(files->used, fd);
	files->file[fd] = file_get(file);
	if (cloexec)
		bitmap_set(files->cloexec, fd);
	else
		bitmap_clear(files->cloexec, fd);
	spin_unlock(&files->lock);
	if (old)
		close_file(files, old);
	return 0;
}

int files_close(struct files *files, unsigned int fd)
{
	struct file *file;

	spin_lock(&files->lock);
	file = file_at_locked(files, fd);
	if (file) {
		bitmap_clear(files->used, fd);
		files->file[fd] = NULL;
	}
	spin_unlock(&files->lock);
	if (!file)
		return -EBADF;
	close_file(files, file);
	return 0;
}

int __small files_next(struct files *files, unsigned int fd)
{
	spin_lock(&files->lock);
	fd = next_open(files, fd);
	if (fd >= files->size)
		fd = -1u;
	spin_unlock(&files->lock);
	return (int)fd;
}

bool __small files_cloexec(struct files *files, unsigned int fd)
{
	bool cloexec;

	spin_lock(&files->lock);
	cloexec = fd < files->size && bitmap_test(files->cloexec, fd);
	spin_unlock(&files->lock);
	return cloexec;
}

void __small files_set_cloexec(struct files *files, unsigned int fd, bool cloexec)
{
	spin_lock(&files->lock);
	if (file_at_locked(files, fd)) {
		if (cloexec)
			bitmap_set(files->cloexec, fd);
		else
			bitmap_clear(files->cloexec, fd);
	}
	spin_unlock(&files->lock);
}
