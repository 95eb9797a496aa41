// SPDX-License-Identifier: MIT
/*
 * string - memory and string functions, as in C, and numbers out of text.
 */
#pragma once

#include "lib/util.h"

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);

size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t max);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);
char *strstr(const char *s, const char *needle);

/**
 * strlcpy() - copy as much of @from as fits into @size bytes, NUL included.
 * Return: strlen(@from); the copy was cut if that is not below @size.
 */
size_t strlcpy(char *to, const char *from, size_t size);

/**
 * parse_uint() - read an unsigned number: decimal, 0x hexadecimal or 0 octal.
 * @end:   where the first character behind it is stored; NULL when the number
 *         must reach to the end of @text
 * @value: written only on success
 *
 * Return: 0; -EINVAL when there is no number, or more behind it than allowed;
 *         -ERANGE when it does not fit.
 */
int parse_uint(const char *text, const char **end, uint64_t *value);

/* The same, with K, M or G behind it (or k, m, g), as powers of 1024. */
int parse_size(const char *text, const char **end, uint64_t *value);

/*
 * -ffreestanding makes the compiler forget these.  Remind it, so that a small
 * constant size becomes a few moves; other sizes still call the functions.
 */
#ifndef HOST_TEST
#define memcpy(to, from, size)	__builtin_memcpy(to, from, size)
#define memset(to, byte, size)	__builtin_memset(to, byte, size)
#endif
