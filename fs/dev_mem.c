// SPDX-License-Identifier: MIT
/*
 * dev_mem - memory as files, for programs to map.
 *
 *	/dev/mem	physical memory: offsets are addresses
 *	/dev/kbuffer	a few pages of the kernel's, from vmalloc()
 *
 * Of /dev/mem a program may have the memory of devices, uncached, and for
 * reading the first MiB, where the firmware left its tables.  RAM is refused,
 * as Linux does with STRICT_DEVMEM: it is the kernel's, or some process's.
 * Frames below 1 MiB that Atlas uses as RAM look like zeros.
 *
 * /dev/kbuffer shows that an address space is nothing but page tables.  The
 * buffer's frames are scattered; vmalloc() gave them addresses in a row in the
 * kernel, and each process that maps the file gets other addresses for them:
 *
 *	kernel	0xf88xxxxx  --+--> frame 1a3f, frame 0c22 ...
 *	process 0xb7xxxxxx  --+
 *
 * What the process stores, the kernel loads, and the other way round, without
 * any call.  Its first words are the kernel's: how often the file was read,
 * and when; read() and write() go by the kernel's addresses.
 *
 * Locking: the buffer's by kbuffer_lock until it is there; its bytes have no
 * owner, that is their point.
 */
#include "fs/dev_mem.h"

#include "drivers/time.h"
#include "fs/dev.h"
#include "fs/file.h"
#include "fs/filemap.h"
#include "fs/inode.h"
#include "lib/errno.h"
#include "mm/highmem.h"
#include "mm/mm.h"
#include "mm/mmap.h"
#include "mm/vmalloc.h"
#include "x86/uaccess.h"

#define FIRST_MIB_PAGES	256u
#define FIRST_HOLE	0xa0u		/* frames of devices in it */

void dev_can_map(struct file *file, struct mapping *mapping)
{
	const struct inode *inode = file_inode(file);

	mapping->dev = inode->super->dev;
	mapping->inode = inode->ino;
	file->vm.mapping = mapping;
	file->vm.area_flags = VM_DEVICE;
}

/* --------------------------------------------------------------- /dev/mem */

static struct mapping mem_mapping;

static int mem_open(struct file *file)
{
	if (!filemap_caller_is_privileged())
		return -EPERM;
	dev_can_map(file, &mem_mapping);
	return 0;
}

static bool is_ram(pfn_t pfn)
{
	return pfn < max_pfn && !(pfn_to_page(pfn)->flags & PG_RESERVED);
}

static int map_frame(struct mm *mm, struct vma *vma, vaddr_t addr, pfn_t pfn)
{
	if (pfn >= max_pfn || (pfn >= FIRST_HOLE && pfn < FIRST_MIB_PAGES))
		return mm_io_remap_pfn_range(mm, vma, addr, pfn, PAGE_SIZE);
	if (is_ram(pfn))
		pfn = page_to_pfn(zero_page);
	return mm_remap_pfn_range(mm, vma, addr, pfn, PAGE_SIZE);
}

static int mem_map_area(struct file *file, struct mm *mm, struct vma *vma)
{
	const uint32_t shared_write = VM_SHARED | VM_WRITE;
	uint32_t nr = (vma->end - vma->start) >> PAGE_SHIFT;
	int err = 0;

	(void)file;
	if (vma->pgoff + nr < vma->pgoff || vma->pgoff + nr > 1u << 20)
		return -EINVAL;
	if (vma->pgoff < max_pfn) {
		if (vma->pgoff + nr > FIRST_MIB_PAGES)
			return -EPERM;
		if ((vma->flags & shared_write) == shared_write)
			return -EPERM;
		if (vma->flags & VM_SHARED)
			vma->flags |= VM_NOWRITE;
	}
	for (uint32_t i = 0; i < nr && !err; i++)
		err = map_frame(mm, vma, vma->start + i * PAGE_SIZE,
				vma->pgoff + i);
	return err;
}

static long mem_read(struct file *file, vaddr_t buf, size_t size)
{
	uint32_t pos = file->pos, n = min(size, PAGE_SIZE - pos % PAGE_SIZE);
	pfn_t pfn = pos >> PAGE_SHIFT;
	size_t left;

	if (file->pos != pos)
		return 0;
	if (pfn >= max_low_pfn)
		return -EFAULT;
	if (pfn >= FIRST_MIB_PAGES)
		return -EPERM;
	left = is_ram(pfn) ? clear_user(buf, n) :
		copy_to_user(buf, phys_to_virt(pos), n);
	if (left)
		return -EFAULT;
	file->pos += n;
	return n;
}

static long mem_write(struct file *file, vaddr_t buf, size_t size)
{
	(void)buf;
	(void)size;
	return file->pos >> PAGE_SHIFT >= max_low_pfn ? -EFAULT : -EPERM;
}

static const struct file_ops mem_ops = {
	.open = mem_open, .read = mem_read, .write = mem_write,
	.lseek = file_set_pos, .map = mem_map_area,
};

/* ----------------------------------------------------------- /dev/kbuffer */

struct kbuffer {
	uint32_t nr_reads;
	uint32_t reserved;
	uint64_t read_at;		/* ns since boot */
	char	 bytes[KBUFFER_SIZE - 16];
};

static_assert(sizeof(struct kbuffer) == KBUFFER_SIZE, "whole pages");

static struct mutex kbuffer_lock = MUTEX_INIT(kbuffer_lock);
static struct kbuffer *kbuffer;
static struct mapping kbuffer_mapping;

static int kbuffer_open(struct file *file)
{
	mutex_lock(&kbuffer_lock);
	if (!kbuffer)
		kbuffer = vzalloc(KBUFFER_SIZE);
	mutex_unlock(&kbuffer_lock);
	if (!kbuffer)
		return -ENOMEM;
	dev_can_map(file, &kbuffer_mapping);
	return 0;
}

static int kbuffer_map_area(struct file *file, struct mm *mm, struct vma *vma)
{
	uint32_t nr = (vma->end - vma->start) >> PAGE_SHIFT;
	int err = 0;

	(void)file;
	if (vma->pgoff >= KBUFFER_SIZE / PAGE_SIZE ||
	    nr > KBUFFER_SIZE / PAGE_SIZE - vma->pgoff)
		return -EINVAL;
	for (uint32_t i = 0; i < nr && !err; i++) {
		const char *at = (char *)kbuffer +
				 (vma->pgoff + i) * PAGE_SIZE;

		err = mm_remap_pfn_range(mm, vma, vma->start + i * PAGE_SIZE,
					 page_to_pfn(vmalloc_to_page(at)),
					 PAGE_SIZE);
	}
	return err;
}

static long kbuffer_read(struct file *file, vaddr_t buf, size_t size)
{
	size_t left;

	if (file->pos >= KBUFFER_SIZE)
		return 0;
	kbuffer->nr_reads++;
	kbuffer->read_at = time_now_ns();
	size = min(size, KBUFFER_SIZE - (size_t)file->pos);
	left = copy_to_user(buf, (char *)kbuffer + (size_t)file->pos, size);
	file->pos += size - left;
	return left && left == size ? -EFAULT : (long)(size - left);
}

static long kbuffer_write(struct file *file, vaddr_t buf, size_t size)
{
	size_t left;

	if (file->pos >= KBUFFER_SIZE)
		return -ENOSPC;
	size = min(size, KBUFFER_SIZE - (size_t)file->pos);
	left = copy_from_writer((char *)kbuffer + (size_t)file->pos, buf, size);
	file->pos += size - left;
	return left && left == size ? -EFAULT : (long)(size - left);
}

static const struct file_ops kbuffer_ops = {
	.open = kbuffer_open, .read = kbuffer_read, .write = kbuffer_write,
	.lseek = file_set_pos, .map = kbuffer_map_area,
};

static struct device devices[] = {
	{ .name = "mem", .mode = S_IFCHR | 0640, .rdev = DEV(1, 1),
	  .ops = &mem_ops },
	{ .name = "kbuffer", .mode = S_IFCHR | 0666, .rdev = DEV(10, 240),
	  .ops = &kbuffer_ops },
};

void dev_mem_init(void)
{
	mapping_init(&mem_mapping, NULL);
	mapping_init(&kbuffer_mapping, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++)
		device_register(&devices[i]);
	dev_fb_init();
}
