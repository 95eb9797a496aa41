// SPDX-License-Identifier: MIT
/*
 * dev_mem - devices that are memory: /dev/mem, /dev/kbuffer, /dev/fb0.
 */
#pragma once

#include "mm/layout.h"

struct file;
struct mapping;

#define KBUFFER_SIZE	(4 * PAGE_SIZE)

/**
 * dev_can_map() - by an open(): areas of @file are filled by its ops' map().
 * @mapping: the device's, without pages
 */
void dev_can_map(struct file *file, struct mapping *mapping);

/** dev_mem_init(), dev_fb_init() - register them; once, at boot. */
void dev_mem_init(void);
void dev_fb_init(void);
