// SPDX-License-Identifier: MIT
/*
 * proc - files whose text is made when somebody reads them.
 */
#pragma once

#include "fs/node.h"
#include "fs/seq.h"

struct proc_file {
	struct node node;
	/* Print the text; may sleep; an error goes to out->err. */
	void (*generate)(struct seq *out);
};

#define PROC_FILE(path_, mode_, generate_)				\
	{ .node = { .path = (path_), .mode = S_IFREG | (mode_) },	\
	  .generate = (generate_) }

/** proc_register() - the @nr files at @files are there from now on; once. */
void proc_register(struct proc_file *files, size_t nr);

/** proc_init() - the files about the machine. */
void proc_init(void);
