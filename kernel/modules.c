// SPDX-License-Identifier: MIT
/*
 * modules - the boot modules as files that can be executed.
 *
 * A module's frames are pages like any others, but reserved: they are put into
 * the page cache as they are, for ever.  So a program runs out of the frames
 * that the loader filled, copying only those it writes to.
 */
#include "boot/boot_info.h"
#include "kernel/exec.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "lib/fmt.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/buddy.h"
#include "mm/mapping.h"
#include "mm/pagecopy.h"

struct module {
	struct vm_file file;
	struct mapping mapping;
	char path[128];			/* the first word of its line, from / */
};

static struct module modules[BOOT_MODULES];

static size_t module_name(struct vm_file *file, char *buf, size_t size)
{
	const struct module *module = container_of(file, struct module, file);
	size_t length = strlen(module->path);

	memcpy(buf, module->path, min(length, size));
	return length;
}

static void module_release(struct vm_file *file)
{
	panic("modules: module %s released",
	      container_of(file, struct module, file)->path);
}

static const struct vm_file_ops module_ops = {
	.release = module_release, .name = module_name,
};

/* What maps and /proc/<pid>/exe say: the arguments are no part of it. */
static void set_path(struct module *to, const char *cmdline)
{
	const char *end = strchr(cmdline, ' ');
	size_t length = end ? (size_t)(end - cmdline) : strlen(cmdline);

	snprintf(to->path, sizeof(to->path), "%s%.*s",
		 cmdline[0] == '/' ? "" : "/", (int)length, cmdline);
}

static void add_frames(struct mapping *mapping, pfn_t start)
{
	uint32_t tail = mapping->size % PAGE_SIZE;

	for (uint32_t i = 0; i < DIV_ROUND_UP(mapping->size, PAGE_SIZE); i++) {
		struct page *page = pfn_to_page(start + i);

		page->refs = 1;
		if (mapping_add_page(mapping, i, page))
			panic("modules: no memory for the boot modules");
		if (mapping->size - i * PAGE_SIZE < PAGE_SIZE)
			memzero_page(page, tail, PAGE_SIZE - tail);
	}
}

static void module_init(struct module *to, struct boot_module *module)
{
	if (module->start % PAGE_SIZE || module->end < module->start ||
	    DIV_ROUND_UP((uint64_t)module->end, PAGE_SIZE) > max_pfn) {
		pr_err("modules: module \"%.80s\" at %#x is out of reach",
		       module->cmdline, module->start);
		return;
	}
	mapping_init(&to->mapping, NULL);
	to->mapping.size = module->end - module->start;
	to->mapping.inode = to - modules + 1;
	to->file = (struct vm_file){
		.refs = 1, .mapping = &to->mapping, .ops = &module_ops,
	};
	set_path(to, module->cmdline);
	add_frames(&to->mapping, module->start >> PAGE_SHIFT);
}

void modules_init(void)
{
	for (unsigned int i = 0; i < boot_info.nr_modules; i++)
		module_init(&modules[i], &boot_info.modules[i]);
}

int exec_open(const char *path, struct exec_file *file)
{
	if (!strcmp(path, "/proc/self/exe"))
		path = current_process()->exe;
	for (unsigned int i = 0; i < boot_info.nr_modules; i++)
		if (modules[i].file.ops &&
		    !strcmp(modules[i].path + (path[0] != '/'), path)) {
			*file = (struct exec_file){
				.file = vm_file_get(&modules[i].file),
				.mode = 0755,
			};
			return 0;
		}
	return -ENOENT;
}
