// SPDX-License-Identifier: MIT
/*
 * initramfs - the first files: what the loader brought along, in the root.
 */
#pragma once

struct boot_module;

/**
 * initramfs_load() - make files of a boot module, and give back its frames.
 *
 * An archive (cpio "newc", plain or in gzip) is unpacked into the root.  A
 * program (ELF, or a "#!" script) becomes one file, named as the first word of
 * the module's command line, and keeps the frames that the loader filled.
 *
 * Context: may sleep; the root is mounted; once a module.
 * Return: 0: an archive; 1: a program; -ENXIO: it lies where there is no RAM;
 *	   -ENOEXEC: neither; -EINVAL, -EIO, -ENOMEM, -ENOSPC: it could not be
 *	   unpacked, as a message tells.
 */
int initramfs_load(const struct boot_module *module);
