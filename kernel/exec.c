// SPDX-License-Identifier: MIT
/*
 * exec - from a file to the first instruction of process 1.
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
#include "fs/names.h"
#include "fs/random.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "lib/fmt.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/buddy.h"
#include "mm/mapping.h"
#include "mm/mm.h"
#include "mm/mmap.h"
#include "mm/pagecopy.h"
#include "sched/fpu.h"
#include "sched/sched.h"
#include "x86/cpu.h"
#include "x86/gdt.h"
#include "x86/trap.h"
#include "x86/uaccess.h"

#define MAX_ARGS	128

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
#define AT_EXECFN	31

/* What becomes the stack: pointers (user addresses) first, strings behind. */
struct stack_image {
	uint32_t words[2 * MAX_ARGS];	/* argv, and less than that behind it */
	unsigned int nr_words;
	vaddr_t strings;		/* the next string ends here */
	int err;
};

static void push_word(struct stack_image *stack, uint32_t word)
{
	if (stack->nr_words < ARRAY_SIZE(stack->words))
		stack->words[stack->nr_words++] = word;
	else
		stack->err = -E2BIG;
}

static void push_aux(struct stack_image *stack, uint32_t type, uint32_t value)
{
	push_word(stack, type);
	push_word(stack, value);
}

static vaddr_t push_bytes(struct stack_image *stack, const void *bytes,
			  size_t size)
{
	stack->strings -= size;
	if (copy_to_user(stack->strings, bytes, size))
		stack->err = -ENOMEM;	/* it is mapped: no page is left */
	return stack->strings;
}

/* Cut "program arg arg" at the blanks; returns how many words, or -E2BIG. */
static int split(char *text, char *args[MAX_ARGS])
{
	int count = 0;

	for (;;) {
		while (*text == ' ')
			text++;
		if (!*text)
			break;
		if (count == MAX_ARGS)
			return -E2BIG;
		args[count++] = text;
		while (*text && *text != ' ')
			text++;
		if (*text)
			*text++ = '\0';
	}
	return count;
}

static void push_strings(struct stack_image *stack, char *const strings[],
			 int count, vaddr_t at[])
{
	/* The last first, so that they lie in order of rising addresses. */
	for (int i = count - 1; i >= 0; i--)
		at[i] = push_bytes(stack, strings[i], strlen(strings[i]) + 1);
}

static void push_auxv(struct stack_image *stack, const struct elf_image *image,
		      vaddr_t path)
{
	uint8_t random[16];
	vaddr_t platform = push_bytes(stack, "i686", 5), at_random;

	random_bytes(random, sizeof(random));
	at_random = push_bytes(stack, random, sizeof(random));
	push_aux(stack, AT_HWCAP, cpu_features);
	push_aux(stack, AT_PAGESZ, PAGE_SIZE);
	push_aux(stack, AT_CLKTCK, 100);
	push_aux(stack, AT_PHDR, image->phdr);
	push_aux(stack, AT_PHENT, 32);
	push_aux(stack, AT_PHNUM, image->phnum);
	push_aux(stack, AT_BASE, 0);
	push_aux(stack, AT_FLAGS, 0);
	push_aux(stack, AT_ENTRY, image->entry);
	push_aux(stack, AT_UID, 0);
	push_aux(stack, AT_EUID, 0);
	push_aux(stack, AT_GID, 0);
	push_aux(stack, AT_EGID, 0);
	push_aux(stack, AT_SECURE, 0);
	push_aux(stack, AT_RANDOM, at_random);
	push_aux(stack, AT_EXECFN, path);
	push_aux(stack, AT_PLATFORM, platform);
	push_aux(stack, AT_NULL, 0);
}

/* Build the first stack.  Return: its pointer, or an error. */
static long build_stack(const char *cmdline, const struct elf_image *image)
{
	static char *const env[] = { "HOME=/", "TERM=linux" };
	struct process *process = current_process();
	vaddr_t args_at[MAX_ARGS], env_at[ARRAY_SIZE(env)], sp, path;
	static struct stack_image stack; /* process 1 alone is built so */
	static char text[BOOT_MODULE_TEXT];
	char *args[MAX_ARGS];
	int argc;

	strlcpy(text, cmdline, sizeof(text));
	argc = split(text, args);
	if (argc < 0)
		return argc;
	if (!argc)
		args[argc++] = "init";
	stack.strings = STACK_TOP - 4;
	path = push_bytes(&stack, args[0], strlen(args[0]) + 1);
	push_strings(&stack, env, ARRAY_SIZE(env), env_at);
	process->env_start = stack.strings;
	process->env_end = path;
	push_strings(&stack, args, argc, args_at);
	process->arg_start = stack.strings;
	process->arg_end = process->env_start;

	push_word(&stack, argc);
	for (int i = 0; i < argc; i++)
		push_word(&stack, args_at[i]);
	push_word(&stack, 0);
	for (size_t i = 0; i < ARRAY_SIZE(env); i++)
		push_word(&stack, env_at[i]);
	push_word(&stack, 0);
	push_auxv(&stack, image, path);

	sp = ALIGN_DOWN(stack.strings - stack.nr_words * 4, 16);
	if (copy_to_user(sp, stack.words, stack.nr_words * 4))
		stack.err = -ENOMEM;
	return stack.err ? stack.err : (long)sp;
}

static void name_task(struct task *task, const char *cmdline)
{
	const char *end = strchr(cmdline, ' '), *base = cmdline;
	size_t length = end ? (size_t)(end - cmdline) : strlen(cmdline);

	strlcpy(task->process->exe, cmdline,
		min(length + 1, sizeof(task->process->exe)));
	for (size_t i = 0; i < length; i++)
		if (cmdline[i] == '/')
			base = cmdline + i + 1;
	strlcpy(task->name, base,
		min((size_t)(cmdline + length - base) + 1,
		    sizeof(task->name)));
}

static noreturn void enter_user(uint32_t eip, uint32_t esp)
{
	struct trap_frame frame = {
		.ds = USER_DS, .es = USER_DS, .vector = TRAP_RETURNED,
		.eip = eip, .cs = USER_CS, .eflags = EFLAGS_IF | 2,
		.esp = esp, .ss = USER_DS,
	};
	struct trap_frame *top = (struct trap_frame *)
		thread_stack_top(current_thread()) - 1;

	irq_disable();
	gdt_set_kernel_stack((uint32_t)(top + 1));
	fpu_reset();
	*top = frame;
	asm volatile("mov %0, %%esp\n\t"
		     "jmp trap_return" : : "r"(top) : "memory");
	__builtin_unreachable();
}

static uint64_t ticks_since_boot(void)
{
	return rdtsc() - boot_tsc;
}

int exec_init(const char *path, const char *cmdline)
{
	struct viewpoint view = { mount_root(), mount_root(), cred_root() };
	struct elf_image image;
	struct task *task;
	struct file *file;
	struct mm *mm;
	long sp;
	int err;

	err = file_open_exec(&view, path, LOOKUP_FOLLOW, &file);
	if (err)
		return err;
	task = task_create(NULL, "init", 0);
	mm = mm_create();
	if (!task || !mm)
		return -ENOMEM;
	task->thread = current_thread();
	task->files = files_create();
	task->fs = fs_context_create();
	task->cred = cred_root();
	if (!task->files || !task->fs)
		return -ENOMEM;
	task_publish(task, 0);
	name_task(task, cmdline);
	preempt_disable();
	current_thread()->task = task;
	task->mm = mm;
	mm_switch(mm);
	preempt_enable();

	err = elf_load(&file->vm, file->vm.mapping->size, &image);
	file_put(file);
	if (!err)
		err = mm_map_stack(mm);
	if (err)
		return err;
	sp = build_stack(cmdline, &image);
	if (sp < 0 && sp > -4096)
		return sp;
	mm->start_stack = sp;
	pr_info("exec: %s: first user instruction after %llu ticks of the TSC",
		task->name, ticks_since_boot());
	enter_user(image.entry, sp);
}
