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
 *   F1  fd is taken exactly if its bit in used is set; file[fd] means something
 *	 only then, so that a new table need not be cleared
 *   F2  a taken descriptor without a file is reserved: an open() is under way
 *
 * Locking: files->lock for the table.  It is dropped before the last reference
 * to a file may go, since release() may sleep.  file->lock serialises those
 * who move the position.
 */
#include "fs/file.h"

#include "fs/dev.h"
#include "fs/inode.h"
#include "fs/names.h"
#include "lib/assert.h"
#include "lib/bitmap.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "mm/mmap.h"
#include "mm/slab.h"
#include "x86/atomic.h"
#include "x86/spinlock.h"

/* Guarded by:	(l) lock */
struct files {
	struct spinlock	lock;
	int32_t		refs;			/* atomic */
	uint32_t	used[BITMAP_WORDS(FILES_MAX)];	  /* (l) */
	uint32_t	cloexec[BITMAP_WORDS(FILES_MAX)]; /* (l) of used ones */
	struct file	*file[FILES_MAX];	/* (l) */
};

static struct kmem_cache *file_cache, *files_cache;

void file_init(void)
{
	file_cache = kmem_cache_create("file", sizeof(struct file), 0, NULL);
	files_cache = kmem_cache_create("files", sizeof(struct files), 0, NULL);
	assert_always(file_cache && files_cache);
}

/* ------------------------------------------------------------------ files */

static void file_release(struct vm_file *vm)
{
	struct file *file = container_of(vm, struct file, vm);

	if (file->ops->release)
		file->ops->release(file);
	path_put(file->path);
	kmem_cache_free(file_cache, file);
}

/* Its path, as seen from the root of all. */
static size_t file_name(struct vm_file *vm, char *buf, size_t size)
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

static const struct vm_file_ops file_vm_ops = {
	.release = file_release, .name = file_name,
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
		.mapping = inode_is(inode, S_IFREG) && file->ops->truncate ?
			   &inode->mapping : NULL,
		.ops = &file_vm_ops,
	};
}

int file_open(struct path path, uint32_t flags, struct file **out)
{
	const struct file_ops *ops = ops_of(path.dentry->inode, flags);
	struct file *file;
	int err;

	if (!ops)
		return -ENXIO;
	file = kmem_cache_alloc(file_cache, GFP_KERNEL);
	if (!file)
		return -ENOMEM;
	memset(file, 0, sizeof(*file));
	file->flags = flags & ~(O_CREAT | O_EXCL | O_TRUNC | O_CLOEXEC);
	if (flags & O_PATH)
		file->flags |= O_ACCMODE;	/* neither read nor written */
	file->path = path_get(path);
	file->ops = ops;
	mutex_init(&file->lock);
	file_init_vm(file);
	err = ops->open ? ops->open(file) : 0;
	if (!err && flags & O_TRUNC && ops->truncate)
		err = ops->truncate(file, 0);
	if (err) {
		path_put(file->path);
		kmem_cache_free(file_cache, file);
		return err;
	}
	file->flags &= ~O_NOCTTY;
	*out = file;
	return 0;
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

long file_mmap(struct file *file, struct mm *mm, vaddr_t addr, size_t len,
	       int prot, int flags, uint32_t pgoff)
{
	int type = flags & MAP_TYPE;
	bool is_shared = type == MAP_SHARED || type == MAP_SHARED_VALIDATE;

	if (len == 0 || (!is_shared && type != MAP_PRIVATE))
		return -EINVAL;
	if (!file_is_readable(file) ||
	    (is_shared && prot & PROT_WRITE && !file_is_writable(file)))
		return -EACCES;
	if (file->path.mount->flags & MS_NOEXEC && prot & PROT_EXEC)
		return -EPERM;
	if (file->ops->mmap)
		return file->ops->mmap(file, mm, addr, len, prot, flags,
				       pgoff);
	if (!file->vm.mapping)
		return -ENODEV;
	return mm_mmap(mm, addr, len, prot, flags, &file->vm, pgoff);
}

int file_set_pos(struct file *file, int64_t offset, int whence)
{
	if (whence == SEEK_CUR)
		offset += file->pos;
	else if (whence != SEEK_SET)
		return -EINVAL;
	if (offset < 0)
		return -EINVAL;
	file->pos = offset;
	return 0;
}

/* ----------------------------------------------------------------- tables */

static struct files *files_alloc(void)
{
	struct files *files = kmem_cache_alloc(files_cache, GFP_KERNEL);

	if (!files)
		return NULL;
	spin_init(&files->lock);
	files->refs = 1;
	bitmap_clear_range(files->used, 0, FILES_MAX);
	bitmap_clear_range(files->cloexec, 0, FILES_MAX);
	return files;
}

struct files *files_create(void)
{
	struct files *files = files_alloc();
	struct cred *root = cred_root();
	const struct viewpoint view = { mount_root(), mount_root(), root };
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

/* The first descriptor at or above @fd with a file; FILES_MAX: none. */
static unsigned int next_open(struct files *files, unsigned int fd)
{
	do {
		fd = bitmap_find_next_set(files->used, FILES_MAX, fd);
	} while (fd < FILES_MAX && !files->file[fd] && ++fd);
	return fd;
}

struct files *files_clone(struct files *files)
{
	struct files *copy = files_alloc();
	unsigned int fd;

	if (!copy)
		return NULL;
	spin_lock(&files->lock);
	for (fd = next_open(files, 0); fd < FILES_MAX;
	     fd = next_open(files, fd + 1)) {
		copy->file[fd] = file_get(files->file[fd]);
		bitmap_set(copy->used, fd);
		if (bitmap_test(files->cloexec, fd))
			bitmap_set(copy->cloexec, fd);
	}
	spin_unlock(&files->lock);
	return copy;
}

struct files *files_get(struct files *files)
{
	atomic_inc(&files->refs);
	return files;
}

void files_put(struct files *files)
{
	if (!atomic_dec_is_zero(&files->refs))
		return;
	for (unsigned int fd = next_open(files, 0); fd < FILES_MAX;
	     fd = next_open(files, fd + 1))
		file_put(files->file[fd]);
	kmem_cache_free(files_cache, files);
}

bool files_is_shared(const struct files *files)
{
	return READ_ONCE(files->refs) > 1;
}

void files_close_on_exec(struct files *files)
{
	for (unsigned int fd = next_open(files, 0); fd < FILES_MAX;
	     fd = next_open(files, fd + 1))
		if (bitmap_test(files->cloexec, fd))
			files_close(files, fd);
}

int files_reserve(struct files *files, unsigned int from)
{
	unsigned int fd = FILES_MAX;

	spin_lock(&files->lock);
	if (from < FILES_MAX)
		fd = bitmap_find_next_zero(files->used, FILES_MAX, from);
	if (fd < FILES_MAX) {
		bitmap_set(files->used, fd);
		files->file[fd] = NULL;
	}
	spin_unlock(&files->lock);
	return fd < FILES_MAX ? (int)fd : -EMFILE;
}

void files_install(struct files *files, int fd, struct file *file,
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

void files_cancel(struct files *files, int fd)
{
	spin_lock(&files->lock);
	assert(bitmap_test(files->used, fd) && !files->file[fd]);
	bitmap_clear(files->used, fd);
	spin_unlock(&files->lock);
}

/* The file at @fd, or NULL; files->lock held. */
static struct file *file_at_locked(struct files *files, unsigned int fd)
{
	if (fd >= FILES_MAX || !bitmap_test(files->used, fd))
		return NULL;
	return files->file[fd];
}

struct file *files_find(struct files *files, unsigned int fd)
{
	struct file *file;

	spin_lock(&files->lock);
	file = file_at_locked(files, fd);
	if (file)
		file_get(file);
	spin_unlock(&files->lock);
	return file;
}

int files_close(struct files *files, unsigned int fd)
{
	struct file *file;

	spin_lock(&files->lock);
	file = file_at_locked(files, fd);
	if (file)
		bitmap_clear(files->used, fd);
	spin_unlock(&files->lock);
	if (!file)
		return -EBADF;
	file_put(file);
	return 0;
}

bool files_cloexec(struct files *files, unsigned int fd)
{
	return bitmap_test(files->cloexec, fd);
}

void files_set_cloexec(struct files *files, unsigned int fd, bool cloexec)
{
	spin_lock(&files->lock);
	if (cloexec)
		bitmap_set(files->cloexec, fd);
	else
		bitmap_clear(files->cloexec, fd);
	spin_unlock(&files->lock);
}
