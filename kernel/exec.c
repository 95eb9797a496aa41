// SPDX-License-Identifier: MIT
/*
 * exec - a process gets another program.
 *
 * The new address space is made beside the old one.  Into its stack go the
 * strings, while nothing is lost yet if one of them is bad; the files are
 * opened (a script's "#!" leads to another one), their headers checked.  Then
 * comes the point of no return: the other threads end, the old memory goes,
 * and the new program is mapped.  What fails from there on ends the process by
 * a SIGSEGV, as on Linux.
 *
 * The first stack of a program, as the ABI for i386 has it:
 *
 *	STACK_TOP	| 0				|
 *			| path, environment, arguments	|  the strings
 *			| platform, 16 random bytes	|
 *			| auxiliary vector ... AT_NULL	|
 *			| envp[0] ... NULL		|
 *			| argv[0] ... NULL		|
 *	esp, 16-aligned	| argc				|
 */
#include "kernel/exec.h"

#include "boot/boot_info.h"
#include "fs/context.h"
#include "fs/cred.h"
#include "fs/file.h"
#include "fs/inode.h"
#include "fs/names.h"
#include "fs/random.h"
#include "kernel/elf.h"
#include "kernel/lookup.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "lib/fmt.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/buddy.h"
#include "mm/fault.h"
#include "mm/kmalloc.h"
#include "mm/mapping.h"
#include "mm/mm.h"
#include "mm/mmap.h"
#include "mm/pagecopy.h"
#include "sched/fpu.h"
#include "sched/sched.h"
#include "x86/cpu.h"
#include "x86/gdt.h"
#include "x86/spinlock.h"
#include "x86/trap.h"
#include "x86/uaccess.h"

#define AT_NULL		0
#define AT_PHDR		3
#define AT_PHENT	4
#define AT_PHNUM	5
#define AT_PAGESZ	6
#define AT_BASE		7
#define AT_FLAGS	8
#define AT_ENTRY	9
#define AT_UID		11
#define AT_EUID		12
#define AT_GID		13
#define AT_EGID		14
#define AT_PLATFORM	15
#define AT_HWCAP	16
#define AT_CLKTCK	17
#define AT_SECURE	23
#define AT_RANDOM	25
#define AT_HWCAP2	26
#define AT_EXECFN	31
#define AT_MINSIGSTKSZ	51

#define NR_AUX		20
#define SIGNAL_STACK	1440		/* bytes of the larger frame */

#define PIE_BASE	0x00400000u	/* as Linux i386; for heaps as well */
#define SCRIPT_LINE	256		/* as much as is looked at */
#define SCRIPTS_MOST	5		/* one that leads to another */
#define STRING_MOST	131072u		/* bytes, the end included */
#define STRINGS_LEAST	131072u		/* that a program may always have */
#define STRINGS_MOST	(6u << 20)
#define ARGS_MOST	0x7fffffff

#define S_IXGRP		0000010u

/* A program on its way in. */
struct exec {
	const struct exec_request *request;
	char *path;			/* that it is told; kmalloc()ed */
	struct mm *mm;			/* its own; NULL once it is current */
	struct file *file, *loader_file; /* the second: by PT_INTERP, or NULL */
	struct elf program, loader;
	struct files *files;		/* to be its own, or NULL */
	struct cred *cred;		/* to be its own, or NULL */
	char *buf;			/* a page */
	uint32_t argc, envc;
	vaddr_t top;			/* the lowest string so far */
	vaddr_t lowest;			/* they must not reach below */
	vaddr_t execfn, env_start;	/* where these strings begin */
	uint32_t personality;		/* what stays of it */
	struct page *page;		/* of the stack, being filled */
	vaddr_t page_at;
	char script[SCRIPT_LINE];	/* the path of an interpreter */
};

/* ------------------------------------------------------------ the strings */

/* The page of the new stack with @at. */
static int stack_page(struct exec *exec, vaddr_t at)
{
	int err;

	at = PAGE_ALIGN_DOWN(at);
	if (exec->page && exec->page_at == at)
		return 0;
	err = fault_in(exec->mm, at, true);
	if (err)
		return err == -ENOMEM ? err : -E2BIG;
	exec->page = pfn_to_page(pte_pfn(*pgtable_find(&exec->mm->pgtable,
						       at)));
	exec->page_at = at;
	return 0;
}

/* Write to the new stack: it may take several pages, the last one first. */
static int stack_write(struct exec *exec, vaddr_t to, const char *from,
		       size_t size)
{
	while (size) {
		vaddr_t end = to + size;
		size_t n = min(size, (size_t)((end - 1) % PAGE_SIZE + 1));
		int err = stack_page(exec, end - 1);

		if (err)
			return err;
		copy_to_page(exec->page, (end - n) % PAGE_SIZE,
			     from + size - n, n);
		size -= n;
	}
	return 0;
}

/* Room for a string of @size bytes. */
static int reserve(struct exec *exec, size_t size)
{
	if (size > STRING_MOST || exec->top - exec->lowest < size)
		return -E2BIG;
	exec->top -= size;
	return 0;
}

static int push(struct exec *exec, const char *string, size_t length)
{
	return reserve(exec, length + 1) ?:
		stack_write(exec, exec->top + length, "", 1) ?:
		stack_write(exec, exec->top, string, length);
}

/* How long is the string at @from in user memory, its end included? */
static long measure(struct exec *exec, vaddr_t from)
{
	size_t size = 0;
	long n;

	do {
		n = strncpy_from_user(exec->buf, from + size, PAGE_SIZE);
		if (n < 0)
			return n;
		size += n;
	} while (n == PAGE_SIZE && size < STRING_MOST);
	return size + 1;
}

static int push_user(struct exec *exec, vaddr_t from)
{
	long size = measure(exec, from), offset;
	int err;

	if (size < 0)
		return size;
	if (size <= (long)PAGE_SIZE)	/* it is there already */
		return push(exec, exec->buf, size - 1);
	err = reserve(exec, size);
	offset = ALIGN_DOWN(size - 1, PAGE_SIZE);
	for (; !err && offset >= 0; offset -= PAGE_SIZE) {
		size_t n = min(size - offset, (long)PAGE_SIZE);

		if (copy_from_user(exec->buf, from + offset, n))
			return -EFAULT;
		if (offset + (long)n == size)
			exec->buf[n - 1] = '\0';	/* whatever it is now */
		err = stack_write(exec, exec->top + offset, exec->buf, n);
	}
	return err;
}

/* The last one first, so that they lie in order of rising addresses. */
static int push_all(struct exec *exec, vaddr_t vector, uint32_t count)
{
	uint32_t string;
	int err = 0;

	while (!err && count--) {
		if (get_user_u32(&string, vector + 4 * count))
			return -EFAULT;
		err = push_user(exec, string);
	}
	return err;
}

static int count_strings(vaddr_t vector, uint32_t *count)
{
	uint32_t string;

	*count = 0;
	if (!vector)
		return 0;
	for (;;) {
		if (get_user_u32(&string, vector + 4 * *count))
			return -EFAULT;
		if (!string)
			return 0;
		if (++*count >= ARGS_MOST)
			return -E2BIG;
	}
}

/* A quarter of the stack, of which the pointers take their part. */
static int set_limit(struct exec *exec)
{
	uint32_t limit = process_limit(current_process(), RLIMIT_STACK) / 4;
	uint32_t nr = max(exec->argc, 1u) + exec->envc;

	limit = max(min(limit, STRINGS_MOST), STRINGS_LEAST);
	if (nr >= limit / 4)
		return -E2BIG;
	exec->lowest = exec->top - (limit - 4 * nr);
	return 0;
}

static int push_path(struct exec *exec)
{
	int err = push(exec, exec->path, strlen(exec->path));

	exec->execfn = exec->top;
	return err;
}

/* A program always has an argument, if only an empty one. */
static int push_strings(struct exec *exec, vaddr_t argv, vaddr_t envp)
{
	int err = count_strings(argv, &exec->argc) ?:
		count_strings(envp, &exec->envc) ?:
		set_limit(exec) ?:
		push_path(exec) ?:
		push_all(exec, envp, exec->envc);

	exec->env_start = exec->top;
	if (!err)
		err = push_all(exec, argv, exec->argc);
	if (!err && !exec->argc) {
		exec->argc = 1;
		err = push(exec, "", 0);
	}
	return err;
}

/* -------------------------------------------------------------- the files */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static char *skip_blanks(char *at, const char *end)
{
	while (at < end && is_blank(*at))
		at++;
	return at;
}

static char *skip_word(char *at, const char *end)
{
	while (at < end && *at && !is_blank(*at))
		at++;
	return at;
}

/*
 * The line "#! interpreter argument", of which all but the interpreter may be
 * missing.  An interpreter that may go on behind what was read is refused.
 * *@argument: where it begins, NULL: there is none; it ends at a NUL.
 */
static int parse_script(char *line, char **interpreter, char **argument)
{
	char *last = line + SCRIPT_LINE - 1, *end = line, *word;
	bool is_line;

	while (end < last && *end && *end != '\n')
		end++;
	is_line = *end == '\n';
	if (!is_line) {
		word = skip_blanks(line + 2, last);
		if (word == last || skip_word(word, last) == last)
			return -ENOEXEC;
		end = last;
	}
	while (is_blank(end[-1]))
		end--;
	*end = '\0';
	*interpreter = skip_blanks(line + 2, end);
	if (!**interpreter)	/* Linux takes the second for a directory */
		return is_line ? -ENOEXEC : -EACCES;
	word = skip_word(*interpreter, end);
	*argument = NULL;
	if (*word) {
		*word = '\0';
		word = skip_blanks(word + 1, end);
		if (*word)
			*argument = word;
	}
	return 0;
}

/* Skip argv[0], whose place others take. */
static int drop_argument(struct exec *exec)
{
	char byte;

	if (!exec->argc)
		return 0;
	do {
		int err = stack_page(exec, exec->top);

		if (err)
			return err;
		copy_from_page(&byte, exec->page, exec->top++ % PAGE_SIZE, 1);
	} while (byte);
	exec->argc--;
	return 0;
}

static int push_argument(struct exec *exec, const char *string)
{
	exec->argc++;
	return push(exec, string, strlen(string));
}

/* What the current task may execute under this name. */
static int open_at(int dirfd, const char *path, uint32_t flags,
		   struct file **file)
{
	struct viewpoint view;
	int err;

	view_get(dirfd, path, &view);
	err = file_open_exec(&view, path,
			     (flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW) |
			     (flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0), file);
	view_put(&view);
	if (!err && !(*file)->vm.mapping) {
		file_put(*file);
		err = -EACCES;
	}
	if (err)
		*file = NULL;
	return err;
}

/* Can everybody find the program by the path that was given? */
static bool is_plain(const struct exec_request *request)
{
	return request->path[0] == '/' || request->dirfd == AT_FDCWD;
}

/* The file is a script called @path: it is run by another one. */
static int open_interpreter(struct exec *exec, const char *path)
{
	const struct exec_request *request = exec->request;
	char *interpreter, *argument;
	int err;

	/* It could not open what exec closes. */
	if (!is_plain(request) &&
	    files_cloexec(current_task()->files, request->dirfd))
		return -ENOENT;
	err = parse_script(exec->buf, &interpreter, &argument) ?:
		drop_argument(exec) ?:
		push_argument(exec, path);

	if (!err && argument)
		err = push_argument(exec, argument);
	if (!err)
		err = push_argument(exec, interpreter);
	if (err)
		return err;
	strlcpy(exec->script, interpreter, sizeof(exec->script));
	file_put(exec->file);
	return open_at(AT_FDCWD, exec->script, 0, &exec->file);
}

/* Open @path, or what its scripts lead to; at its end is an ELF file. */
static int open_program(struct exec *exec)
{
	const char *path = exec->path;
	const struct exec_request *request = exec->request;
	int err = open_at(request->dirfd, request->path, request->flags,
			  &exec->file);
	long n;

	for (int depth = 0; !err; depth++) {
		memset(exec->buf, 0, SCRIPT_LINE);
		n = elf_read(&exec->file->vm, 0, exec->buf, SCRIPT_LINE);
		if (n < 0)
			return n;
		if (exec->buf[0] != '#' || exec->buf[1] != '!')
			break;
		if (depth == SCRIPTS_MOST)
			return -ELOOP;
		err = open_interpreter(exec, path);
		path = exec->script;
	}
	return err ? err : elf_open(&exec->program, &exec->file->vm,
					false);
}

static int open_loader(struct exec *exec)
{
	long n = elf_interpreter(&exec->program, exec->buf, PAGE_SIZE);
	int err;

	if (n <= 0)
		return n;
	err = open_at(AT_FDCWD, exec->buf, 0, &exec->loader_file);
	if (err)
		return err;
	if (exec->loader_file->vm.mapping->size < sizeof(struct elf_header))
		return -EIO;
	err = elf_open(&exec->loader, &exec->loader_file->vm, true);
	return err == -ENOEXEC ? -ELIBBAD : err;
}

/* ------------------------------------------------- what it is allowed to be */

/* The identity, if the file's set-id bits or the last one's traces change it. */
static int make_cred(struct exec *exec)
{
	const struct cred *old = current_task()->cred;
	const struct inode *inode = file_inode(exec->file);
	uint32_t uid = old->euid, gid = old->egid;

	if (!current_task()->no_new_privs &&
	    !(exec->file->path.mount->flags & MS_NOSUID)) {
		if (inode->mode & S_ISUID) {
			uid = inode->uid;
			exec->personality = ~PER_CLEAR_ON_SETID;
		}
		if ((inode->mode & (S_ISGID | S_IXGRP)) ==
		    (S_ISGID | S_IXGRP)) {
			gid = inode->gid;
			exec->personality = ~PER_CLEAR_ON_SETID;
		}
	}
	if (uid == old->euid && uid == old->suid && uid == old->fsuid &&
	    gid == old->egid && gid == old->sgid && gid == old->fsgid)
		return 0;
	exec->cred = cred_copy(old);
	if (!exec->cred)
		return -ENOMEM;
	exec->cred->euid = exec->cred->suid = exec->cred->fsuid = uid;
	exec->cred->egid = exec->cred->sgid = exec->cred->fsgid = gid;
	return 0;
}

static int make_files(struct exec *exec)
{
	struct files *files = current_task()->files;

	if (!files_is_shared(files))
		return 0;
	exec->files = files_clone(files);
	return exec->files ? 0 : -ENOMEM;
}

/* ----------------------------------------------------- point of no return */

/* The number of the process is that of its only thread. */
static struct task *take_lead(struct task *task)
{
	struct process *process = task->process, *child;
	struct task *old = process->leader;

	assert(spin_held(&tasks_lock) && process->nr_threads == 1);
	if (old == task)
		return NULL;
	list_for_each_entry(child, &process->children, sibling)
		if (child->parent_tid == task->tid)
			child->parent_tid = process->pid;
	process->leader = task;
	task->tid = process->pid;
	return old;
}

/* End all other threads.  Return: -EAGAIN: somebody ends this one, too. */
static int become_only_thread(struct task *task)
{
	struct process *process = task->process;
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	struct task *old;

	if (process->is_exiting || process->execer) {
		spin_unlock_irqrestore(&tasks_lock, flags);
		return -EAGAIN;
	}
	process->execer = task;
	process_end_threads(process, task);
	while (process->nr_threads > 1) {
		task->thread->state = THREAD_SLEEPING;
		spin_unlock_irqrestore(&tasks_lock, flags);
		schedule();
		flags = spin_lock_irqsave(&tasks_lock);
	}
	process->execer = NULL;
	old = take_lead(task);
	spin_unlock_irqrestore(&tasks_lock, flags);
	if (old)
		task_free(old);
	return 0;
}

static void switch_mm(struct task *task, struct exec *exec)
{
	struct process *process = task->process;
	struct mm *old = task->mm;
	uint32_t flags;

	if (old)
		task_release_user(task);
	flags = spin_lock_irqsave(&tasks_lock);
	if (old && old->users == 1) {
		process->usage.min_flt += old->min_flt;
		process->usage.max_rss = max(process->usage.max_rss,
					     mm_rss(old));
	}
	exec->mm->exe = vm_file_get(&exec->file->vm);
	task->mm = exec->mm;
	mm_switch(exec->mm);
	spin_unlock_irqrestore(&tasks_lock, flags);
	exec->mm = NULL;
	task_end_vfork(task);
	if (old)
		mm_put(old);
}

static void switch_files(struct task *task, struct exec *exec)
{
	struct files *old = task->files;
	uint32_t flags;

	if (exec->files) {
		flags = spin_lock_irqsave(&tasks_lock);
		task->files = exec->files;
		spin_unlock_irqrestore(&tasks_lock, flags);
		exec->files = NULL;
		files_put(old);
	}
	files_close_on_exec(task->files);
}

static void set_names(struct task *task, const struct exec *exec)
{
	const char *base = strrchr(exec->path, '/');

	base = base ? base + 1 : exec->path;
	mutex_lock(&names_lock);
	if (!exec->request->path[0])	/* no name but the file's own */
		base = exec->file->path.dentry->name;
	task_set_name(task, base);
	mutex_unlock(&names_lock);
}

/* Nothing is left of the old program but its process. */
static void forget_program(struct task *task, struct exec *exec)
{
	struct process *process = task->process;
	uint32_t flags;

	signal_default_all(process);
	process->exit_signal = SIGCHLD;
	process->did_exec = true;
	process->is_dumpable = true;
	task->signals.altstack_sp = 0;
	task->signals.altstack_size = 0;
	task->signals.altstack_flags = SS_DISABLE;
	task->restart.again = NULL;
	task->keeps_caps = false;
	if (exec->cred)
		task_set_cred(exec->cred);
	exec->cred = NULL;
	flags = spin_lock_irqsave(&tasks_lock);
	posix_timers_end(process);
	spin_unlock_irqrestore(&tasks_lock, flags);
	flags = irq_save();
	memset(task->tls, 0, sizeof(task->tls));
	gdt_load_tls(task->tls);
	irq_restore(flags);
	set_names(task, exec);
}

/* ---------------------------------------------------------- the new memory */

/* The words from esp on, with what the kernel tells. */
struct stack_top {
	vaddr_t sp;
	int err;
};

static void put_word(struct stack_top *stack, uint32_t word)
{
	if (put_user_u32(stack->sp, word))
		stack->err = -EFAULT;
	stack->sp += 4;
}

/* @count pointers to the strings from @at on, and NULL; where they end. */
static vaddr_t put_pointers(struct exec *exec, struct stack_top *stack,
			    vaddr_t at, uint32_t count)
{
	while (count-- && !stack->err) {
		long size = measure(exec, at);

		put_word(stack, at);
		if (size < 0)
			stack->err = size;
		at += size;
	}
	put_word(stack, 0);
	return at;
}

/* Return: how many words were filled in. */
static unsigned int fill_aux(const struct exec *exec,
			     const struct elf_image *program, vaddr_t base,
			     vaddr_t platform, vaddr_t random, uint32_t *aux)
{
	const struct cred *cred = current_task()->cred;
	const uint32_t pairs[NR_AUX][2] = {
		{ AT_MINSIGSTKSZ, SIGNAL_STACK },
		{ AT_HWCAP, cpu_features },
		{ AT_PAGESZ, PAGE_SIZE },
		{ AT_CLKTCK, 100 },
		{ AT_PHDR, program->phdr },
		{ AT_PHENT, sizeof(struct elf_phdr) },
		{ AT_PHNUM, exec->program.header.phnum },
		{ AT_BASE, base },
		{ AT_FLAGS, 0 },
		{ AT_ENTRY, program->entry },
		{ AT_UID, cred->uid },
		{ AT_EUID, cred->euid },
		{ AT_GID, cred->gid },
		{ AT_EGID, cred->egid },
		{ AT_SECURE, cred->euid != cred->uid ||
			     cred->egid != cred->gid },
		{ AT_RANDOM, random },
		{ AT_HWCAP2, 0 },
		{ AT_EXECFN, exec->execfn },
		{ AT_PLATFORM, platform },
		{ AT_NULL, 0 },
	};

	memcpy(aux, pairs, sizeof(pairs));
	return 2 * NR_AUX;
}

/* Finish the stack.  @program, @base: where it and its loader are. */
static int build_stack(struct exec *exec, const struct elf_image *program,
		       vaddr_t base)
{
	struct process *process = current_process();
	struct mm *mm = current_task()->mm;
	struct stack_top stack = { .err = 0 };
	vaddr_t platform = exec->top - sizeof("i686");
	vaddr_t random_at = ALIGN_DOWN(platform, 16) - 16;
	uint32_t aux[2 * NR_AUX], nr_aux;
	uint8_t random[16];

	random_bytes(random, sizeof(random));
	if (copy_to_user(platform, "i686", sizeof("i686")) ||
	    copy_to_user(random_at, random, sizeof(random)))
		return -EFAULT;
	nr_aux = fill_aux(exec, program, base, platform, random_at, aux);
	stack.sp = ALIGN_DOWN(random_at - 4 * (exec->argc + exec->envc + 3 +
					       nr_aux), 16);
	mm->start_stack = stack.sp;
	process->arg_start = exec->top;
	put_word(&stack, exec->argc);
	process->arg_end = put_pointers(exec, &stack, exec->top, exec->argc);
	process->env_start = process->arg_end;
	process->env_end = put_pointers(exec, &stack, process->arg_end,
					exec->envc);
	mm->auxv_start = stack.sp;
	mm->auxv_end = stack.sp + 4 * nr_aux;
	if (!stack.err && copy_to_user(stack.sp, aux, 4 * nr_aux))
		stack.err = -EFAULT;
	return stack.err;
}

/* Above it is room for all the stack that RLIMIT_STACK allows; as Linux. */
static vaddr_t mmap_base(struct process *process)
{
	uint32_t limit = process_limit(process, RLIMIT_STACK);

	if (process->personality & ADDR_COMPAT_LAYOUT)
		return 0;
	if (limit > TASK_SIZE - MMAP_BASE_MIN - STACK_GUARD_GAP)
		return MMAP_BASE_MIN;
	return min(MMAP_BASE, PAGE_ALIGN_UP(TASK_SIZE - STACK_GUARD_GAP -
					    limit));
}

/* A program that says nothing of its stack is old: all that it reads may run. */
static void set_personality(struct exec *exec, struct mm *mm)
{
	uint32_t *personality = &current_process()->personality;
	int rights = elf_stack_rights(&exec->program);

	*personality &= exec->personality;
	mm->mmap_base = mmap_base(current_process());
	if (rights < 0)
		*personality |= READ_IMPLIES_EXEC;
	if (rights < 0 || rights & PROT_EXEC)
		mm_mprotect(mm, STACK_TOP - PAGE_SIZE, PAGE_SIZE, PROT_READ |
			    PROT_WRITE | PROT_EXEC | PROT_GROWSDOWN);
	mm->read_exec = *personality & READ_IMPLIES_EXEC ? PROT_READ : 0;
}

/* Return: 0, and *@entry. */
static int map_program(struct exec *exec, vaddr_t *entry)
{
	struct mm *mm = current_task()->mm;
	struct elf_image program, loader = { .base = 0 };
	bool is_loaded = exec->loader_file;
	int err;

	set_personality(exec, mm);
	err = elf_map(&exec->program, is_loaded ? PIE_BASE : 0, &program);
	mm->start_code = program.start_code;
	mm->end_code = program.end_code;
	mm->start_data = program.start_data;
	mm->end_data = program.end_data;
	if (!err && is_loaded)
		err = elf_map(&exec->loader, program.base, &loader);
	if (err)
		return err;
	*entry = is_loaded ? loader.entry : program.entry;
	if (*entry >= TASK_SIZE)
		return -EINVAL;
	/* One that lies among the mappings has its heap where there is room. */
	mm_set_brk(mm, exec->program.header.type == ET_DYN && !is_loaded ?
		   PIE_BASE : PAGE_ALIGN_UP(program.end));
	return build_stack(exec, &program, loader.base);
}

/* --------------------------------------------------------------- together */

static void exec_end(struct exec *exec)
{
	elf_close(&exec->program);
	elf_close(&exec->loader);
	if (exec->mm)
		mm_put(exec->mm);
	if (exec->file)
		file_put(exec->file);
	if (exec->loader_file) {
		file_allow_write(exec->loader_file);	/* as on Linux */
		file_put(exec->loader_file);
	}
	if (exec->files)
		files_put(exec->files);
	if (exec->cred)
		cred_put(exec->cred);
	kfree(exec->path);
	kfree(exec->buf);
	kfree(exec);
}

/* A file that has been opened is told a name by which it finds it again. */
static char *tell_path(const struct exec_request *request)
{
	size_t size = strlen(request->path) + sizeof("/dev/fd/2147483647/");
	char *path = kmalloc(size, GFP_KERNEL);

	if (path && is_plain(request))
		strlcpy(path, request->path, size);
	else if (path)
		snprintf(path, size, "/dev/fd/%d%s%s", request->dirfd,
			 request->path[0] ? "/" : "", request->path);
	return path;
}

static struct exec *exec_begin(const struct exec_request *request)
{
	struct exec *exec = kzalloc(sizeof(*exec), GFP_KERNEL);

	if (!exec)
		return NULL;
	exec->request = request;
	exec->personality = ~0u;
	exec->path = tell_path(request);
	exec->top = STACK_TOP - 4;
	exec->buf = kmalloc(PAGE_SIZE, GFP_KERNEL);
	exec->mm = mm_create();
	if (exec->mm)
		task_set_mm_limits(current_task(), exec->mm);
	if (exec->path && exec->buf && exec->mm && !mm_map_stack(exec->mm))
		return exec;
	exec_end(exec);
	return NULL;
}

/* All that may be refused, behind the strings. */
static int exec_prepare(struct exec *exec)
{
	return open_program(exec) ?: open_loader(exec) ?: make_cred(exec) ?:
		make_files(exec) ?: sighand_unshare(current_process());
}

/* From here on nothing goes back.  @frame begins the program, or it dies. */
static int exec_commit(struct exec *exec, struct trap_frame *frame)
{
	struct task *task = current_task();
	vaddr_t entry;
	int err;

	switch_mm(task, exec);
	switch_files(task, exec);
	forget_program(task, exec);
	err = map_program(exec, &entry);
	if (err)
		return err;
	*frame = (struct trap_frame){
		.ds = USER_DS, .es = USER_DS, .vector = TRAP_RETURNED,
		.eip = entry, .cs = USER_CS, .eflags = EFLAGS_IF | 2,
		.esp = task->mm->start_stack, .ss = USER_DS,
	};
	fpu_reset();
	return 0;
}

long exec_task(struct trap_frame *frame, const struct exec_request *request)
{
	struct siginfo segv = { .signo = SIGSEGV, .code = SI_KERNEL };
	struct exec *exec = exec_begin(request);
	int err;

	if (!exec)
		return -ENOMEM;
	err = push_strings(exec, request->argv, request->envp) ?: exec_prepare(exec) ?:
		become_only_thread(current_task());
	if (!err && exec_commit(exec, frame))
		signal_force(&segv);
	exec_end(exec);
	return err;
}

/* ---------------------------------------------------------- process 1 */

/* The words of "program argument argument", the last one first. */
static int push_words(struct exec *exec, const char *text, const char *end)
{
	const char *start;
	int err = 0;

	while (!err) {
		while (end > text && end[-1] == ' ')
			end--;
		if (end == text)
			break;
		for (start = end; start > text && start[-1] != ' '; start--)
			;
		exec->argc++;
		err = push(exec, start, end - start);
		end = start;
	}
	return err;
}

static int push_first_strings(struct exec *exec, const char *cmdline)
{
	int err = set_limit(exec) ?: push_path(exec) ?:
		push(exec, "TERM=linux", 10) ?: push(exec, "HOME=/", 6);

	exec->envc = 2;
	exec->env_start = exec->top;
	return err ? err :
		push_words(exec, cmdline, cmdline + strlen(cmdline));
}

static int create_init(void)
{
	struct task *task = task_create(NULL, "init", 0);

	if (!task)
		return -ENOMEM;
	task->thread = current_thread();
	task->files = files_create();
	task->fs = fs_context_create();
	if (!task->files || !task->fs)
		return -ENOMEM;
	task->cred = cred_root();
	task->process->is_immortal = true;
	task_publish(task, 0);
	preempt_disable();
	current_thread()->task = task;
	preempt_enable();
	return 0;
}

static noreturn void enter_user(const struct trap_frame *frame)
{
	struct trap_frame *top = (struct trap_frame *)
		thread_stack_top(current_thread()) - 1;

	irq_disable();
	gdt_set_kernel_stack((uint32_t)(top + 1));
	*top = *frame;
	asm volatile("mov %0, %%esp\n\t"
		     "jmp trap_return" : : "r"(top) : "memory");
	__builtin_unreachable();
}

int exec_init(const char *path, const char *cmdline)
{
	const struct exec_request request = { .dirfd = AT_FDCWD, .path = path };
	struct trap_frame frame;
	struct exec *exec;
	int err = create_init();

	if (err)
		return err;
	exec = exec_begin(&request);
	if (!exec)
		return -ENOMEM;
	err = push_first_strings(exec, cmdline) ?: exec_prepare(exec) ?:
		exec_commit(exec, &frame);
	exec_end(exec);
	if (err)
		return err;		/* the machine stops */
	pr_info("exec: %s: first user instruction after %llu ticks of the TSC",
		current_task()->name, (uint64_t)(rdtsc() - boot_tsc));
	enter_user(&frame);
}
