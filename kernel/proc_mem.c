// SPDX-License-Identifier: MIT
/*
 * proc_mem - /proc/<pid>: what is in the memory of a process, and where.
 *
 * Another one's memory is reached page by page: whatever is missing is brought
 * in as a fault of its own would do it, the frame gets a reference under the
 * other's mm->lock, and is read or written when that lock is free again.  So
 * nobody ever holds two mm->locks, and the copy may fault in turn.
 *
 * Locking: tasks_lock to get at an mm, then mm->lock.
 */
#include "kernel/proc_pid.h"

#include "fs/cred.h"
#include "fs/file.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/buddy.h"
#include "mm/fault.h"
#include "mm/figures.h"
#include "mm/kmalloc.h"
#include "mm/mapping.h"
#include "mm/mm.h"
#include "mm/pagecopy.h"
#include "mm/pgtable.h"
#include "x86/uaccess.h"

/* ------------------------------------------------------------ their memory */

/* The page at @at, with a reference; what its area forbids is no obstacle. */
static int peek_page(struct mm *mm, vaddr_t at, bool write, struct page **page)
{
	const struct vma *vma;
	const pte_t *pte;
	int err;

	mutex_lock(&mm->lock);
	vma = vma_find(&mm->vmas, at);
	err = vma && vma->flags & (VM_IO | VM_PFNMAP) ? -EIO :
		fault_force_locked(mm, at, write);
	pte = pgtable_find(&mm->pgtable, at);
	if (!err && pte && !pte_is_none(*pte) && !pte_is_frame(*pte)) {
		*page = pfn_to_page(pte_pfn(*pte));
		page_get(*page);
	} else {
		err = -EIO;
	}
	mutex_unlock(&mm->lock);
	return err;
}

/* Return: how many bytes; less than @size where there is a hole. */
static size_t peek(struct mm *mm, vaddr_t from, char *to, size_t size)
{
	size_t done = 0;

	while (done < size && from + done < TASK_SIZE) {
		uint32_t offset = (from + done) % PAGE_SIZE;
		size_t n = min(size - done, (size_t)PAGE_SIZE - offset);
		struct page *page;

		if (peek_page(mm, from + done, false, &page))
			break;
		copy_from_page(to + done, page, offset, n);
		page_put(page);
		done += n;
	}
	return done;
}

static size_t poke(struct mm *mm, vaddr_t to, const char *from, size_t size)
{
	size_t done = 0;

	while (done < size && to + done < TASK_SIZE) {
		uint32_t offset = (to + done) % PAGE_SIZE;
		size_t n = min(size - done, (size_t)PAGE_SIZE - offset);
		struct page *page;

		if (peek_page(mm, to + done, true, &page))
			break;
		copy_to_page(page, offset, from + done, n);
		page_put(page);
		done += n;
	}
	return done;
}

/* One page's worth of a transfer.  Return: bytes; 0 at a hole; -EFAULT. */
static long mem_step(struct mm *mm, vaddr_t at, vaddr_t buf, size_t size,
		     bool write, char *page)
{
	size_t n = min(size, (size_t)(PAGE_SIZE - at % PAGE_SIZE));

	if (write) {
		if (copy_from_writer(page, buf, n))
			return -EFAULT;
		return poke(mm, at, page, n);
	}
	n = peek(mm, at, page, n);
	return n && copy_to_user(buf, page, n) ? -EFAULT : (long)n;
}

static long mem_transfer(struct file *file, vaddr_t buf, size_t size,
			 bool write)
{
	char *page = kmalloc(PAGE_SIZE, GFP_KERNEL);
	size_t done = 0;
	struct mm *mm;
	long n = proc_mm_get(file_inode(file)->id, &mm);

	while (page && !n && mm && done < size && file->pos < TASK_SIZE) {
		long step = mem_step(mm, file->pos, buf + done, size - done,
				     write, page);

		if (step <= 0) {
			n = step ? step : -EIO;
			break;
		}
		file->pos += step;
		done += step;
	}
	if (!n && size && !done && (!mm || file->pos >= TASK_SIZE))
		n = mm ? -EIO : 0;
	if (mm)
		mm_put(mm);
	kfree(page);
	return done ? (long)done : page ? n : -ENOMEM;
}

static long mem_read(struct file *file, vaddr_t buf, size_t size)
{
	return mem_transfer(file, buf, size, false);
}

static long mem_write(struct file *file, vaddr_t buf, size_t size)
{
	return mem_transfer(file, buf, size, true);
}

/* ---------------------------------------------------- what exec has put there */

/* Add what lies in [@start, @end). */
static void add_memory(struct seq *out, struct mm *mm, vaddr_t start,
		       vaddr_t end)
{
	while (start < end) {
		size_t size = min(end - start, PAGE_SIZE), n;
		char *to = seq_room(out, size);

		if (!to)
			return;
		n = peek(mm, start, to, size);
		out->size += n;
		start += n;
		if (n < size)
			return;
	}
}

/* Where the first string ends; NULL: it does not. */
static char *first_end(const struct seq *out)
{
	size_t length = out->err ? 0 : strnlen(out->text, out->size);

	return length < out->size ? out->text + length : NULL;
}

/* A program that wrote over its arguments may have gone on behind them. */
static void add_title(struct seq *out, const struct facts *f)
{
	char *end;

	add_memory(out, f->mm, f->arg_start, f->arg_end);
	if (out->err || !out->size || !out->text[out->size - 1])
		return;
	end = first_end(out);
	if (!end) {
		add_memory(out, f->mm, f->env_start, f->env_end);
		end = first_end(out);
	}
	if (end)
		out->size = end - out->text;
}

static void show_cmdline(struct seq *out)
{
	struct facts facts;

	out->err = facts_get(&facts, out->id);
	if (out->err)
		return;
	if (facts.mm)
		add_title(out, &facts);
	facts_put(&facts);
}

static void show_environ(struct seq *out)
{
	struct facts facts;

	out->err = facts_get(&facts, out->id);
	if (out->err)
		return;
	if (facts.mm)
		add_memory(out, facts.mm, facts.env_start, facts.env_end);
	facts_put(&facts);
}

static void show_auxv(struct seq *out)
{
	struct mm *mm;

	out->err = proc_mm_get(out->id, &mm);
	if (out->err || !mm)
		return;
	add_memory(out, mm, mm->auxv_start, mm->auxv_end);
	mm_put(mm);
}

/* ------------------------------------------------------------------- areas */

static void show_maps(struct seq *out)
{
	struct mm *mm;
	size_t n = 0;

	out->err = proc_mm_get(out->id, &mm);
	if (out->err || !mm)
		return;
	do {
		char *to = seq_room(out, MM_MAPS_LINE);

		if (!to)
			break;
		n = mm_format_maps(mm, to, min(out->capacity - out->size,
					       PROC_PART + MM_MAPS_LINE),
				   &out->cursor);
		out->size += n;
	} while (n > 0 && out->size < PROC_PART);
	out->has_more = n > 0;
	mm_put(mm);
}

/* ------------------------------------------------------------------- smaps */

static void add_kib(struct seq *out, const char *name, uint32_t kib)
{
	seq_printf(out, "%s:%*s%8u kB\n", name, (int)(15 - strlen(name)), "",
		   kib);
}

static void add_pages(struct seq *out, const char *name, uint32_t nr_pages)
{
	add_kib(out, name, nr_pages * (PAGE_SIZE / 1024));
}

/* What smaps tells of an area, and smaps_rollup of all. */
static void print_pages(struct seq *out, const struct vma_figures *f)
{
	static const char *const none[] = {
		"LazyFree", "AnonHugePages", "ShmemPmdMapped", "FilePmdMapped",
		"Shared_Hugetlb", "Private_Hugetlb", "Swap", "SwapPss",
	};

	add_pages(out, "Shared_Clean", f->shared_clean);
	add_pages(out, "Shared_Dirty", f->shared_dirty);
	add_pages(out, "Private_Clean", f->private_clean);
	add_pages(out, "Private_Dirty", f->private_dirty);
	add_pages(out, "Referenced", f->referenced);
	add_pages(out, "Anonymous", f->anonymous);
	for (size_t i = 0; i < ARRAY_SIZE(none); i++)
		add_kib(out, none[i], 0);
	add_kib(out, "Locked", f->locked / 1024);
}

static uint32_t pss_kib(uint64_t pss)
{
	return pss >> (PSS_SHIFT + 10);
}

static void print_area(struct seq *out, const struct vma_figures *f)
{
	char letters[VMA_LETTERS];

	vma_letters(f, letters);
	add_kib(out, "Size", (f->end - f->start) / 1024);
	add_pages(out, "KernelPageSize", 1);
	add_pages(out, "MMUPageSize", 1);
	add_pages(out, "Rss", f->rss);
	add_kib(out, "Pss", pss_kib(f->pss));
	add_kib(out, "Pss_Dirty", pss_kib(f->pss_dirty));
	print_pages(out, f);
	seq_printf(out, "THPeligible:    0\nVmFlags: %s\n", letters);
}

static void show_smaps(struct seq *out)
{
	struct vma_figures figures;
	struct mm *mm;
	vaddr_t line;
	char *to;

	out->err = proc_mm_get(out->id, &mm);
	if (out->err || !mm)
		return;
	while (out->size < PROC_PART &&
	       mm_next_vma_figures(mm, &out->cursor, &figures)) {
		to = seq_room(out, MM_MAPS_LINE);
		if (!to)
			break;
		/* If it has changed in between, that is another moment's. */
		line = figures.start;
		out->size += mm_format_map(mm, to, MM_MAPS_LINE, &line);
		print_area(out, &figures);
	}
	out->has_more = out->size >= PROC_PART;
	mm_put(mm);
}

struct rollup {
	struct vma_figures sum;
	uint64_t pss_anon, pss_file, pss_shmem;
};

static void roll_up(struct rollup *r, const struct vma_figures *f)
{
	struct vma_figures *sum = &r->sum;

	if (!sum->end)
		sum->start = f->start;
	sum->end = f->end;
	sum->rss += f->rss;
	sum->pss += f->pss;
	sum->pss_dirty += f->pss_dirty;
	r->pss_anon += f->pss_anon;
	r->pss_shmem += f->is_shmem ? f->pss - f->pss_anon : 0;
	sum->shared_clean += f->shared_clean;
	sum->shared_dirty += f->shared_dirty;
	sum->private_clean += f->private_clean;
	sum->private_dirty += f->private_dirty;
	sum->referenced += f->referenced;
	sum->anonymous += f->anonymous;
	sum->locked += f->locked;
}

static void show_smaps_rollup(struct seq *out)
{
	struct rollup r = { .sum = { .end = 0 } };
	struct vma_figures figures;
	vaddr_t cursor = 0;
	struct mm *mm;

	out->err = proc_mm_get(out->id, &mm);
	if (!out->err && !mm)
		out->err = -ESRCH;
	if (out->err)
		return;
	while (mm_next_vma_figures(mm, &cursor, &figures))
		roll_up(&r, &figures);
	mm_put(mm);
	seq_printf(out, "%08x-%08x ---p 00000000 00:00 0%*s[rollup]\n",
		   r.sum.start, r.sum.end, 10, "");
	add_pages(out, "Rss", r.sum.rss);
	add_kib(out, "Pss", pss_kib(r.sum.pss));
	add_kib(out, "Pss_Dirty", pss_kib(r.sum.pss_dirty));
	add_kib(out, "Pss_Anon", pss_kib(r.pss_anon));
	add_kib(out, "Pss_File", pss_kib(r.sum.pss - r.pss_anon -
					 r.pss_shmem));
	add_kib(out, "Pss_Shmem", pss_kib(r.pss_shmem));
	print_pages(out, &r.sum);
}

/* ------------------------------------------------- entries of 64 bits each */

#define ENTRIES		128u		/* in a batch */

/*
 * Copy entries out by batches that @fill makes.  @file's position is that of
 * the first one's first byte.
 */
static long read_entries(struct file *file, vaddr_t buf, size_t size,
			 uint32_t nr_all, struct mm *mm,
			 void (*fill)(struct mm *mm, uint32_t first, size_t nr,
				      uint64_t *entries))
{
	uint64_t entries[ENTRIES];
	size_t done = 0;

	if (file->pos % 8 || size % 8)
		return -EINVAL;
	while (done < size && file->pos / 8 < nr_all) {
		uint32_t first = file->pos / 8;
		size_t nr = min((size - done) / 8, (size_t)ENTRIES);

		nr = min(nr, (size_t)(nr_all - first));
		fill(mm, first, nr, entries);
		if (copy_to_user(buf + done, entries, 8 * nr))
			return done ? (long)done : -EFAULT;
		done += 8 * nr;
		file->pos += 8 * nr;
	}
	return done;
}

/* Where a frame is, is root's to know. */
static void fill_pagemap(struct mm *mm, uint32_t first, size_t nr,
			 uint64_t *entries)
{
	mm_pagemap(mm, first << PAGE_SHIFT, nr, entries);
	if (current_task()->cred->euid)
		for (size_t i = 0; i < nr; i++)
			entries[i] &= ~PAGEMAP_PFN;
}

static long pagemap_read(struct file *file, vaddr_t buf, size_t size)
{
	struct mm *mm;
	long n = proc_mm_get(file_inode(file)->id, &mm);

	if (n || !mm)
		return n;
	n = read_entries(file, buf, size, TASK_SIZE >> PAGE_SHIFT, mm,
			 fill_pagemap);
	mm_put(mm);
	return n;
}

static void fill_counts(struct mm *mm, uint32_t first, size_t nr,
			uint64_t *entries)
{
	(void)mm;
	for (size_t i = 0; i < nr; i++)
		entries[i] = page_map_count(first + i);
}

static long kpagecount_read(struct file *file, vaddr_t buf, size_t size)
{
	return read_entries(file, buf, size, max_pfn, NULL, fill_counts);
}

static void fill_flags(struct mm *mm, uint32_t first, size_t nr,
		       uint64_t *entries)
{
	(void)mm;
	for (size_t i = 0; i < nr; i++)
		entries[i] = page_kpf(first + i);
}

static long kpageflags_read(struct file *file, vaddr_t buf, size_t size)
{
	return read_entries(file, buf, size, max_pfn, NULL, fill_flags);
}

/* --------------------------------------------------------------- the names */

#define SECRET_TEXT(path_, mode_, generate_)				\
	{ .path = (path_), .mode = S_IFREG | (mode_),			\
	  .generate = (generate_), .may = proc_may_read }

static struct proc_node nodes[] = {
	PROC_FILE("/proc/<pid>/cmdline", 0444, show_cmdline),
	SECRET_TEXT("/proc/<pid>/environ", 0400, show_environ),
	SECRET_TEXT("/proc/<pid>/auxv", 0400, show_auxv),
	SECRET_TEXT("/proc/<pid>/maps", 0444, show_maps),
	SECRET_TEXT("/proc/<pid>/smaps", 0444, show_smaps),
	SECRET_TEXT("/proc/<pid>/smaps_rollup", 0444, show_smaps_rollup),
	{ .path = "/proc/<pid>/mem", .mode = S_IFREG | 0600,
	  .kind = PROC_RAW, .read = mem_read, .write = mem_write,
	  .may = proc_may_read },
	{ .path = "/proc/<pid>/pagemap", .mode = S_IFREG | 0400,
	  .kind = PROC_RAW, .read = pagemap_read, .may = proc_may_read },
	{ .path = "/proc/kpagecount", .mode = S_IFREG | 0400,
	  .kind = PROC_RAW, .read = kpagecount_read },
	{ .path = "/proc/kpageflags", .mode = S_IFREG | 0400,
	  .kind = PROC_RAW, .read = kpageflags_read },
};

void proc_mem_init(void)
{
	proc_register(nodes, ARRAY_SIZE(nodes));
}
