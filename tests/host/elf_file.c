// SPDX-License-Identifier: MIT
#include "host.h"

#include "elf_file.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/buddy.h"
#include "mm/kmalloc.h"
#include "mm/mapping.h"
#include "mm/mmap.h"
#include "mm/pagecopy.h"
#include "x86/uaccess.h"

/* Two for each of the most segments, as many clears, and another file's. */
#define DEEDS_MOST	(3 * PAGE_SIZE / sizeof(struct elf_phdr) + 8)

/* [start, end) was mapped or cleared. */
struct deed {
	vaddr_t	 start, end;
	int	 prot;
	uint32_t offset;		/* of the file; or ELF_FILE_ZERO */
	bool	 is_clear;
};

static struct deed deeds[DEEDS_MOST];
static unsigned int nr_deeds;

static struct mapping mapping;
struct vm_file elf_file = { .mapping = &mapping };
int elf_file_read_error;
bool elf_file_alloc_fails;

/* Those of the file; which page one is, its place in here says. */
static struct page pages[ELF_FILE_MAX / PAGE_SIZE];
static const uint8_t *file_bytes;
static int pages_held, objects_held;

void elf_file_set(const void *bytes, size_t size)
{
	EXPECT(size <= ELF_FILE_MAX);
	file_bytes = bytes;
	mapping.size = size;
}

void elf_file_unmap(void)
{
	nr_deeds = 0;
}

bool elf_file_is_free(void)
{
	return pages_held == 0 && objects_held == 0;
}

/* -------------------------------------------------------------- the file */

int mapping_get_page(struct mapping *from, uint32_t index, bool write,
		     struct page **page)
{
	EXPECT(from == &mapping && !write);
	EXPECT((uint64_t)index * PAGE_SIZE < mapping.size);
	if (elf_file_read_error)
		return elf_file_read_error;
	*page = &pages[index];
	pages_held++;
	return 0;
}

void page_put(struct page *page)
{
	EXPECT(page >= pages && page < pages + ARRAY_SIZE(pages));
	pages_held--;
}

void copy_from_page(void *to, struct page *page, size_t offset, size_t size)
{
	size_t at = (page - pages) * PAGE_SIZE + offset;

	EXPECT(pages_held == 1);
	EXPECT(offset < PAGE_SIZE && size <= PAGE_SIZE - offset);
	EXPECT(at <= mapping.size && size <= mapping.size - at);
	memcpy(to, file_bytes + at, size);
}

void *kmalloc_sized(size_t size, gfp_t gfp)
{
	(void)gfp;
	if (elf_file_alloc_fails)
		return NULL;
	objects_held++;
	return malloc(size);
}

void kfree(const void *object)
{
	objects_held -= object != NULL;
	free((void *)object);
}

/* ------------------------------------------------------ the address space */

static void note(struct deed deed)
{
	EXPECT(nr_deeds < DEEDS_MOST);
	deeds[nr_deeds++] = deed;
}

/* The last that was done to @at, clears aside or not; NULL: nothing. */
static const struct deed *last_deed(vaddr_t at, bool with_clears)
{
	for (unsigned int i = nr_deeds; i-- > 0;)
		if (at >= deeds[i].start && at < deeds[i].end &&
		    (with_clears || !deeds[i].is_clear))
			return &deeds[i];
	return NULL;
}

static bool is_free(vaddr_t start, vaddr_t end)
{
	for (unsigned int i = 0; i < nr_deeds; i++)
		if (deeds[i].start < end && start < deeds[i].end)
			return false;
	return true;
}

bool elf_file_is_unmapped(void)
{
	return nr_deeds == 0;
}

struct elf_file_byte elf_file_byte(vaddr_t at)
{
	const struct deed *map = last_deed(at, false);
	const struct deed *last = last_deed(at, true);

	if (!map)
		return (struct elf_file_byte){ .is_mapped = false };
	return (struct elf_file_byte){
		true, map->prot,
		last->is_clear || last->offset == ELF_FILE_ZERO ?
			ELF_FILE_ZERO :
			last->offset + (at - last->start),
	};
}

/* @hint, if that will do. */
static vaddr_t place_for(vaddr_t hint, size_t len)
{
	return hint >= MMAP_MIN_ADDR && hint <= TASK_SIZE - len &&
	       is_free(hint, hint + len) ? hint : ELF_FILE_PLACE;
}

long mm_mmap(struct mm *mm, vaddr_t addr, size_t len, int prot, int flags,
	     struct vm_file *from, uint32_t pgoff)
{
	(void)mm;
	EXPECT(!from || from == &elf_file);
	EXPECT((prot & ~7) == 0 && (flags & MAP_PRIVATE));
	EXPECT(!from == !!(flags & MAP_ANONYMOUS));
	if (!len)
		return -EINVAL;
	if (len > TASK_SIZE)
		return -ENOMEM;
	len = PAGE_ALIGN_UP(len);
	if (!(flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)))
		addr = place_for(addr, len);
	if (addr > TASK_SIZE - len)
		return -ENOMEM;
	if (addr % PAGE_SIZE)
		return -EINVAL;
	if (addr < MMAP_MIN_ADDR)
		return -EPERM;
	if ((flags & MAP_FIXED_NOREPLACE) && !is_free(addr, addr + len))
		return -EEXIST;
	EXPECT(!from || pgoff <= (UINT32_MAX - (len - 1)) / PAGE_SIZE);
	note((struct deed){ addr, addr + len, prot,
			    from ? pgoff * PAGE_SIZE : ELF_FILE_ZERO, false });
	return addr;
}

/* Only the end of what was mapped last has a reason to go. */
int mm_munmap(struct mm *mm, vaddr_t addr, size_t len)
{
	struct deed *last = &deeds[nr_deeds - 1];

	(void)mm;
	EXPECT(nr_deeds > 0 && addr > last->start &&
	       addr + PAGE_ALIGN_UP(len) == last->end);
	last->end = addr;
	return 0;
}

/* Nothing is cleared that is not writable or lies behind the file. */
size_t clear_user(vaddr_t to, size_t size)
{
	const struct deed *map = last_deed(to, false);

	EXPECT(size < PAGE_SIZE && to % PAGE_SIZE + size <= PAGE_SIZE);
	if (!size)
		return 0;
	if (!map || !(map->prot & PROT_WRITE))
		return size;
	if (map->offset != ELF_FILE_ZERO &&
	    PAGE_ALIGN_DOWN(map->offset + (to - map->start)) >= mapping.size)
		return size;
	note((struct deed){ to, to + size, map->prot,
			    ELF_FILE_ZERO, true });
	return 0;
}
