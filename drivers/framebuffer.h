// SPDX-License-Identifier: MIT
/*
 * framebuffer - the screen as memory: the linear frame buffer of the VGA that
 * QEMU and Bochs have.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "x86/mmu.h"

struct framebuffer {
	phys_addr_t phys;		/* of its first byte */
	uint32_t size;			/* bytes of video memory */
	uint16_t width, height;		/* pixels */
	uint16_t virtual_height;	/* lines in memory, from y_offset on shown */
	uint16_t y_offset;
};

/* Four bytes a pixel: blue, green, red, nothing. */
#define FRAMEBUFFER_BPP	32

/** framebuffer_find() - look for one on the PCI bus; false: there is none. */
bool framebuffer_find(struct framebuffer *fb);

/**
 * framebuffer_set_mode() - leave text mode and show @fb->width x @fb->height.
 * Return: false: the device does not do that.
 */
bool framebuffer_set_mode(struct framebuffer *fb);

/** framebuffer_pan() - show the lines from @fb->y_offset on. */
void framebuffer_pan(const struct framebuffer *fb);
