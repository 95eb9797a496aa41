// SPDX-License-Identifier: MIT
/*
 * dev - which driver is behind a device number; and the devices that are
 * nothing but an idea: nothing, zeros, chance.
 *
 * A device's inode has no more than a number.  Opening it looks the number up
 * in one table, whatever file system the inode lies in, so that mknod() works
 * anywhere.  /dev is a tmpfs that has a node for each driver at boot.
 *
 * Locking: none; drivers are added at boot and have no state here.
 */
#include "fs/dev.h"

#include "fs/file.h"
#include "fs/inode.h"
#include "fs/names.h"
#include "fs/random.h"
#include "lib/errno.h"
#include "lib/fmt.h"
#include "lib/util.h"
#include "mm/mmap.h"
#include "sched/thread.h"
#include "x86/uaccess.h"

#define CHUNK	4096u			/* bytes between looks for a signal */

static long null_read(struct file *file, vaddr_t buf, size_t size)
{
	(void)file;
	(void)buf;
	(void)size;
	return 0;
}

/* All is written, and gone. */
static long null_write(struct file *file, vaddr_t buf, size_t size)
{
	(void)file;
	(void)buf;
	return size;
}

static int null_lseek(struct file *file, int64_t offset, int whence)
{
	(void)offset;
	(void)whence;
	file->pos = 0;
	return 0;
}

static long full_write(struct file *file, vaddr_t buf, size_t size)
{
	(void)file;
	(void)buf;
	(void)size;
	return -ENOSPC;
}

/* What to say after @done bytes, when an error came. */
static long done_or(size_t done, int err)
{
	return done ? (long)done : err;
}

static long zero_read(struct file *file, vaddr_t buf, size_t size)
{
	size_t done = 0;

	(void)file;
	while (done < size) {
		size_t n = min(size - done, (size_t)CHUNK);
		size_t left = clear_user(buf + done, n);

		done += n - left;
		if (left)
			return done_or(done, -EFAULT);
		if (current_thread()->interrupted)
			break;
	}
	return done;
}

/* A mapping of zeros is anonymous memory. */
static long zero_mmap(struct file *file, struct mm *mm, vaddr_t addr,
		      size_t len, int prot, int flags, uint32_t pgoff)
{
	(void)file;
	return mm_mmap(mm, addr, len, prot, flags, NULL, pgoff);
}

static long random_read(struct file *file, vaddr_t buf, size_t size)
{
	uint8_t chunk[256];
	size_t done = 0;

	(void)file;
	while (done < size) {
		size_t n = min(size - done, sizeof(chunk)), left;

		random_bytes(chunk, n);
		left = copy_to_user(buf + done, chunk, n);
		done += n - left;
		if (left)
			return done_or(done, -EFAULT);
		if (current_thread()->interrupted)
			break;
	}
	return done;
}

static const struct file_ops null_ops = {
	.read = null_read, .write = null_write, .lseek = null_lseek,
};

static const struct file_ops zero_ops = {
	.read = zero_read, .write = null_write, .lseek = null_lseek,
	.mmap = zero_mmap,
};

static const struct file_ops full_ops = {
	.read = zero_read, .write = full_write, .lseek = null_lseek,
};

/* Linux's can be short of chance, and then is not to be read but written. */
static uint32_t random_poll(struct file *file, struct wait_queue **queue)
{
	(void)file;
	(void)queue;
	return POLLIN | POLLRDNORM;
}

static const struct file_ops random_ops = {
	.read = random_read, .lseek = null_lseek, .poll = random_poll,
};

static const struct file_ops urandom_ops = {
	.read = random_read, .lseek = null_lseek,
};

/* -------------------------------------------------------------- the table */

static struct list devices = LIST_INIT(devices);

void device_register(struct device *device)
{
	list_add_tail(&devices, &device->link);
}

const struct file_ops *device_ops(uint32_t type, uint32_t rdev)
{
	const struct device *device;

	list_for_each_entry(device, &devices, link)
		if (device->rdev == rdev && (device->mode & S_IFMT) == type)
			return device->ops;
	return NULL;
}

#define DEVICE(name_, minor_, ops_)					\
	{ .name = (name_), .mode = S_IFCHR | 0666,			\
	  .rdev = DEV(1, minor_), .ops = &(ops_) }

static struct device simple_devices[] = {
	DEVICE("null", 3, null_ops),
	DEVICE("zero", 5, zero_ops),
	DEVICE("full", 7, full_ops),
	DEVICE("random", 8, random_ops),
	DEVICE("urandom", 9, urandom_ops),
};

void dev_init(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(simple_devices); i++)
		device_register(&simple_devices[i]);
}

static void make_node(const struct viewpoint *view, const char *name,
		      uint32_t mode, uint32_t rdev, const char *link)
{
	char path[32];

	snprintf(path, sizeof(path), "/dev/%s", name);
	names_make(view, path, mode, rdev, link);
}

void dev_populate(const struct viewpoint *view)
{
	static const char *const links[][2] = {
		{ "fd", "/proc/self/fd" }, { "stdin", "/proc/self/fd/0" },
		{ "stdout", "/proc/self/fd/1" },
		{ "stderr", "/proc/self/fd/2" },
	};
	const struct device *device;

	list_for_each_entry(device, &devices, link)
		make_node(view, device->name, device->mode, device->rdev, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(links); i++)
		make_node(view, links[i][0], S_IFLNK | 0777, 0, links[i][1]);
	make_node(view, "shm", S_IFDIR | 01777, 0, NULL);
}
