// SPDX-License-Identifier: MIT
/*
 * inode - files without their names: counted, and asked for permission.
 *
 * Who may what is the nine bits of its mode: the first three if one owns it,
 * the next if one is in its group, else the last.  Root passes, but needs at
 * least one x to execute a file.
 *
 * Locking: inode->lock for attributes.  They are single words, so that a
 * permission check, which is a moment's truth anyway, reads them without.
 */
#include "fs/inode.h"

#include "drivers/time.h"
#include "fs/mount.h"
#include "lib/div64.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/slab.h"

#define SECONDS_A_DAY	86400

static struct kmem_cache *inode_cache;

void inode_cache_init(void)
{
	inode_cache = kmem_cache_create("inode", sizeof(struct inode), 0, NULL);
	assert_always(inode_cache);
}

struct inode *inode_alloc(void)
{
	return kmem_cache_alloc(inode_cache, GFP_KERNEL);
}

void inode_free(struct inode *inode)
{
	kmem_cache_free(inode_cache, inode);
}

void inode_init(struct inode *inode, struct super *super, uint32_t mode)
{
	memset(inode, 0, sizeof(*inode));
	inode->refs = 1;
	inode->super = super;
	inode->mode = mode;
	inode->nlink = 1;
	mutex_init(&inode->lock);
	list_init(&inode->locks);
	inode->seals = F_SEAL_SEAL;
	inode->atime = inode->mtime = inode->ctime = inode->btime = fs_now();
	if (inode_is(inode, S_IFDIR)) {
		rb_init(&inode->names);
		list_init(&inode->order);
		inode->nlink = 2;
	}
}

void inode_lose_name(struct inode *inode)
{
	inode->nlink = 0;
	atomic_inc(&inode->super->nr_removed);
}

bool inode_has_pages(const struct inode *inode)
{
	return inode_is(inode, S_IFREG) && inode->ops->make;
}

void inode_put(struct inode *inode)
{
	if (atomic_dec_is_zero(&inode->refs))
		inode->ops->release(inode);
}

int inode_permission(const struct inode *inode, const struct cred *cred,
		     uint32_t may)
{
	uint32_t mode = inode->mode;

	if (cred_is_root(cred))
		return (may & MAY_EXEC) && !(mode & 0111) &&
			!inode_is(inode, S_IFDIR) ? -EACCES : 0;
	if (cred->fsuid == inode->uid)
		mode >>= 6;
	else if (cred_in_group(cred, inode->gid))
		mode >>= 3;
	return may & ~mode ? -EACCES : 0;
}

struct fs_time fs_now(void)
{
	struct fs_time now;

	now.sec = div64_32(time_realtime_ns(), NSEC_PER_SEC, &now.nsec);
	return now;
}

void inode_touch(struct inode *inode)
{
	inode->mtime = inode->ctime = fs_now();
}

static bool is_before(const struct fs_time *a, const struct fs_time *b)
{
	return a->sec != b->sec ? a->sec < b->sec : a->nsec <= b->nsec;
}

void inode_accessed(struct inode *inode)
{
	struct fs_time now = fs_now();

	if (is_before(&inode->atime, &inode->mtime) ||
	    is_before(&inode->atime, &inode->ctime) ||
	    now.sec - inode->atime.sec >= SECONDS_A_DAY)
		inode->atime = now;
}

#define DIR_ENTRY	20u		/* what Linux counts for one in tmpfs */

uint64_t inode_size(const struct inode *inode)
{
	switch (inode->mode & S_IFMT) {
	case S_IFREG:
		return inode_has_pages(inode) ? inode->mapping.size : 0;
	case S_IFDIR:			/* so much for each name */
		return inode->ops->make ? (2 + inode->nr_names) * DIR_ENTRY : 0;
	case S_IFLNK:
		return inode->ops->readlink || !inode->link ? 0 :
			strlen(inode->link);
	default:
		return 0;
	}
}

int inode_readlink(struct inode *inode, char *buf, size_t size)
{
	size_t length;

	if (inode->ops->readlink)
		return inode->ops->readlink(inode, buf, size);
	length = min(strlen(inode->link), size);
	memcpy(buf, inode->link, length);
	return length;
}

/* ------------------------------------------------------------- attributes */

static bool may_keep_set_gid(const struct inode *inode, const struct cred *cred)
{
	return cred_is_root(cred) || cred_in_group(cred, inode->gid);
}

static uint32_t without_set_id(const struct inode *inode,
			       const struct cred *cred)
{
	uint32_t mode = inode->mode & ~S_ISUID;

	return mode & 0010 || !may_keep_set_gid(inode, cred) ?
		mode & ~S_ISGID : mode;
}

void inode_drop_set_id(struct inode *inode, const struct cred *cred)
{
	inode->mode = without_set_id(inode, cred);
}

int inode_chmod(struct inode *inode, const struct cred *cred, uint32_t mode)
{
	int err = 0;

	mutex_lock(&inode->lock);
	if (!inode_is_owner(inode, cred)) {
		err = -EPERM;
	} else {
		if (!may_keep_set_gid(inode, cred))
			mode &= ~S_ISGID;
		inode->mode = (inode->mode & S_IFMT) | (mode & S_IALLUGO);
		inode->ctime = fs_now();
	}
	mutex_unlock(&inode->lock);
	return err;
}

/* Only root gives files away; an owner may choose among his groups. */
static bool may_chown(const struct inode *inode, const struct cred *cred,
		      uint32_t uid, uint32_t gid)
{
	if (cred_is_root(cred))
		return true;
	if (uid != ~0u && (uid != inode->uid || cred->fsuid != inode->uid))
		return false;
	return gid == ~0u || (cred->fsuid == inode->uid &&
			      (gid == inode->gid || cred_in_group(cred, gid)));
}

int inode_chown(struct inode *inode, const struct cred *cred, uint32_t uid,
		uint32_t gid)
{
	uint32_t mode = inode->mode;
	int err = 0;

	mutex_lock(&inode->lock);
	if (!inode_is(inode, S_IFDIR))
		mode = without_set_id(inode, cred);
	/* To change nothing is everybody's right, but here something changes. */
	if (!may_chown(inode, cred, uid, gid) ||
	    (mode != inode->mode && !inode_is_owner(inode, cred))) {
		err = -EPERM;
	} else {
		inode->mode = mode;
		if (uid != ~0u)
			inode->uid = uid;
		if (gid != ~0u)
			inode->gid = gid;
		inode->ctime = fs_now();
	}
	mutex_unlock(&inode->lock);
	return err;
}

/* Who may write a file may say that it was touched now; no other time. */
static int may_set_times(const struct inode *inode, const struct cred *cred,
			 const struct fs_time times[2])
{
	if (inode_is_owner(inode, cred))
		return 0;
	if (times[0].nsec == FS_TIME_NOW && times[1].nsec == FS_TIME_NOW)
		return inode_permission(inode, cred, MAY_WRITE);
	return -EPERM;
}

static void set_time(struct fs_time *time, const struct fs_time *to,
		     const struct fs_time *now)
{
	if (to->nsec == FS_TIME_NOW)
		*time = *now;
	else if (to->nsec != FS_TIME_OMIT)
		*time = *to;
}

int inode_set_times(struct inode *inode, const struct cred *cred,
		    const struct fs_time times[2])
{
	const struct fs_time now = fs_now();
	int err;

	mutex_lock(&inode->lock);
	err = may_set_times(inode, cred, times);
	if (!err) {
		set_time(&inode->atime, &times[0], &now);
		set_time(&inode->mtime, &times[1], &now);
		inode->ctime = now;
	}
	mutex_unlock(&inode->lock);
	return err;
}
