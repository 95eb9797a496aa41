// SPDX-License-Identifier: MIT
/*
 * tmpfs - files that live in memory: names in the tree of dentries, bytes in
 * the page cache, and nothing behind either.
 */
#pragma once

#include "fs/inode.h"

struct file;

/** tmpfs_init() - make "tmpfs", "ramfs" and "devtmpfs" known; once. */
void tmpfs_init(void);

/**
 * tmpfs_unnamed() - a regular file in no directory: memfd, System V memory.
 * @super: whose limits count; NULL: none
 */
int tmpfs_unnamed(const struct cred *cred, uint32_t mode,
		  struct inode **inode);
