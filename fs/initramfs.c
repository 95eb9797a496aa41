// SPDX-License-Identifier: MIT
/*
 * initramfs - unpacks an archive from the loader's frames into the page cache.
 *
 *	module's frames --kmap--> archive (inflate, cpio) --> entries, runs of
 *	bytes --copy--> pages of files
 *
 * Each byte is copied once if the archive is plain.  The frames of the module
 * were reserved at boot; they become ordinary ones here, and are free as soon
 * as they have been read.  A program needs no copy at all: its frames, which begin at a
 * page, become the pages of its file.
 *
 * Names that come twice replace one another, as on Linux; files with several
 * names are found again by the numbers that they had where they were packed.
 *
 * Locking: none of its own; it runs before there are processes.
 */
#include "fs/initramfs.h"

#include "boot/boot_info.h"
#include "fs/file.h"
#include "fs/filemap.h"
#include "fs/inode.h"
#include "fs/names.h"
#include "lib/archive.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/buddy.h"
#include "mm/highmem.h"
#include "mm/kmalloc.h"
#include "mm/pagecopy.h"
#include "mm/vmalloc.h"
#include "mm/zone.h"
#include "x86/sections.h"
#include "x86/cpu.h"

#define PIECE	64u		/* frames of the direct map that are read at once */

/* A file that has more names than one, while its archive is read. */
struct known_file {
	struct rb_node node;
	uint32_t inode, dev_major, dev_minor;
	char name[];
};

struct unpack {
	struct byte_source source;	/* first */
	struct page *page;		/* that is mapped, or NULL */
	pfn_t first, next, last;	/* frames that are mapped; to come */
	uint32_t left;			/* bytes in them */
	struct viewpoint view;
	struct file *file;		/* whose data come, or NULL */
	struct fs_time mtime;
	char parent[PATH_SIZE];
	struct rb_root known;
	struct archive archive;
};

/* ------------------------------------------------------------------ source */

static void unmap_page(struct unpack *unpack)
{
	if (unpack->page)
		kunmap(unpack->page);
	unpack->page = NULL;
}

/* What has been read goes, so that an archive is not in memory twice. */
static void free_read(struct unpack *unpack)
{
	unmap_page(unpack);
	for (; unpack->first < unpack->next; unpack->first++)
		free_page(pfn_to_page(unpack->first));
}

/* Frames of the direct map come in pieces, the others one by one. */
static bool more(struct byte_source *source)
{
	struct unpack *unpack = container_of(source, struct unpack, source);
	uint32_t size = PAGE_SIZE, nr = 1;
	struct page *page;

	free_read(unpack);
	if (!unpack->left)
		return false;
	page = pfn_to_page(unpack->next);
	if (!page_is_highmem(page)) {
		nr = min(min(unpack->last, max_low_pfn) - unpack->next,
			 (pfn_t)PIECE);
		size = nr * PAGE_SIZE;
	}
	size = min(size, unpack->left);
	source->next = kmap(page);
	source->end = source->next + size;
	source->end_offset += size;
	unpack->page = page;
	unpack->next += nr;
	unpack->left -= size;
	return true;
}

/* ------------------------------------------------------------------- names */

/* "etc/x", "./etc/x" and "/etc/x" are all seen from the root. */
static const char *clean_name(const char *name)
{
	while (name[0] == '/' || (name[0] == '.' && name[1] == '/'))
		name++;
	return *name ? name : ".";
}

static int compare(const struct cpio_entry *entry,
		   const struct known_file *file)
{
	if (entry->inode != file->inode)
		return entry->inode < file->inode ? -1 : 1;
	if (entry->dev_minor != file->dev_minor)
		return entry->dev_minor < file->dev_minor ? -1 : 1;
	if (entry->dev_major != file->dev_major)
		return entry->dev_major < file->dev_major ? -1 : 1;
	return 0;
}

/* The name under which this file came before; NULL: it is noted now. */
static int know(struct unpack *unpack, const struct cpio_entry *entry,
		const char **name)
{
	struct rb_node **link = &unpack->known.node, *parent = NULL;
	const char *clean = clean_name(entry->name);
	struct known_file *file;
	size_t size = strlen(clean) + 1;

	*name = NULL;
	while (*link) {
		int order;

		parent = *link;
		file = rb_entry(parent, struct known_file, node);
		order = compare(entry, file);
		if (!order) {
			*name = file->name;
			return 0;
		}
		link = order < 0 ? &parent->left : &parent->right;
	}
	file = kmalloc(sizeof(*file) + size, GFP_KERNEL);
	if (!file)
		return -ENOMEM;
	file->inode = entry->inode;
	file->dev_major = entry->dev_major;
	file->dev_minor = entry->dev_minor;
	memcpy(file->name, clean, size);
	rb_link(&file->node, parent, link);
	rb_insert_fixup(&unpack->known, &file->node);
	return 0;
}

static void forget_all(struct unpack *unpack)
{
	struct rb_node *node;

	while ((node = rb_first(&unpack->known))) {
		rb_remove(&unpack->known, node);
		kfree(rb_entry(node, struct known_file, node));
	}
}

/* ------------------------------------------------------------------ entries */

static void set_attributes(struct inode *inode, const struct cpio_entry *entry)
{
	inode->uid = entry->uid;
	inode->gid = entry->gid;
	if (!inode_is(inode, S_IFLNK))
		inode->mode = (inode->mode & S_IFMT) |
			      (entry->mode & S_IALLUGO);
	inode->mtime = (struct fs_time){ .sec = entry->mtime };
}

/*
 * What is at @name, which is there, gets the attributes of @entry; unless it is
 * where /dev, /proc or /tmp is mounted: those are the kernel's own.
 */
static int finish(struct unpack *unpack, const char *name,
		  const struct cpio_entry *entry)
{
	struct path path;
	int err = path_lookup(&unpack->view, name, 0, &path);

	if (err)
		return err;
	if (path.dentry != path.mount->root ||
	    path.mount == mount_root().mount)
		set_attributes(path.dentry->inode, entry);
	path_put(path);
	return 0;
}

/* Something new at @name, in place of what was there; directories stay. */
static int make(struct unpack *unpack, const char *name,
		const struct cpio_entry *entry)
{
	uint32_t rdev = DEV(entry->rdev_major, entry->rdev_minor);
	int err = names_make(&unpack->view, name, entry->mode, rdev,
			     entry->target);

	if (err != -EEXIST || (entry->mode & S_IFMT) == S_IFDIR)
		return err == -EEXIST ? 0 : err;
	names_remove(&unpack->view, name, false);
	return names_make(&unpack->view, name, entry->mode, rdev,
			  entry->target);
}

static int open_file(struct unpack *unpack, const char *name,
		     const struct cpio_entry *entry)
{
	int err = names_open(&unpack->view, name, O_WRONLY | O_CREAT | O_TRUNC |
			     O_NOFOLLOW, entry->mode, &unpack->file);

	unpack->mtime = (struct fs_time){ .sec = entry->mtime };
	if (!err)
		set_attributes(file_inode(unpack->file), entry);
	return err;
}

static int link_file(struct unpack *unpack, const char *old, const char *name)
{
	struct path path;
	int err = path_lookup(&unpack->view, old, 0, &path);

	if (err)
		return err;
	err = names_link(&path, &unpack->view, name);
	if (err == -EEXIST) {
		names_remove(&unpack->view, name, false);
		err = names_link(&path, &unpack->view, name);
	}
	path_put(path);
	return err;
}

static int take_file(struct unpack *unpack, const struct cpio_entry *entry)
{
	const char *name = clean_name(entry->name), *old = NULL;
	int err = 0;

	if (entry->nr_links > 1)
		err = know(unpack, entry, &old);
	if (!err && old)
		err = link_file(unpack, old, name);
	if (err || (old && !entry->size))
		return err;
	if (!old)
		names_remove(&unpack->view, name, false);
	return open_file(unpack, name, entry);
}

/* The directory that is to hold @name, or one above it. */
static int find_parent(struct unpack *unpack, const char *name,
		       struct path *path)
{
	const char *slash = strrchr(name, '/');
	size_t size = slash ? slash - name : 0;

	if (!size)
		return path_lookup(&unpack->view, ".", 0, path);
	strlcpy(unpack->parent, name, min(size + 1, sizeof(unpack->parent)));
	return path_lookup(&unpack->view, unpack->parent, 0, path);
}

static int take_whole(struct unpack *unpack, const struct cpio_entry *entry)
{
	const char *name = clean_name(entry->name);
	int err;

	if ((entry->mode & S_IFMT) == S_IFREG) {
		err = take_file(unpack, entry);
	} else {
		err = make(unpack, name, entry);
		if (!err)
			err = finish(unpack, name, entry);
	}
	return err;
}

/*
 * An entry that cannot be made is left out; only memory ends it all.  The
 * directory keeps the time that its own entry gave it.
 */
static int take_entry(void *context, const struct cpio_entry *entry)
{
	struct unpack *unpack = context;
	const char *name = clean_name(entry->name);
	struct path parent;
	struct fs_time time;
	bool has_parent = !find_parent(unpack, name, &parent);
	int err;

	if (has_parent)
		time = parent.dentry->inode->mtime;
	err = take_whole(unpack, entry);
	if (has_parent) {
		parent.dentry->inode->mtime = time;
		path_put(parent);
	}
	if (!err || err == -ENOMEM || err == -ENOSPC)
		return err;
	pr_warn("initramfs: %s: left out (error %d)", name, -err);
	return 0;
}

static int take_data(void *context, const uint8_t *bytes, size_t size)
{
	struct unpack *unpack = context;

	return unpack->file ? filemap_append(file_inode(unpack->file), bytes,
					     size) : 0;
}

static int end_file(void *context)
{
	struct unpack *unpack = context;

	if (!unpack->file)
		return 0;
	file_inode(unpack->file)->mtime = unpack->mtime;
	file_put(unpack->file);
	unpack->file = NULL;
	return 0;
}

static int end_archive(void *context)
{
	forget_all(context);
	return 0;
}

static const struct cpio_ops unpack_ops = {
	take_entry, take_data, end_file, end_archive,
};

/* ----------------------------------------------------------------- modules */

static void free_frames(pfn_t start, pfn_t end)
{
	for (; start < end; start++)
		free_page(pfn_to_page(start));
}

static int unpack_archive(const struct boot_module *module)
{
	struct unpack *unpack = vmalloc(sizeof(*unpack));
	struct cred *cred = cred_root();
	uint64_t start = rdtsc();
	int err;

	if (!unpack) {
		free_frames(module->start >> PAGE_SHIFT,
			    DIV_ROUND_UP(module->end, PAGE_SIZE));
		return -ENOMEM;
	}
	memset(unpack, 0, offsetof(struct unpack, archive));
	unpack->source.more = more;
	unpack->first = unpack->next = module->start >> PAGE_SHIFT;
	unpack->last = DIV_ROUND_UP(module->end, PAGE_SIZE);
	unpack->left = module->end - module->start;
	unpack->view = (struct viewpoint){ mount_root(), mount_root(), cred, 0 };
	archive_init(&unpack->archive);
	err = archive_read(&unpack->archive, &unpack->source, &unpack_ops,
			   unpack);
	if (err)
		kprint("initramfs: %.80s: %s, at byte %u\n", module->cmdline,
		       unpack->archive.error ? unpack->archive.error :
		       err == -ENOSPC || err == -ENOMEM ?
		       "not enough memory for its files" : "unusable",
		       byte_source_offset(&unpack->source));
	else
		pr_info("initramfs: %u bytes, unpacked in %llu ticks of the TSC",
			module->end - module->start, rdtsc() - start);
	unpack->next = unpack->last;
	free_read(unpack);
	end_file(unpack);
	forget_all(unpack);
	cred_put(cred);
	vfree(unpack);
	return err;
}

/* All directories above @path, which begins with "/". */
static int make_parents(const struct viewpoint *view, char *path)
{
	int err = 0;

	for (char *at = strchr(path + 1, '/'); at && !err;
	     at = strchr(at + 1, '/')) {
		*at = '\0';
		err = names_make(view, path, S_IFDIR | 0755, 0, NULL);
		*at = '/';
		if (err == -EEXIST)
			err = 0;
	}
	return err;
}

/* The frames from @start on become the pages of @inode; they are @size bytes. */
static int adopt_frames(struct inode *inode, pfn_t start, uint32_t size)
{
	struct mapping *mapping = &inode->mapping;
	uint32_t tail = size % PAGE_SIZE;
	int err = 0;

	mapping_set_size(mapping, size);
	for (uint32_t i = 0; i < DIV_ROUND_UP(size, PAGE_SIZE) && !err; i++) {
		struct page *page = pfn_to_page(start + i);

		if (tail && i == size / PAGE_SIZE)
			memzero_page(page, tail, PAGE_SIZE - tail);
		err = mapping_add_page(mapping, i, page);
		if (err)
			free_page(page);
	}
	return err;
}

/* The same for frames that stay the firmware's: their bytes are copied. */
static int copy_frames(struct inode *inode, pfn_t start, uint32_t size)
{
	int err = 0;

	for (; size && !err; start++) {
		uint32_t n = min(size, PAGE_SIZE);

		err = filemap_append(inode, kmap(pfn_to_page(start)), n);
		kunmap(pfn_to_page(start));
		size -= n;
	}
	return err;
}

/*
 * "program arguments" is the file "/program".  @is_ram: its frames are ours.
 * Of modules with one name the first stays.
 */
static int take_program(const struct boot_module *module, bool is_ram)
{
	struct cred *cred = cred_root();
	const struct viewpoint view = { mount_root(), mount_root(), cred, 0 };
	const char *end = strchr(module->cmdline, ' ');
	char *path = kmalloc(PATH_SIZE, GFP_KERNEL);
	struct file *file;
	int err;

	if (!path)
		return -ENOMEM;
	path[0] = '/';
	strlcpy(path + (module->cmdline[0] != '/'), module->cmdline,
		PATH_SIZE - 1);
	if (end)
		path[end - module->cmdline +
		     (module->cmdline[0] != '/')] = '\0';
	err = make_parents(&view, path);
	if (!err)
		err = names_open(&view, path, O_CREAT | O_EXCL | O_WRONLY,
				 0755, &file);
	if (!err) {
		err = (is_ram ? adopt_frames : copy_frames)
			(file_inode(file), module->start >> PAGE_SHIFT,
			 module->end - module->start);
		file_put(file);
	} else if (is_ram) {
		free_frames(module->start >> PAGE_SHIFT,
			    DIV_ROUND_UP((uint64_t)module->end, PAGE_SIZE));
	}
	if (err == -EEXIST)
		err = 0;
	kfree(path);
	cred_put(cred);
	return err ? err : 1;
}

enum module_kind { MODULE_ARCHIVE, MODULE_PROGRAM, MODULE_UNKNOWN };

static enum module_kind kind_of(const struct boot_module *module)
{
	char head[6] = { 0 };

	if (module->end - module->start >= sizeof(head))
		copy_from_page(head, pfn_to_page(module->start >> PAGE_SHIFT),
			       0, sizeof(head));
	if (!memcmp(head, "\177ELF", 4) || !memcmp(head, "#!", 2))
		return MODULE_PROGRAM;
	if (!memcmp(head, "07070", 5) || !memcmp(head, "\037\213", 2))
		return MODULE_ARCHIVE;
	return MODULE_UNKNOWN;
}

/* Did the firmware say that all of it is RAM, and nothing else? */
static bool is_ram(const struct boot_module *module)
{
	bool is_inside = false;

	for (unsigned int i = 0; i < boot_info.nr_ranges; i++) {
		const struct boot_range *range = &boot_info.ranges[i];

		if (range->type == BOOT_RANGE_RAM)
			is_inside |= range->start <= module->start &&
				     module->end <= range->end;
		else if (range->start < module->end &&
			 module->start < range->end)
			return false;
	}
	return is_inside;
}

/* Does it lie over the kernel, or over another module that was taken? */
static bool is_taken(const struct boot_module *module, pfn_t start, pfn_t end)
{
	if (module->start < virt_to_phys(_kernel_end) &&
	    module->end > virt_to_phys(_kernel_start))
		return true;
	for (; start < end; start++)
		if (pfn_to_page(start)->flags != PG_RESERVED ||
		    pfn_to_page(start)->refs)
			return true;
	return false;
}

int initramfs_load(const struct boot_module *module)
{
	pfn_t start = module->start >> PAGE_SHIFT;
	pfn_t end = DIV_ROUND_UP((uint64_t)module->end, PAGE_SIZE);
	bool is_ours = is_ram(module);

	if (module->start % PAGE_SIZE || module->end < module->start ||
	    end > max_pfn)
		return -ENXIO;
	if (is_taken(module, start, end))
		return -ENOEXEC;
	if (is_ours)
		zone_adopt(start, end);
	switch (kind_of(module)) {
	case MODULE_PROGRAM:
		return take_program(module, is_ours);
	case MODULE_ARCHIVE:
		return is_ours ? unpack_archive(module) : -ENXIO;
	default:
		if (is_ours)
			free_frames(start, end);
		return -ENOEXEC;
	}
}
