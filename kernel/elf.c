// SPDX-License-Identifier: MIT
/*
 * elf - maps the segments of an executable.
 *
 * A PT_LOAD segment says: bytes [offset, offset + filesz) of the file belong
 * at vaddr, and zeros follow up to memsz.  Both ends are ragged, but offset
 * and vaddr agree below the page size, so whole pages of the file can be
 * mapped, privately, and nothing is copied until somebody writes:
 *
 *	file	        |...xxxxx|xxxxxxxx|xxx.....|
 *	memory	        |...xxxxx|xxxxxxxx|xxx00000|00000000|
 *			          mapped           ^cleared  anonymous
 *
 * A position-independent file (ET_DYN) is the same, moved by a constant.
 * Nothing in the file is believed: offsets may wrap, sizes lie.  What lies
 * beyond the end of the file may be mapped, and is a SIGBUS when touched.
 */
#include "kernel/elf.h"

#include "lib/errno.h"
#include "lib/string.h"
#include "mm/buddy.h"
#include "mm/kmalloc.h"
#include "mm/mapping.h"
#include "mm/mm.h"
#include "mm/mmap.h"
#include "mm/pagecopy.h"
#include "x86/uaccess.h"

#define ELF_MAGIC	0x464c457fu	/* 0x7f "ELF" */
#define ET_EXEC		2
#define ET_DYN		3
#define EM_386		3
#define EM_486		6		/* Linux takes it, too */

#define PT_LOAD		1
#define PT_INTERP	3
#define PF_X		1
#define PF_W		2
#define PF_R		4

/* Bytes [@offset, @offset + @size) of the page at @index, or zeros. */
static int read_page(struct mapping *mapping, uint32_t index, uint32_t offset,
		     void *buf, size_t size)
{
	struct page *page;
	int err = mapping_get_page(mapping, index, false, &page);

	if (err)
		return err;
	copy_from_page(buf, page, offset, size);
	page_put(page);
	return 0;
}

long elf_read(struct vm_file *file, uint32_t offset, void *buf, size_t size)
{
	uint64_t end = file->mapping->size;
	size_t done = 0;
	int err;

	if (offset >= end)
		return 0;
	size = min((uint64_t)size, end - offset);
	while (done < size) {
		uint32_t at = offset + done;
		size_t n = min(size - done, (size_t)PAGE_SIZE - at % PAGE_SIZE);

		err = read_page(file->mapping, at / PAGE_SIZE, at % PAGE_SIZE,
				(char *)buf + done, n);
		if (err)
			return err == -ENOMEM ? err : (long)done;
		done += n;
	}
	return done;
}

static bool header_is_good(const struct elf_header *header)
{
	return header->magic == ELF_MAGIC &&
	       (header->machine == EM_386 || header->machine == EM_486) &&
	       (header->type == ET_EXEC || header->type == ET_DYN) &&
	       header->phentsize == sizeof(struct elf_phdr) &&
	       header->phnum > 0 &&
	       header->phnum <= PAGE_SIZE / sizeof(struct elf_phdr);
}

int elf_open(struct elf *elf, struct vm_file *file)
{
	long size, n = elf_read(file, 0, &elf->header, sizeof(elf->header));

	elf->file = file;
	elf->phdrs = NULL;
	if (n == -ENOMEM)
		return n;
	if (n != sizeof(elf->header) || !header_is_good(&elf->header))
		return -ENOEXEC;
	size = elf->header.phnum * sizeof(struct elf_phdr);
	elf->phdrs = kmalloc(size, GFP_KERNEL);
	if (!elf->phdrs)
		return -ENOMEM;
	n = elf_read(file, elf->header.phoff, elf->phdrs, size);
	if (n == size)
		return 0;
	elf_close(elf);
	return n == -ENOMEM ? -ENOMEM : -ENOEXEC;
}

void elf_close(struct elf *elf)
{
	kfree(elf->phdrs);
	elf->phdrs = NULL;
}

long elf_interpreter(const struct elf *elf, char *path, size_t size)
{
	for (unsigned int i = 0; i < elf->header.phnum; i++) {
		const struct elf_phdr *ph = &elf->phdrs[i];
		long n;

		if (ph->type != PT_INTERP)
			continue;
		if (ph->filesz < 2 || ph->filesz > size)
			return -ENOEXEC;
		n = elf_read(elf->file, ph->offset, path, ph->filesz);
		if (n < 0)
			return n;
		if (n != (long)ph->filesz)
			return -EIO;
		return path[n - 1] ? -ENOEXEC : n - 1;
	}
	return 0;
}

/* --------------------------------------------------------------- mapping */

static bool segment_is_good(const struct elf_phdr *ph, vaddr_t start)
{
	return ph->filesz <= ph->memsz && start < TASK_SIZE &&
	       ph->memsz <= TASK_SIZE - start &&
	       ph->memsz <= TASK_SIZE - PAGE_SIZE &&
	       (ph->offset - ph->vaddr) % PAGE_SIZE == 0;
}

static int prot_of(const struct elf_phdr *ph)
{
	return (ph->flags & PF_R ? PROT_READ : 0) |
	       (ph->flags & PF_W ? PROT_WRITE : 0) |
	       (ph->flags & PF_X ? PROT_EXEC : 0);
}

static int map(vaddr_t start, vaddr_t end, int prot, int flags,
	       struct vm_file *file, uint32_t pgoff)
{
	long at;

	if (start >= end)
		return 0;
	at = mm_mmap(this_cpu()->mm, start, end - start, prot,
		     MAP_PRIVATE | flags | (file ? 0 : MAP_ANONYMOUS), file,
		     pgoff);
	return at == (long)start ? 0 : (int)at;
}

static int map_segment(const struct elf_phdr *ph, vaddr_t base, int flags,
		       struct vm_file *file)
{
	vaddr_t start = base + ph->vaddr;
	vaddr_t file_end = start + ph->filesz, end = start + ph->memsz;
	vaddr_t first = PAGE_ALIGN_DOWN(start);
	vaddr_t mapped_end = ph->filesz ? PAGE_ALIGN_UP(file_end) : first;
	uint32_t offset = PAGE_ALIGN_DOWN(ph->offset);
	int prot = prot_of(ph), err;

	if (offset + (mapped_end - first) < offset)
		return -EINVAL;
	err = map(first, mapped_end, prot, flags, file, offset / PAGE_SIZE);
	if (!err)
		err = map(mapped_end, PAGE_ALIGN_UP(end), prot, MAP_FIXED,
			  NULL, 0);
	if (err || !ph->filesz || end == file_end)
		return err;
	/* Linux, too, forgives a tail that cannot be written. */
	clear_user(file_end, mapped_end - file_end);
	return 0;
}

/* All that a file takes, from its lowest page on. */
static void get_span(const struct elf *elf, vaddr_t *start, uint32_t *size)
{
	vaddr_t end = 0;

	*start = UINT32_MAX;
	for (unsigned int i = 0; i < elf->header.phnum; i++) {
		const struct elf_phdr *ph = &elf->phdrs[i];

		if (ph->type != PT_LOAD)
			continue;
		*start = min(*start, PAGE_ALIGN_DOWN(ph->vaddr));
		end = max(end, ph->vaddr + ph->memsz);
	}
	*size = end > *start ? end - *start : 0;
}

/* What to add to the addresses of @elf so that all of it has a place. */
static int find_base(const struct elf *elf, vaddr_t hint, vaddr_t *base)
{
	struct mm *mm = this_cpu()->mm;
	vaddr_t start;
	uint32_t size;
	long at;

	*base = 0;
	if (elf->header.type == ET_EXEC)
		return 0;
	get_span(elf, &start, &size);
	if (!size)
		return -EINVAL;
	at = mm_mmap(mm, hint, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS |
		     MAP_NORESERVE | (hint ? MAP_FIXED_NOREPLACE : 0), NULL, 0);
	if ((uint32_t)at > -4096u)
		return at;
	mm_munmap(mm, at, size);
	*base = at - start;
	return 0;
}

/* Where the program headers will lie: in the last segment around them. */
static vaddr_t find_phdrs(const struct elf *elf, vaddr_t base)
{
	const struct elf_phdr *ph = elf->phdrs;
	uint32_t phoff = elf->header.phoff;
	vaddr_t at = 0;

	for (unsigned int i = 0; i < elf->header.phnum; i++, ph++)
		if (ph->type == PT_LOAD && phoff >= ph->offset &&
		    phoff - ph->offset < ph->filesz)
			at = ph->vaddr + phoff - ph->offset;
	return base + at;
}

/* What /proc/<pid>/stat says of them; Linux counts so. */
static void note_segment(struct elf_image *image, const struct elf_phdr *ph)
{
	vaddr_t start = image->base + ph->vaddr, end = start + ph->filesz;

	if (ph->flags & PF_X) {
		image->start_code = min(image->start_code, start);
		image->end_code = max(image->end_code, end);
	}
	image->start_data = max(image->start_data, start);
	image->end_data = max(image->end_data, end);
	image->end = max(image->end, start + ph->memsz);
}

int elf_map(const struct elf *elf, vaddr_t base, struct elf_image *image)
{
	int flags = MAP_FIXED_NOREPLACE, err;	/* the first one only */

	*image = (struct elf_image){ .start_code = UINT32_MAX };
	err = find_base(elf, base, &image->base);
	if (err)
		return err;
	base = image->base;
	for (unsigned int i = 0; i < elf->header.phnum; i++) {
		const struct elf_phdr *ph = &elf->phdrs[i];

		if (ph->type != PT_LOAD)
			continue;
		if (!segment_is_good(ph, base + ph->vaddr))
			return -EINVAL;
		err = map_segment(ph, base, flags, elf->file);
		if (err)
			return err;
		flags = MAP_FIXED;
		note_segment(image, ph);
	}
	image->entry = base + elf->header.entry;
	image->phdr = find_phdrs(elf, base);
	return image->entry < TASK_SIZE ? 0 : -EINVAL;
}
