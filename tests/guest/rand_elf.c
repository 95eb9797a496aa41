// SPDX-License-Identifier: MIT
/*
 * rand_elf - random executables, started and looked at (rand.h).
 *
 * A step writes an ELF file with random headers and has a child execute it: up
 * to four segments that may overlap, be out of order, have ragged ends, lie
 * beyond the end of the file or of the address space; with or without a loader,
 * which is another such file, and a word about the stack.  All of the file but
 * the headers is a pattern, with the same few instructions every 256 bytes,
 * where the entry points to: they write a byte, so that the parent knows that
 * somebody lives, and wait.  Then a line has what execve() said or which signal
 * came; or the auxiliary vector, each area of /proc/PID/maps with a digest of
 * what /proc/PID/mem reads there, and where code, data and heap begin.
 *
 * Addresses are relative to where the file or its loader went, since that
 * depends on what else a kernel maps; the loader's own digest is left out where
 * the stack is among its neighbours.
 *
 * Features: 1 plain ones, 2 odd segments, 4 loaders, 8 wrong headers.
 */
#include "tests/guest/guest.h"
#include "tests/guest/rand.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NR_STEPS	12u
#define IS_ODD		2u
#define HAS_LOADER	4u
#define IS_WRONG	8u
#define SEGMENTS_MOST	4u
#define FILE_MOST	(8 * PAGE)
#define CODE_STEP	256u
#define NEAR		0x1000000u	/* belongs to the file at this base */
#define PROGRAM		"/tmp/rand_elf.a"
#define LOADER		"/tmp/rand_elf.b"

/* write(1, esp, 1); for (;;) pause(); */
static const uint8_t code[] = {
	0xb8, 4, 0, 0, 0, 0xbb, 1, 0, 0, 0, 0x89, 0xe1, 0xba, 1, 0, 0, 0,
	0xcd, 0x80, 0xb8, 29, 0, 0, 0, 0xcd, 0x80, 0xeb, 0xf7,
};

struct image {
	uint32_t size;			/* of the file */
	Elf32_Ehdr header;
	Elf32_Phdr phdrs[SEGMENTS_MOST + 3];
};

static uint8_t bytes[FILE_MOST];

/* ------------------------------------------------------------ random files */

#define CHOOSE(...) ({							\
	static const uint32_t choices_[] = { __VA_ARGS__ };		\
	choices_[below(COUNT(choices_))]; })

static bool is_odd(uint32_t n)
{
	return features & IS_ODD && one_in(n);
}

static bool is_wrong(uint32_t n)
{
	return features & IS_WRONG && one_in(n);
}

static Elf32_Phdr segment_at(uint32_t *at, const struct image *image)
{
	uint32_t ragged = CHOOSE(0, 0, 0x100, 0x800, 0xf00);
	Elf32_Phdr ph = {
		.p_type = PT_LOAD, .p_vaddr = *at + ragged,
		.p_offset = below(image->size / PAGE + 1) * PAGE + ragged,
		.p_filesz = CHOOSE(0, 0x100, 0x800, 0x1000, 0x1000, 0x1800,
				   0x2345),
		.p_flags = CHOOSE(PF_R, PF_R | PF_W, PF_R | PF_X,
				  PF_R | PF_W | PF_X, PF_R | PF_W),
		.p_align = PAGE,
	};

	if (!is_odd(4) && ph.p_offset + ph.p_filesz > image->size) {
		ph.p_offset = ragged;
		ph.p_filesz = image->size - ragged;
	}
	ph.p_memsz = ph.p_filesz + CHOOSE(0, 0, 0x100, 0x1000, 0x3210);
	ph.p_paddr = ph.p_vaddr;
	if (is_odd(10))
		ph.p_flags = CHOOSE(0, PF_W, PF_X);
	if (is_odd(8))
		ph.p_align = CHOOSE(0, 4, 3, 0x10000, 0x2000, 0x200000);
	if (is_wrong(20))
		ph.p_offset += CHOOSE(1, 0x10, 0x7ffff000, 0xfffff000);
	if (is_wrong(20))
		ph.p_filesz = CHOOSE(0xffffffff, 0x80000000, 0xc0000000);
	if (is_wrong(20))
		ph.p_memsz = CHOOSE(0, 0x40, 0xb0000000, 0xc0000000,
				    0xffffffff, 0xfffff000);
	if (is_wrong(20))
		ph.p_vaddr = CHOOSE(0, 0xbf000000, 0xc0000000, 0xfffff000);
	if (is_odd(6))
		*at -= CHOOSE(0, PAGE, 3 * PAGE);
	else
		*at = (ph.p_vaddr + ph.p_memsz + PAGE - 1) / PAGE * PAGE +
			CHOOSE(0, 0, PAGE, 4 * PAGE);
	return ph;
}

static void shuffle(Elf32_Phdr *phdrs, uint32_t nr)
{
	for (uint32_t i = nr; i > 1; i--) {
		uint32_t j = below(i);
		Elf32_Phdr ph = phdrs[j];

		phdrs[j] = phdrs[i - 1];
		phdrs[i - 1] = ph;
	}
}

static void add_odd_headers(struct image *image, bool wants_loader)
{
	Elf32_Phdr *at = image->phdrs + image->header.e_phnum;

	if (!one_in(4))
		*at++ = (Elf32_Phdr){ .p_type = PT_GNU_STACK, .p_flags =
			CHOOSE(PF_R | PF_W, PF_R | PF_W, PF_R | PF_W | PF_X) };
	if (wants_loader) {
		*at = (Elf32_Phdr){ .p_type = PT_INTERP,
			.p_offset = image->size - 64,
			.p_filesz = sizeof(LOADER) };
		if (is_wrong(10))
			at->p_filesz = CHOOSE(0, 1, 5, 64, 100, 4097);
		at++;
	}
	image->header.e_phnum = at - image->phdrs;
	if (is_odd(6))
		shuffle(image->phdrs, image->header.e_phnum);
}

static void spoil(Elf32_Ehdr *header)
{
	switch (below(9)) {
	case 0:
		header->e_ident[below(4)] ^= 1 << below(8);
		break;
	case 1:
		header->e_type = CHOOSE(0, 1, 4, 0xffff);
		break;
	case 2:
		header->e_machine = CHOOSE(0, 6, 62, 0xffff);
		break;
	case 3:
		header->e_phentsize = CHOOSE(0, 31, 33, 64);
		break;
	case 4:
		header->e_phnum = CHOOSE(0, 128, 129, 2048, 0xffff);
		break;
	case 5:
		header->e_phoff = CHOOSE(0x10000, 0x7ffffff0, 0xfffffff0, 0);
		break;
	case 6:
		header->e_entry = CHOOSE(0, 0x10, 0xc0000000);
		break;
	case 7:
		header->e_ident[EI_CLASS] = CHOOSE(0, 2, 7);
		break;
	default:
		header->e_version = CHOOSE(0, 2);
	}
}

static void make_image(struct image *image, bool wants_loader, bool is_loader)
{
	uint32_t nr = 1 + below(SEGMENTS_MOST), at, into;
	const Elf32_Phdr *first;
	bool is_fixed = is_loader ? is_odd(8) : !one_in(3);

	*image = (struct image){
		.size = CHOOSE(0x1000, 0x2000, 0x3000, 0x5000, 0x2a00),
		.header = {
			.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS32,
				     ELFDATA2LSB, EV_CURRENT },
			.e_type = is_fixed ? ET_EXEC : ET_DYN,
			.e_machine = EM_386, .e_version = EV_CURRENT,
			.e_phoff = CHOOSE(52, 52, 0x84, 0x910),
			.e_ehsize = sizeof(Elf32_Ehdr),
			.e_phentsize = sizeof(Elf32_Phdr), .e_phnum = nr,
		},
	};
	at = is_fixed ? CHOOSE(0x08048000, 0x08048000, 0x10000000, 0x400000) :
		CHOOSE(0, 0, 0, PAGE, 0x10000);
	if (is_loader && is_fixed)
		at = 0x20000000;
	for (uint32_t i = 0; i < nr; i++)
		image->phdrs[i] = segment_at(&at, image);
	first = &image->phdrs[is_odd(3) ? below(nr) : 0];
	into = CODE_STEP * CHOOSE(1, 1, 2, 7) - first->p_offset % CODE_STEP;
	/* Where nothing is there may be something of the kernel's choice. */
	image->header.e_entry =
		into < (is_loader ? first->p_filesz : first->p_memsz) ?
		first->p_vaddr + into : USER_TOP + NEAR;
	add_odd_headers(image, wants_loader);
	if (is_wrong(6))
		spoil(&image->header);
}

static void write_image(const struct image *image, const char *name)
{
	const Elf32_Ehdr *header = &image->header;
	int fd;

	for (uint32_t i = 0; i < image->size; i++)
		bytes[i] = i % 16 < 4 ? 0xf4 : i % 16 < 8 ? i / PAGE + 1 :
			   i / 16 ^ i % 3;
	for (uint32_t i = 0; i < image->size; i += CODE_STEP)
		memcpy(bytes + i, code, sizeof(code));
	strcpy((char *)bytes + image->size - 64, LOADER);
	memcpy(bytes, header, sizeof(*header));
	if (header->e_phoff < image->size - sizeof(image->phdrs))
		memcpy(bytes + header->e_phoff, image->phdrs,
		       sizeof(image->phdrs));
	unlink(name);
	fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	if (write(fd, bytes, image->size) != (ssize_t)image->size)
		say("(not written) ");
	close(fd);
}

static void tell_image(const struct image *image)
{
	const Elf32_Ehdr *header = &image->header;

	say("%#x bytes type %u entry %#x phoff %#x", image->size,
	    header->e_type, header->e_entry, header->e_phoff);
	for (uint32_t i = 0; i < COUNT(image->phdrs); i++) {
		const Elf32_Phdr *ph = &image->phdrs[i];

		if (ph->p_type)
			say(" [%x %x: %#x %#x+%#x %#x %x]", ph->p_type,
			    ph->p_flags, ph->p_offset, ph->p_vaddr,
			    ph->p_filesz, ph->p_memsz, ph->p_align);
	}
	end_line();
}

/* --------------------------------------------------------- what became of it */

static uint32_t read_auxv(pid_t pid, uint32_t type)
{
	Elf32_auxv_t auxv[64];
	uint32_t value = 0;
	char name[64];
	ssize_t size;
	int fd;

	snprintf(name, sizeof(name), "/proc/%d/auxv", pid);
	fd = open(name, O_RDONLY);
	size = read(fd, auxv, sizeof(auxv));
	close(fd);
	for (int i = 0; i < size / (int)sizeof(auxv[0]); i++)
		if (auxv[i].a_type == type)
			value = auxv[i].a_un.a_val;
	return value;
}

/* "a+1000": where it is in the one file, or in the other. */
static void say_address(uint32_t at, uint32_t base, uint32_t loader)
{
	if (at - base < NEAR)
		say(" a+%x", at - base);
	else if (loader && at - loader < NEAR)
		say(" b+%x", at - loader);
	else if (at < NEAR * 0x20)
		say(" %x", at);
	else
		say(" far");
}

static void say_memory(int mem, uint32_t start, uint32_t end)
{
	uint32_t digest = 2166136261u, words[PAGE / 4], nr = 0;

	for (; start < end && nr < 64; start += PAGE, nr++) {
		bool there = pread64(mem, words, PAGE, start) == PAGE;

		for (uint32_t i = 0; there && i < PAGE / 4; i++)
			digest = add_word(digest, words[i]);
		if (!there)
			digest = add_word(digest, 77);
	}
	say(" %08x", digest);
}

struct area {
	uint32_t start, end, offset;
	char rights[5], what[256];
};

static bool read_area(FILE *maps, struct area *area)
{
	char line[512];

	if (!maps || !fgets(line, sizeof(line), maps))
		return false;
	area->what[0] = '\0';
	sscanf(line, "%x-%x %4s %x %*s %*s %255s", &area->start, &area->end,
	       area->rights, &area->offset, area->what);
	return true;
}

/* The zeros of Linux do not join what is above them; these lines do. */
static bool joins(const struct area *a, const struct area *b)
{
	return a->end == b->start && a->what[0] != '/' &&
	       b->what[0] != '/' && !strcmp(a->rights, b->rights);
}

static void tell_area(const struct area *area, int mem, uint32_t base,
		      uint32_t loader)
{
	if (!strncmp(area->what, "[v", 2))
		return;				/* not all kernels have it */
	if (area->end >= USER_TOP - PAGE) {
		say("   %s %s", area->rights, area->what);
		end_line();
		return;
	}
	say("  ");
	say_address(area->start, base, loader);
	say(" %x %s", area->end - area->start, area->rights);
	if (area->what[0] == '/')
		say(" %x %s", area->offset, area->what);
	say_memory(mem, area->start, area->end);
	end_line();
}

static void tell_areas(pid_t pid, uint32_t base, uint32_t loader)
{
	struct area area, next;
	char name[64];
	bool more;
	FILE *maps;
	int mem;

	snprintf(name, sizeof(name), "/proc/%d/mem", pid);
	mem = open(name, O_RDONLY);
	snprintf(name, sizeof(name), "/proc/%d/maps", pid);
	maps = fopen(name, "r");
	for (more = read_area(maps, &area); more; area = next) {
		while ((more = read_area(maps, &next)) && joins(&area, &next))
			area.end = next.end;
		tell_area(&area, mem, base, loader);
	}
	if (maps)
		fclose(maps);
	close(mem);
}

/* Fields of /proc/PID/stat, from 1. */
static uint32_t stat_field(const char *stat, int field)
{
	for (stat = strrchr(stat, ')') + 1; field > 3; field--)
		stat = strchr(stat + 1, ' ');
	return strtoul(stat, NULL, 10);
}

static void tell_stat(pid_t pid, uint32_t base)
{
	static const int fields[] = { 26, 27, 45, 46, 47 };
	char name[64], text[1024] = "";
	int fd;

	snprintf(name, sizeof(name), "/proc/%d/stat", pid);
	fd = open(name, O_RDONLY);
	if (read(fd, text, sizeof(text) - 1) < 0)
		say("no stat");
	close(fd);
	say("   code, data, heap");
	for (uint32_t i = 0; i < COUNT(fields); i++)
		say_address(stat_field(text, fields[i]), base, 0);
	end_line();
}

static void tell_process(pid_t pid, const struct image *image)
{
	uint32_t base = image->header.e_type == ET_DYN ?
		read_auxv(pid, AT_ENTRY) - image->header.e_entry : 0;
	uint32_t loader = read_auxv(pid, AT_BASE);

	say("   phdr");
	say_address(read_auxv(pid, AT_PHDR), base, loader);
	say(" of %u entry", read_auxv(pid, AT_PHNUM));
	say_address(read_auxv(pid, AT_ENTRY), base, loader);
	if (loader)
		say(" base %x", base);
	end_line();
	tell_areas(pid, base, loader);
	tell_stat(pid, base);
}

static void execute(int out)
{
	char *argv[] = { "a", NULL }, *env[] = { NULL };
	uint8_t failed[2] = { 0xff };

	dup2(out, STDOUT_FILENO);
	personality(ADDR_NO_RANDOMIZE);
	execve(PROGRAM, argv, env);
	failed[1] = errno;
	_exit(write(STDOUT_FILENO, failed, 2) != 2);
}

static void start_image(const struct image *image)
{
	uint8_t said[2] = { 0 };
	int ends[2], status;
	struct pollfd poll_end;
	ssize_t size = -1;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		_exit(4);
	pid = fork();
	if (!pid)
		execute(ends[1]);
	close(ends[1]);
	poll_end = (struct pollfd){ .fd = ends[0], .events = POLLIN };
	if (poll(&poll_end, 1, 10000) == 1)
		size = read(ends[0], said, 2);
	if (size == 2)
		say("   execve = %s", strerrorname_np(said[1]));
	else if (size < 0)
		say("   it hangs");
	else if (size == 1)
		tell_process(pid, image);
	close(ends[0]);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	if (!size)
		say("   status %#x", status);
	if (size != 1)
		end_line();
}

/* ------------------------------------------------------------------- a step */

static void begin(void)
{
	mkdir("/tmp", 0777);
	mkdir("/proc", 0555);
}

static void step(uint32_t seed, uint32_t step, uint32_t nth)
{
	struct image image, loader;
	bool has_loader;

	(void)nth;
	seed_random(seed, step);
	has_loader = features & HAS_LOADER && one_in(3);
	make_image(&image, has_loader, false);
	write_image(&image, PROGRAM);
	say("%u: ", step);
	tell_image(&image);
	unlink(LOADER);
	if (has_loader && !is_wrong(10)) {
		make_image(&loader, false, true);
		write_image(&loader, LOADER);
		say("   loader: ");
		tell_image(&loader);
	}
	start_image(&image);
}

static void end(void)
{
	unlink(PROGRAM);
	unlink(LOADER);
}

int main(int argc, char **argv)
{
	static const struct rand_program rand_elf = {
		1 | IS_ODD | HAS_LOADER | IS_WRONG, NR_STEPS, begin, step, end,
	};

	return rand_main(argc, argv, &rand_elf);
}
