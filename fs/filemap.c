// SPDX-License-Identifier: MIT
/*
 * filemap - bytes of files, in the pages that everybody sees.
 *
 * There is one copy of a file's bytes: its mapping's pages.  read() copies from
 * them, write() into them, and who maps the file has them in his page tables,
 * so that each sees at once what the other wrote.
 *
 *	pos	   |------ size ------|
 *	   [....####|########|########|###.....]
 *	     page i    i+1      i+2      i+3
 *
 * Page by page, because each may be anywhere in high memory: kmap() gives it an
 * address for the length of one copy.  That copy may fault on the user's side
 * and sleep; no lock of the mapping is held meanwhile.
 *
 * A page that is not there yet is filled before anybody else can find it, so it
 * need be cleared only where the write leaves something out.
 *
 * Locking: inode->lock for write, truncate and allocate, one after the other;
 * who reads meanwhile sees the bytes before or after, page by page.
 */
#include "fs/filemap.h"

#include "fs/inode.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/buddy.h"
#include "mm/highmem.h"
#include "mm/mm.h"
#include "mm/pagecopy.h"
#include "sched/thread.h"
#include "x86/uaccess.h"

static uint64_t no_limit(void)
{
	return UINT64_MAX;
}

static const struct cred *no_cred(void)
{
	return NULL;
}

static const struct caller_hooks kernel_hooks = {
	.size_limit = no_limit, .cred = no_cred,
};

static const struct caller_hooks *caller_hooks = &kernel_hooks;

void filemap_set_caller(const struct caller_hooks *hooks)
{
	caller_hooks = hooks;
}

bool filemap_caller_is_privileged(void)
{
	const struct cred *cred = caller_hooks->cred();

	return !cred || cred_is_root(cred);
}

/* Is it of no use to go on?  A mere signal does not cut a file's bytes. */
static inline bool is_dying(void)
{
	return unlikely(current_thread()->interrupted) &&
	       caller_hooks->is_dying();
}

/* Bytes of the page with @pos that a transfer of @size gets to at once. */
static inline size_t in_page(uint64_t pos, uint64_t size)
{
	uint32_t rest = PAGE_SIZE - (uint32_t)pos % PAGE_SIZE;

	return size < rest ? (size_t)size : rest;
}

static inline uint32_t index_of(uint64_t pos)
{
	return (uint32_t)(pos >> PAGE_SHIFT);
}

/* Return: the bytes that could NOT be copied. */
static size_t read_page(struct mapping *mapping, uint64_t pos, vaddr_t buf,
			size_t n)
{
	struct page *page = mapping_find_page(mapping, index_of(pos), false);
	const char *from;
	size_t left;

	if (!page)
		return clear_user(buf, n);
	from = kmap(page);
	left = copy_to_user(buf, from + (uint32_t)pos % PAGE_SIZE, n);
	kunmap(page);
	page_put(page);
	return left;
}

long filemap_read(struct file *file, vaddr_t buf, size_t size)
{
	struct inode *inode = file_inode(file);
	struct mapping *mapping = &inode->mapping;
	uint64_t pos = file->pos;
	size_t done = 0, left = 0;

	while (done < size && pos < mapping->size && !left) {
		size_t n = in_page(pos, min((uint64_t)(size - done),
					    mapping->size - pos));

		left = read_page(mapping, pos, buf + done, n);
		done += n - left;
		pos += n - left;
		if (is_dying() && done)
			break;
	}
	file->pos = pos;
	file_accessed(file);
	return left && !done ? -EFAULT : (long)done;
}

/* Fill a new page from @buf; bytes before and behind become zeros. */
static size_t fill_page(struct page *page, uint32_t offset, vaddr_t buf,
			size_t n)
{
	char *to = kmap(page);
	size_t left = copy_from_writer(to + offset, buf, n);
	size_t end = offset + n - left;

	memset(to, 0, offset);
	memset(to + end, 0, PAGE_SIZE - end);
	kunmap(page);
	return left;
}

/* The page at @pos is not there.  Return: 0; -EEXIST: now it is; ... */
static int write_new_page(struct mapping *mapping, uint64_t pos, vaddr_t buf,
			  size_t n, size_t *left)
{
	struct page *page = alloc_page(GFP_USER);
	uint64_t old_size = mapping->size;
	int err;

	if (!page)
		return -ENOMEM;
	*left = fill_page(page, (uint32_t)pos % PAGE_SIZE, buf, n);
	if (*left == n) {
		free_page(page);
		return 0;
	}
	if (pos + n - *left > old_size)	/* G4 of mapping.h */
		mapping_set_size(mapping, pos + n - *left);
	err = mapping_add_page(mapping, index_of(pos), page);
	if (!err)
		return 0;
	free_page(page);
	if (err != -EEXIST && mapping->size > old_size)
		mapping_truncate(mapping, old_size);
	return err;
}

static int write_page(struct mapping *mapping, uint64_t pos, vaddr_t buf,
		      size_t n, size_t *left)
{
	struct page *page = mapping_find_page(mapping, index_of(pos), true);
	char *to;

	if (!page)
		return write_new_page(mapping, pos, buf, n, left);
	to = kmap(page);
	*left = copy_from_writer(to + (uint32_t)pos % PAGE_SIZE, buf, n);
	kunmap(page);
	if (*left < n)
		page_set_dirty(page);
	page_put(page);
	return 0;
}

/* A change by who may not keep them takes the set-id bits away. */
static void __small drop_set_id(struct inode *inode)
{
	if (unlikely(inode->mode & (S_ISUID | S_ISGID)) &&
	    !filemap_caller_is_privileged())
		inode_drop_set_id(inode, caller_hooks->cred());
}

/* All of [buf, buf + size) at @pos, or as much as works: the bytes, or -Exxx. */
static long write_piece(struct mapping *mapping, uint64_t pos, vaddr_t buf,
			size_t size)
{
	size_t done = 0, left = 0;

	while (done < size && !left) {
		size_t n = in_page(pos, size - done);
		int err = write_page(mapping, pos, buf + done, n, &left);

		if (err == -EEXIST)
			continue;	/* a fault made it meanwhile */
		if (err)
			return done ? (long)done : err;
		done += n - left;
		pos += n - left;
		if (pos > mapping->size && n > left)
			mapping_set_size(mapping, pos);
		if (is_dying())
			break;
	}
	return left && !done ? -EFAULT : (long)done;
}

long filemap_room(const struct file *file, uint64_t pos, size_t size)
{
	uint64_t most = file->flags & O_LARGEFILE ? FILE_SIZE_MAX : INT32_MAX;
	uint64_t limit = caller_hooks->size_limit();

	if (pos >= limit)
		caller_hooks->limit_hit();
	if (pos >= min(most, limit))
		return -EFBIG;
	return (long)min((uint64_t)size, min(most, limit) - pos);
}

/* The same of a sealed file, for which Linux asks page by page. */
static long __small sealed_room(const struct inode *inode, uint64_t pos, long n)
{
	uint64_t size = inode->mapping.size;

	if (inode->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
		return -EPERM;
	if (!(inode->seals & F_SEAL_GROW) || pos + n <= size)
		return n;
	size &= ~(uint64_t)(PAGE_SIZE - 1);
	return size > pos ? (long)(size - pos) : -EPERM;
}

static long __small writev_locked(struct file *file, struct iovec *iov,
				  size_t size)
{
	struct inode *inode = file_inode(file);
	struct mapping *mapping = &inode->mapping;
	uint64_t pos = file->flags & O_APPEND ? mapping->size : file->pos;
	long n = filemap_room(file, pos, size), done = 0;

	if (n < 0)
		return n;
	inode_touch(inode);		/* whatever comes of it: as Linux */
	drop_set_id(inode);
	if (unlikely(inode->seals != F_SEAL_SEAL)) {
		n = sealed_room(inode, pos, n);
		if (n < 0)
			return n;
	}
	for (size = n; size; iov++) {
		size_t want = min((size_t)iov->size, size);

		n = write_piece(mapping, pos, iov->base, want);
		if (n <= 0 && want)
			break;
		done += n;
		pos += n;
		size -= n;
		if ((size_t)n < want)
			break;
	}
	if (!done)
		return n;
	file->pos = pos;
	return done;
}

long filemap_writev(struct file *file, struct iovec *iov, size_t size)
{
	struct inode *inode = file_inode(file);
	long n;

	if (!size)
		return 0;
	mutex_lock(&inode->lock);
	n = writev_locked(file, iov, size);
	mutex_unlock(&inode->lock);
	return n;
}

long filemap_write(struct file *file, vaddr_t buf, size_t size)
{
	return filemap_writev(file, &(struct iovec){ buf, size }, size);
}

/* SEEK_DATA, SEEK_HOLE: the first byte from @pos on that is (not) in a page. */
static int64_t seek_kind(struct mapping *mapping, uint64_t pos, bool data)
{
	uint32_t index = index_of(pos), next;

	if (pos >= mapping->size)
		return -ENXIO;
	if (!mapping_seek(mapping, index, !data, &next))
		return -ENXIO;
	if (next != index)
		pos = (uint64_t)next << PAGE_SHIFT;
	if (pos >= mapping->size)
		return data ? -ENXIO : (int64_t)mapping->size;
	return pos;
}

int __small filemap_lseek(struct file *file, int64_t offset, int whence)
{
	struct mapping *mapping = &file_inode(file)->mapping;

	if (whence == SEEK_END) {
		offset += mapping->size;
	} else if (whence == SEEK_DATA || whence == SEEK_HOLE) {
		if (offset < 0)
			return -ENXIO;
		offset = seek_kind(mapping, offset, whence == SEEK_DATA);
		if (offset < 0)
			return (int)offset;
	} else {
		return file_set_pos(file, offset, whence);
	}
	return file_set_pos(file, offset, SEEK_SET);
}

/* May the caller let a file grow to @size? */
static int __small check_growth(uint64_t size)
{
	if (size > caller_hooks->size_limit()) {
		caller_hooks->limit_hit();
		return -EFBIG;
	}
	return size > FILE_SIZE_MAX ? -EFBIG : 0;
}

int __small filemap_resize(struct inode *inode, uint64_t size)
{
	int err = 0;

	mutex_lock(&inode->lock);
	if (size > inode->mapping.size)
		err = inode->seals & F_SEAL_GROW ? -EPERM : check_growth(size);
	else if (size < inode->mapping.size && inode->seals & F_SEAL_SHRINK)
		err = -EPERM;
	if (!err) {
		mapping_truncate(&inode->mapping, size);
		inode_touch(inode);
		drop_set_id(inode);
	}
	mutex_unlock(&inode->lock);
	return err;
}

int filemap_truncate(struct file *file, uint64_t size)
{
	return filemap_resize(file_inode(file), size);
}

/* [@start, @end) lies in one page. */
static void __small zero_part(struct mapping *mapping, uint64_t start, uint64_t end)
{
	struct page *page;

	if (start >= end)
		return;
	page = mapping_find_page(mapping, index_of(start), false);
	if (!page)
		return;
	memzero_page(page, (uint32_t)start % PAGE_SIZE, (size_t)(end - start));
	page_put(page);
}

/* Let [@start, @end) read as zeros. */
static void make_zeros(struct mapping *mapping, uint64_t start, uint64_t end)
{
	uint64_t first = ALIGN_UP(start, PAGE_SIZE);
	uint64_t last = ALIGN_DOWN(end, PAGE_SIZE);

	if (first > last) {
		zero_part(mapping, start, end);
		return;
	}
	zero_part(mapping, start, first);
	if (first < last)
		mapping_punch(mapping, index_of(first), index_of(last));
	zero_part(mapping, last, end);
}

static int allocate_locked(struct inode *inode, int mode, uint64_t start,
			   uint64_t end)
{
	struct mapping *mapping = &inode->mapping;
	const uint64_t old_size = mapping->size;
	int err = 0;

	if (end > old_size && !(mode & ALLOCATE_PUNCH_HOLE))
		err = inode->seals & F_SEAL_GROW ? -EPERM : check_growth(end);
	if (err)
		return err;
	if (mode & ALLOCATE_PUNCH_HOLE) {
		if (inode->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
			return -EPERM;
		make_zeros(mapping, start, end);
		return 0;
	}
	if (inode->super->max_pages &&
	    index_of(end - 1) - index_of(start) >= inode->super->max_pages)
		return -ENOSPC;
	err = mapping_reserve(mapping, index_of(start), index_of(end - 1) + 1);
	if (!err && end > old_size && !(mode & ALLOCATE_KEEP_SIZE))
		mapping_set_size(mapping, end);
	return err;
}

int __small filemap_allocate(struct file *file, int mode, uint64_t start,
			     uint64_t size)
{
	struct inode *inode = file_inode(file);
	int err;

	mutex_lock(&inode->lock);
	err = allocate_locked(inode, mode, start, start + size);
	if (!err) {
		inode_touch(inode);
		drop_set_id(inode);
	}
	mutex_unlock(&inode->lock);
	return err;
}

/* From now on nobody gets a mapping to write by; is there one from before? */
static int seal(struct inode *inode, uint32_t seals)
{
	inode->seals |= seals;
	if (!(seals & F_SEAL_WRITE) || !mm_mapping_is_writable(&inode->mapping))
		return 0;
	inode->seals &= ~seals;
	return -EBUSY;
}

int __small filemap_add_seals(struct file *file, uint32_t seals)
{
	struct inode *inode = file_inode(file);
	int err;

	if (seals & ~F_SEAL_ALL)
		return -EINVAL;
	mutex_lock(&inode->lock);
	err = inode->seals & F_SEAL_SEAL ? -EPERM :
		seal(inode, seals & ~inode->seals);
	mutex_unlock(&inode->lock);
	return err;
}

int __small filemap_append(struct inode *inode, const void *bytes, size_t size)
{
	struct mapping *mapping = &inode->mapping;
	uint64_t pos = mapping->size;

	while (size) {
		size_t n = in_page(pos, size);
		uint32_t offset = (uint32_t)pos % PAGE_SIZE;
		struct page *page = offset ?
			mapping_find_page(mapping, index_of(pos), false) :
			alloc_page(GFP_USER);
		int err = 0;

		if (!page)
			return -ENOMEM;
		copy_to_page(page, offset, bytes, n);
		if (offset) {
			page_put(page);
		} else {
			memzero_page(page, n, PAGE_SIZE - n);
			mapping_set_size(mapping, pos + n);
			err = mapping_add_page(mapping, index_of(pos), page);
			if (err) {
				free_page(page);
				return err;
			}
		}
		pos += n;
		if (pos > mapping->size)
			mapping_set_size(mapping, pos);
		bytes = (const char *)bytes + n;
		size -= n;
	}
	return 0;
}
