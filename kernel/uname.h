// SPDX-License-Identifier: MIT
#pragma once

/*
 * uname(2)'s words, each NUL-terminated, in the order in which it gives them;
 * /proc/version says some of them again.
 */
enum {
	UNAME_SYSTEM, UNAME_NODE, UNAME_RELEASE, UNAME_VERSION, UNAME_MACHINE,
	UNAME_DOMAIN,
};

extern char uname_fields[6][65];
