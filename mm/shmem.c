// SPDX-License-Identifier: MIT
/*
 * shmem - pages that processes share and no file backs.
 *
 * A parent maps it, forks, and both see the same pages: what they share is the
 * mapping, so it does not matter who touches a page first.  It is a mapping
 * like that of a file, and its only opening, in one object that goes when
 * nobody maps the memory any more.
 *
 * Locking: none of its own.
 */
#include "mm/shmem.h"

#include "lib/string.h"
#include "mm/account.h"
#include "mm/slab.h"

struct shmem {
	struct vm_file file;
	struct mapping mapping;
};

static struct kmem_cache *shmem_cache;
static int32_t last_inode;

static void shmem_release(struct vm_file *file)
{
	struct shmem *shmem = container_of(file, struct shmem, file);

	mapping_destroy(&shmem->mapping);
	if (shmem->mapping.prepaid)
		vm_uncharge(shmem->mapping.size >> PAGE_SHIFT);
	kmem_cache_free(shmem_cache, shmem);
}

static size_t shmem_name(struct vm_file *file, char *buf, size_t size)
{
	static const char name[] = "/dev/zero (deleted)";

	(void)file;
	memcpy(buf, name, min(size, sizeof(name) - 1));
	return sizeof(name) - 1;
}

static const struct vm_file_ops shmem_ops = {
	.release = shmem_release, .name = shmem_name,
};

struct vm_file *shmem_create(uint32_t nr_pages, bool prepaid)
{
	struct shmem *shmem;

	if (prepaid && !vm_charge(NULL, nr_pages))
		return NULL;
	shmem = kmem_cache_alloc(shmem_cache, GFP_KERNEL);
	if (!shmem) {
		if (prepaid)
			vm_uncharge(nr_pages);
		return NULL;
	}
	mapping_init(&shmem->mapping, NULL);
	shmem->mapping.size = (uint64_t)nr_pages << PAGE_SHIFT;
	shmem->mapping.is_shmem = true;
	shmem->mapping.prepaid = prepaid;
	shmem->mapping.dev = 1;
	shmem->mapping.inode = __atomic_add_fetch(&last_inode, 1,
						  __ATOMIC_RELAXED);
	shmem->file = (struct vm_file){
		.refs = 1, .may_write = true, .mapping = &shmem->mapping,
		.ops = &shmem_ops,
	};
	return &shmem->file;
}

void shmem_init(void)
{
	shmem_cache = kmem_cache_create("shmem", sizeof(struct shmem), 0, NULL);
	if (!shmem_cache)
		panic("shmem: no memory for its cache");
}
