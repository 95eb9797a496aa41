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
 * Nothing in the file is believed: offsets may wrap, sizes lie.
 */
#include "kernel/exec.h"

#include "lib/errno.h"
#include "lib/string.h"
#include "mm/buddy.h"
#include "mm/mapping.h"
#include "mm/mm.h"
#include "mm/mmap.h"
#include "mm/pagecopy.h"
#include "x86/uaccess.h"

#define EI_MAGIC	0x464c457fu	/* 0x7f "ELF" */
#define ELFCLASS32	1
#define ELFDATA2LSB	1
#define ET_EXEC		2
#define ET_DYN		3
#define EM_386		3

#define PT_LOAD		1
#define PT_INTERP	3
#define PF_X		1
#define PF_W		2
#define PF_R		4

#define PIE_BASE	0x56555000u	/* where Linux puts them unrandomised */
#define MAX_PHDRS	64

struct elf_header {
	uint32_t magic;
	uint8_t	 class, data, version, pad[9];
	uint16_t type, machine;
	uint32_t version2, entry, phoff, shoff, flags;
	uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct elf_phdr {
	uint32_t type, offset, vaddr, paddr, filesz, memsz, flags, align;
};

/* Read bytes of the file, which may lie across pages. */
static int read_file(struct vm_file *file, uint32_t offset, void *buf,
		     uint32_t size)
{
	while (size) {
		uint32_t in_page = offset % PAGE_SIZE;
		uint32_t n = min(size, PAGE_SIZE - in_page);
		struct page *page;
		int err = mapping_get_page(file->mapping, offset / PAGE_SIZE,
					   false, &page);

		if (err)
			return err == -ENOMEM ? err : -ENOEXEC;
		copy_from_page(buf, page, in_page, n);
		page_put(page);
		buf = (char *)buf + n;
		offset += n;
		size -= n;
	}
	return 0;
}

static bool header_is_good(const struct elf_header *header)
{
	return header->magic == EI_MAGIC && header->class == ELFCLASS32 &&
	       header->data == ELFDATA2LSB && header->machine == EM_386 &&
	       (header->type == ET_EXEC || header->type == ET_DYN) &&
	       header->phentsize == sizeof(struct elf_phdr) &&
	       header->phnum > 0 && header->phnum <= MAX_PHDRS;
}

static bool segment_is_good(const struct elf_phdr *ph, uint32_t size,
			    uint32_t base)
{
	return ph->filesz <= ph->memsz && ph->offset <= size &&
	       ph->filesz <= size - ph->offset &&
	       (ph->offset - ph->vaddr) % PAGE_SIZE == 0 &&
	       ph->vaddr <= TASK_SIZE - base &&
	       ph->memsz <= TASK_SIZE - base - ph->vaddr &&
	       ph->memsz <= TASK_SIZE - PAGE_SIZE;
}

static int prot_of(const struct elf_phdr *ph)
{
	return (ph->flags & PF_R ? PROT_READ : 0) |
	       (ph->flags & PF_W ? PROT_WRITE : 0) |
	       (ph->flags & PF_X ? PROT_EXEC : 0);
}

static int map(vaddr_t start, vaddr_t end, int prot, struct vm_file *file,
	       uint32_t pgoff)
{
	struct mm *mm = this_cpu()->mm;
	long at;

	if (start >= end)
		return 0;
	at = mm_mmap(mm, start, end - start, prot,
		     MAP_PRIVATE | MAP_FIXED | (file ? 0 : MAP_ANONYMOUS),
		     file, pgoff);
	return at == (long)start ? 0 : (int)at;
}

static int map_segment(const struct elf_phdr *ph, uint32_t base,
		       struct vm_file *file)
{
	vaddr_t start = base + ph->vaddr;
	vaddr_t file_end = start + ph->filesz, end = start + ph->memsz;
	vaddr_t first = PAGE_ALIGN_DOWN(start);
	vaddr_t mapped_end = ph->filesz ? PAGE_ALIGN_UP(file_end) : first;
	int prot = prot_of(ph), err;

	err = map(first, mapped_end, prot, file, ph->offset / PAGE_SIZE);
	if (!err)
		err = map(mapped_end, PAGE_ALIGN_UP(end), prot, NULL, 0);
	if (err || !ph->filesz || end == file_end)
		return err;
	/* Linux, too, forgives a tail that cannot be written. */
	clear_user(file_end, mapped_end - file_end);
	return 0;
}

/* Where the program headers will lie in memory: in the segment around them. */
static uint32_t find_phdrs(const struct elf_header *header,
			   const struct elf_phdr *phdrs, uint32_t base)
{
	for (unsigned int i = 0; i < header->phnum; i++)
		if (phdrs[i].type == PT_LOAD &&
		    header->phoff >= phdrs[i].offset &&
		    header->phoff - phdrs[i].offset < phdrs[i].filesz)
			return base + phdrs[i].vaddr + header->phoff -
				phdrs[i].offset;
	return 0;
}

int elf_load(struct vm_file *file, uint32_t size, struct elf_image *image)
{
	struct elf_phdr phdrs[MAX_PHDRS];
	struct elf_header header;
	uint32_t base, brk = 0;
	bool loads = false;
	int err;

	if (size < sizeof(header))
		return -ENOEXEC;
	err = read_file(file, 0, &header, sizeof(header));
	if (err)
		return err;
	if (!header_is_good(&header) || header.phoff > size ||
	    header.phnum * sizeof(phdrs[0]) > size - header.phoff)
		return -ENOEXEC;
	err = read_file(file, header.phoff, phdrs,
			header.phnum * sizeof(phdrs[0]));
	if (err)
		return err;

	base = header.type == ET_DYN ? PIE_BASE : 0;
	for (unsigned int i = 0; i < header.phnum; i++) {
		if (phdrs[i].type == PT_INTERP)
			return -ENOEXEC;	/* not a static program */
		if (phdrs[i].type != PT_LOAD)
			continue;
		if (!segment_is_good(&phdrs[i], size, base))
			return -ENOEXEC;
		err = map_segment(&phdrs[i], base, file);
		if (err)
			return err;
		loads = true;
		brk = max(brk, base + phdrs[i].vaddr + phdrs[i].memsz);
	}
	if (!loads)
		return -ENOEXEC;
	mm_set_brk(this_cpu()->mm, PAGE_ALIGN_UP(brk));
	image->entry = base + header.entry;
	image->phdr = find_phdrs(&header, phdrs, base);
	image->phnum = header.phnum;
	return 0;
}
