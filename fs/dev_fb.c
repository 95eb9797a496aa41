// SPDX-License-Identifier: MIT
/*
 * dev_fb - /dev/fb0: the screen as a file of pixels.
 *
 * The first open leaves text mode for 1024 x 768 in 32 bits.  From then on the
 * file's bytes are the video memory: read, written, or mapped by a program that
 * then draws without another call.  What a program asks and sets is told in the
 * structs of Linux's <linux/fb.h>.
 *
 * Locking: fb_lock for the mode; pixels have none.
 */
#include "fs/dev_mem.h"

#include "drivers/framebuffer.h"
#include "fs/dev.h"
#include "fs/file.h"
#include "fs/inode.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/mmap.h"
#include "mm/vma.h"
#include "mm/vmalloc.h"
#include "x86/uaccess.h"

#define FBIOGET_VSCREENINFO	0x4600
#define FBIOPUT_VSCREENINFO	0x4601
#define FBIOGET_FSCREENINFO	0x4602
#define FBIOPAN_DISPLAY		0x4606
#define FBIOBLANK		0x4611
#define FB_VISUAL_TRUECOLOR	2
#define FB_ACTIVATE_MASK	15u
#define FB_ACTIVATE_TEST	2u

struct bitfield {
	uint32_t offset, length, msb_right;
};

/* What can be changed: 160 bytes. */
struct var_info {
	uint32_t width, height, virtual_width, virtual_height;
	uint32_t x_offset, y_offset, bits_per_pixel, grayscale;
	struct bitfield red, green, blue, transparent;
	uint32_t nonstd, activate, mm_height, mm_width, accel_flags, pixclock;
	uint32_t margins[4], hsync_len, vsync_len, sync, vmode, rotate;
	uint32_t colorspace, reserved[4];
};

/* What cannot: 68 bytes. */
struct fix_info {
	char	 id[16];
	uint32_t smem_start, smem_len, type, type_aux, visual;
	uint16_t xpanstep, ypanstep, ywrapstep, pad;
	uint32_t line_length, mmio_start, mmio_len, accel;
	uint16_t capabilities, reserved[2], pad2;
};

static_assert(sizeof(struct var_info) == 160 && sizeof(struct fix_info) == 68,
	      "as on Linux i386");

static struct mutex fb_lock = MUTEX_INIT(fb_lock);
static struct framebuffer fb = { .width = 1024, .height = 768 };
static struct mapping fb_mapping;
static char *pixels;			/* NULL: still in text mode */

static int fb_start(void)
{
	if (pixels)
		return 0;
	pixels = ioremap(fb.phys, fb.size);
	if (!pixels)
		return -ENOMEM;
	if (framebuffer_set_mode(&fb))
		return 0;
	iounmap(pixels);
	pixels = NULL;
	return -ENODEV;
}

static int fb_open(struct file *file)
{
	int err;

	mutex_lock(&fb_lock);
	err = fb_start();
	mutex_unlock(&fb_lock);
	if (!err)
		dev_can_map(file, &fb_mapping);
	return err;
}

static int fb_map_area(struct file *file, struct mm *mm, struct vma *vma)
{
	uint32_t nr = (vma->end - vma->start) >> PAGE_SHIFT;
	uint32_t all = fb.size >> PAGE_SHIFT;

	(void)file;
	if (vma->pgoff >= all || nr > all - vma->pgoff)
		return -EINVAL;
	return mm_io_remap_pfn_range(mm, vma, vma->start,
				     (fb.phys >> PAGE_SHIFT) + vma->pgoff,
				     vma->end - vma->start);
}

static long fb_read(struct file *file, vaddr_t buf, size_t size)
{
	size_t left;

	if (file->pos >= fb.size)
		return 0;
	size = min(size, fb.size - (size_t)file->pos);
	left = copy_to_user(buf, pixels + (size_t)file->pos, size);
	file->pos += size - left;
	return left && left == size ? -EFAULT : (long)(size - left);
}

static long fb_write(struct file *file, vaddr_t buf, size_t size)
{
	size_t left;

	if (file->pos > fb.size)
		return -EFBIG;
	if (file->pos == fb.size && size)
		return -ENOSPC;
	size = min(size, fb.size - (size_t)file->pos);
	left = copy_from_writer(pixels + (size_t)file->pos, buf, size);
	file->pos += size - left;
	return left && left == size ? -EFAULT : (long)(size - left);
}

static int fb_lseek(struct file *file, int64_t offset, int whence)
{
	if (whence == SEEK_END)
		return file_set_pos(file, fb.size + offset, SEEK_SET);
	return file_set_pos(file, offset, whence);
}

/* ----------------------------------------------------------------- control */

static void describe(struct var_info *var)
{
	*var = (struct var_info){
		.width = fb.width, .height = fb.height,
		.virtual_width = fb.width,
		.virtual_height = fb.virtual_height,
		.y_offset = fb.y_offset, .bits_per_pixel = FRAMEBUFFER_BPP,
		.red = { 16, 8, 0 }, .green = { 8, 8, 0 }, .blue = { 0, 8, 0 },
		.mm_height = -1u, .mm_width = -1u,
	};
}

static long put_fix(uint32_t to)
{
	struct fix_info fix = {
		.id = "Bochs VGA", .smem_start = fb.phys, .smem_len = fb.size,
		.visual = FB_VISUAL_TRUECOLOR, .ypanstep = 1,
		.line_length = fb.width * (FRAMEBUFFER_BPP / 8),
	};

	return copy_to_user(to, &fix, sizeof(fix)) ? -EFAULT : 0;
}

static long set_mode(const struct var_info *var)
{
	struct framebuffer new = fb;

	if (var->bits_per_pixel != FRAMEBUFFER_BPP || var->width > 0xffff ||
	    var->height > 0xffff)
		return -EINVAL;
	if ((var->activate & FB_ACTIVATE_MASK) == FB_ACTIVATE_TEST)
		return 0;
	new.width = var->width;
	new.height = var->height;
	if ((new.width != fb.width || new.height != fb.height) &&
	    !framebuffer_set_mode(&new)) {
		framebuffer_set_mode(&fb);
		return -EINVAL;
	}
	fb = new;
	return 0;
}

static long pan(const struct var_info *var)
{
	if (var->x_offset || var->y_offset > 0xffff ||
	    var->y_offset + fb.height > fb.virtual_height)
		return -EINVAL;
	fb.y_offset = var->y_offset;
	framebuffer_pan(&fb);
	return 0;
}

/* A struct comes, something is done, and what is so now goes back. */
static long change(uint32_t at, long (*with)(const struct var_info *var))
{
	struct var_info var;
	long err;

	if (copy_from_user(&var, at, sizeof(var)))
		return -EFAULT;
	mutex_lock(&fb_lock);
	err = with(&var);
	describe(&var);
	mutex_unlock(&fb_lock);
	if (err)
		return err;
	return copy_to_user(at, &var, sizeof(var)) ? -EFAULT : 0;
}

static long fb_ioctl(struct file *file, uint32_t command, uint32_t arg)
{
	struct var_info var;

	(void)file;
	switch (command) {
	case FBIOGET_VSCREENINFO:
		describe(&var);
		return copy_to_user(arg, &var, sizeof(var)) ? -EFAULT : 0;
	case FBIOGET_FSCREENINFO:
		return put_fix(arg);
	case FBIOPUT_VSCREENINFO:
		return change(arg, set_mode);
	case FBIOPAN_DISPLAY:
		return change(arg, pan);
	case FBIOBLANK:
		return 0;
	default:
		return -ENOTTY;
	}
}

static const struct file_ops fb_ops = {
	.open = fb_open, .read = fb_read, .write = fb_write,
	.lseek = fb_lseek, .ioctl = fb_ioctl, .map = fb_map_area,
};

static struct device device = {
	.name = "fb0", .mode = S_IFCHR | 0600, .rdev = DEV(29, 0),
	.ops = &fb_ops,
};

void dev_fb_init(void)
{
	mapping_init(&fb_mapping, NULL);
	if (framebuffer_find(&fb))
		device_register(&device);
}
