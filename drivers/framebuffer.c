// SPDX-License-Identifier: MIT
/*
 * framebuffer - the VGA of QEMU (-vga std) and Bochs, as a linear screen.
 *
 * It sits on the PCI bus as 1234:1111.  Base address register 0 tells where its
 * video memory lies.  Modes are set by the registers of Bochs' "VBE", an index
 * port and a data port; no firmware is called.
 *
 *	configuration address 0xcf8:  1 | bus | device | function | register
 *	configuration data    0xcfc
 *
 * Text mode and this one have the same memory, so what was on the screen is
 * lost, its font too: there is no way back but a reset.
 */
#include "drivers/framebuffer.h"

#include "x86/io.h"

#define PCI_ADDRESS	0xcf8
#define PCI_DATA	0xcfc
#define PCI_ENABLE	0x80000000u
#define PCI_COMMAND	0x04
#define PCI_BAR0	0x10
#define PCI_MEMORY	0x02u		/* of the command: answers to memory */
#define BOCHS_VGA	0x11111234u

#define VBE_INDEX	0x1ce
#define VBE_DATA	0x1cf

enum vbe_register {
	VBE_ID, VBE_XRES, VBE_YRES, VBE_BPP, VBE_ENABLE, VBE_BANK,
	VBE_VIRT_WIDTH, VBE_VIRT_HEIGHT, VBE_X_OFFSET, VBE_Y_OFFSET,
	VBE_MEMORY_64K,
};

#define VBE_ID_MASK	0xfff0
#define VBE_ID_BOCHS	0xb0c0
#define VBE_ENABLED	0x01
#define VBE_LINEAR	0x40

static uint32_t pci_read(uint32_t device, uint32_t reg)
{
	outl(PCI_ADDRESS, PCI_ENABLE | device << 11 | reg);
	return inl(PCI_DATA);
}

static void pci_write(uint32_t device, uint32_t reg, uint32_t value)
{
	outl(PCI_ADDRESS, PCI_ENABLE | device << 11 | reg);
	outl(PCI_DATA, value);
}

static uint16_t vbe_read(enum vbe_register reg)
{
	outw(VBE_INDEX, reg);
	return inw(VBE_DATA);
}

static void vbe_write(enum vbe_register reg, uint16_t value)
{
	outw(VBE_INDEX, reg);
	outw(VBE_DATA, value);
}

bool framebuffer_find(struct framebuffer *fb)
{
	uint32_t device = 0;

	while (device < 32 && pci_read(device, 0) != BOCHS_VGA)
		device++;
	if (device == 32 || (vbe_read(VBE_ID) & VBE_ID_MASK) != VBE_ID_BOCHS)
		return false;
	fb->phys = pci_read(device, PCI_BAR0) & ~15u;
	fb->size = (uint32_t)vbe_read(VBE_MEMORY_64K) << 16;
	pci_write(device, PCI_COMMAND,
		  (pci_read(device, PCI_COMMAND) & 0xffff) | PCI_MEMORY);
	return fb->phys && fb->size;
}

bool framebuffer_set_mode(struct framebuffer *fb)
{
	uint32_t line = fb->width * (FRAMEBUFFER_BPP / 8);

	if (!line || !fb->height || fb->height > fb->size / line)
		return false;
	vbe_write(VBE_ENABLE, 0);
	vbe_write(VBE_XRES, fb->width);
	vbe_write(VBE_YRES, fb->height);
	vbe_write(VBE_BPP, FRAMEBUFFER_BPP);
	vbe_write(VBE_ENABLE, VBE_ENABLED | VBE_LINEAR);
	if (vbe_read(VBE_XRES) != fb->width ||
	    vbe_read(VBE_YRES) != fb->height)
		return false;
	fb->virtual_height = fb->size / line < 0xffff ? fb->size / line :
			     0xffff;
	vbe_write(VBE_VIRT_WIDTH, fb->width);
	fb->y_offset = 0;
	framebuffer_pan(fb);
	return true;
}

void framebuffer_pan(const struct framebuffer *fb)
{
	vbe_write(VBE_X_OFFSET, 0);
	vbe_write(VBE_Y_OFFSET, fb->y_offset);
}
