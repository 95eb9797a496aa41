// SPDX-License-Identifier: MIT
/*
 * dev - device numbers, and who drives them.
 */
#pragma once

#include <stdint.h>

#include "lib/list.h"

struct file_ops;
struct viewpoint;

/* All constant; link is dev.c's. */
struct device {
	const char *name;		/* in /dev */
	uint32_t mode, rdev;		/* S_IFCHR | permissions; DEV() */
	const struct file_ops *ops;
	struct list link;
};

/** device_register() - @device is driven from now on; at boot. */
void device_register(struct device *device);

/** device_ops() - what opens of that device do; NULL: nobody drives it. */
const struct file_ops *device_ops(uint32_t type, uint32_t rdev);

/** dev_init() - the devices of dev.c. */
void dev_init(void);

/** dev_populate() - make a node in /dev, which is mounted, for each. */
void dev_populate(const struct viewpoint *view);
