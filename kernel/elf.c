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
 * A position-independent file (ET_DYN) is the same, moved by a constant, which
 * its first segment's place decides.
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
#define EM_386		3
#define EM_486		6		/* Linux takes it, too */

#define PT_LOAD		1
#define PT_INTERP	3
#define PT_GNU_STACK	0x6474e551u
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

static bool type_is_good(const struct elf_header *header)
{
	return header->type == ET_EXEC || header->type == ET_DYN;
}

static bool header_is_good(const struct elf_header *header)
{
	return header->magic == ELF_MAGIC &&
	       (header->machine == EM_386 || header->machine == EM_486) &&
	       header->phentsize == sizeof(struct elf_phdr) &&
	       header->phnum > 0 &&
	       header->phnum <= PAGE_SIZE / sizeof(struct elf_phdr);
}

int elf_open(struct elf *elf, struct vm_file *file, bool is_loader)
{
	long size, n = elf_read(file, 0, &elf->header, sizeof(elf->header));

	elf->file = file;
	elf->phdrs = NULL;
	elf->is_loader = is_loader;
	if (n == -ENOMEM)
		return n;
	if (n != sizeof(elf->header) || !header_is_good(&elf->header) ||
	    (!is_loader && !type_is_good(&elf->header)))
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
	       ph->memsz <= TASK_SIZE - start;
}

static int prot_of(const struct elf_phdr *ph)
{
	return (ph->flags & PF_R ? PROT_READ : 0) |
	       (ph->flags & PF_W ? PROT_WRITE : 0) |
	       (ph->flags & PF_X ? PROT_EXEC : 0);
}

/*
 * The pages of the file that @ph has bytes in, at @at; the first segment takes
 * the @total that all of them need, and gives back what it does not use.
 * Return: the address, or -Exxx.
 */
static long map_file(const struct elf *elf, const struct elf_phdr *ph,
		     vaddr_t at, int flags, uint32_t total)
{
	struct mm *mm = this_cpu()->mm;
	uint32_t ragged = ph->vaddr % PAGE_SIZE, offset = ph->offset - ragged;
	uint32_t size = PAGE_ALIGN_UP(ph->filesz + ragged);
	long got;

	at = PAGE_ALIGN_DOWN(at);
	if (!size)
		return at;
	total = total ? PAGE_ALIGN_UP(total) : size;
	if (offset % PAGE_SIZE || offset + total < offset)
		return -EINVAL;
	got = mm_mmap(mm, at, total, prot_of(ph), MAP_PRIVATE | flags,
		      elf->file, offset / PAGE_SIZE);
	if ((uint32_t)got <= -4096u && total > size)
		mm_munmap(mm, got + size, total - size);
	return got;
}

/* Whole pages of zeros; [@start, @end) is rounded up at both ends. */
static int map_zeros(vaddr_t start, vaddr_t end, int prot)
{
	long at;

	start = PAGE_ALIGN_UP(start);
	end = PAGE_ALIGN_UP(end);
	if (start == end)
		return 0;
	at = mm_mmap(this_cpu()->mm, start, end - start,
		     PROT_READ | PROT_WRITE | (prot & PROT_EXEC),
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, NULL, 0);
	return at == (long)start ? 0 : (int)at;
}

/* The rest of the last page that the file has bytes in. */
static bool clear_rest(vaddr_t at)
{
	return !clear_user(at, PAGE_ALIGN_UP(at) - at);
}

/* As map_file(), and, but for a loader's, the zeros behind. */
static long map_segment(const struct elf *elf, const struct elf_phdr *ph,
			vaddr_t at, int flags, uint32_t total)
{
	long got = PAGE_ALIGN_DOWN(at);
	vaddr_t start = got, end;
	int err;

	if (ph->filesz || elf->is_loader) {
		got = map_file(elf, ph, at, flags, total);
		if ((uint32_t)got > -4096u)
			return got;
		start = got + ph->vaddr % PAGE_SIZE + ph->filesz;
	}
	if (ph->memsz <= ph->filesz || elf->is_loader)
		return got;
	end = got + ph->vaddr % PAGE_SIZE + ph->memsz;
	clear_rest(start);		/* if it can be written: as Linux */
	err = map_zeros(start, end, prot_of(ph));
	return err ? err : got;
}

/* All that a file takes, from its lowest page on. */
static uint32_t get_span(const struct elf *elf)
{
	vaddr_t start = UINT32_MAX, end = 0;

	for (unsigned int i = 0; i < elf->header.phnum; i++) {
		const struct elf_phdr *ph = &elf->phdrs[i];

		if (ph->type != PT_LOAD)
			continue;
		start = min(start, PAGE_ALIGN_DOWN(ph->vaddr));
		end = max(end, ph->vaddr + ph->memsz);
	}
	return start == UINT32_MAX ? 0 : end - start;
}

/* The first segment, which decides where all are: image->base. */
static int map_first(const struct elf *elf, const struct elf_phdr *ph,
		     vaddr_t hint, struct elf_image *image)
{
	bool is_fixed = elf->header.type == ET_EXEC;
	uint32_t total = is_fixed && !elf->is_loader ? 0 : get_span(elf);
	int flags = elf->is_loader ? (is_fixed ? MAP_FIXED : 0) :
		is_fixed || hint ? MAP_FIXED_NOREPLACE : 0;
	long at;

	if (!total && !(is_fixed && !elf->is_loader))
		return -EINVAL;
	if (is_fixed || (elf->is_loader && !hint))
		hint = ph->vaddr;
	else
		hint = elf->is_loader ? 0 :
			PAGE_ALIGN_DOWN(hint - ph->vaddr) + ph->vaddr;
	at = map_segment(elf, ph, hint, flags, total);
	if ((uint32_t)at >= TASK_SIZE)
		return (uint32_t)at > -4096u ? (int)at : -EINVAL;
	image->base = is_fixed ? 0 : at - PAGE_ALIGN_DOWN(ph->vaddr);
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
static void note_segment(struct elf_image *image, const struct elf_phdr *ph,
			 vaddr_t start)
{
	vaddr_t end = start + ph->filesz;

	if (ph->flags & PF_X) {
		image->start_code = min(image->start_code, start);
		image->end_code = max(image->end_code, end);
	}
	image->start_data = max(image->start_data, start);
	image->end_data = max(image->end_data, end);
	image->end = max(image->end, start + ph->memsz);
}

/* A loader has zeros behind the last of its bytes alone, and needs them. */
static int end_loader(const struct elf_image *image, int prot)
{
	if (!image->end)
		return -EINVAL;		/* it has no segments */
	return !clear_rest(image->end_data) ? -EFAULT :
		map_zeros(image->end_data, image->end, prot);
}

/* Linux checks and counts a program as it is in the file, a loader in place. */
static int map_all(const struct elf *elf, vaddr_t hint,
		   struct elf_image *image)
{
	bool is_first = true;
	int prot = 0;
	vaddr_t start;
	long at;

	for (unsigned int i = 0; i < elf->header.phnum; i++) {
		const struct elf_phdr *ph = &elf->phdrs[i];

		if (ph->type != PT_LOAD)
			continue;
		at = is_first ? map_first(elf, ph, hint, image) :
			map_segment(elf, ph, image->base + ph->vaddr,
				    MAP_FIXED, 0);
		if ((uint32_t)at > -4096u)
			return at;
		is_first = false;
		start = ph->vaddr + (elf->is_loader ? image->base : 0);
		if (!segment_is_good(ph, start))
			return -EINVAL;
		if (start + ph->memsz > image->end)
			prot = prot_of(ph);
		note_segment(image, ph, start);
	}
	return elf->is_loader ? end_loader(image, prot) : 0;
}

int elf_map(const struct elf *elf, vaddr_t hint, struct elf_image *image)
{
	int err = -EINVAL;
	vaddr_t base;

	*image = (struct elf_image){ .start_code = UINT32_MAX };
	if (type_is_good(&elf->header))
		err = map_all(elf, hint, image);
	base = image->base;
	image->entry = base + elf->header.entry;
	image->phdr = find_phdrs(elf, base);
	if (!elf->is_loader) {
		image->start_code += base;
		image->end_code += base;
		image->start_data += base;
		image->end_data += base;
		image->end += base;
	}
	return err;
}

int elf_stack_rights(const struct elf *elf)
{
	int rights = -1;

	for (unsigned int i = 0; i < elf->header.phnum; i++)
		if (elf->phdrs[i].type == PT_GNU_STACK)
			rights = prot_of(&elf->phdrs[i]);
	return rights;
}
