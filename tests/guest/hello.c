// SPDX-License-Identifier: MIT
/*
 * hello - an ordinary static program starts, speaks and ends.
 *
 * Promises: the process entry is as the i386 ABI and Linux give it (aligned
 * stack, argc, argv, environment, auxiliary vector that tells the truth),
 * initialised data has its values, bss is zero, constructors ran, and libc's
 * printf works with integers, strings, 64 bits, floating point and long lines.
 */
#include "tests/guest/guest.h"

#include <cpuid.h>
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

extern char **environ;
extern char _start[], __executable_start[], etext[], edata[], end[];

static int initialised[4096] = { [0] = 7, [4095] = 11 };
static int zeroed[65536];
static bool constructed;
static const uint32_t *raw_auxv;

__attribute__((constructor)) static void construct(void)
{
	constructed = true;
}

static void check_entry(int argc, char **argv)
{
	const uintptr_t entry_esp = (uintptr_t)argv - 4;
	const uint32_t *auxv;
	char **env = environ;

	check(argc == 1 && !argv[1], "argc counts argv, which ends in NULL");
	check(argv[0] && strstr(argv[0], "hello"), "argv[0] names the program");
	check(env == argv + argc + 1, "the environment follows argv");
	while (*env)
		env++;
	auxv = raw_auxv = (const uint32_t *)(env + 1);
	check(getauxval(AT_PAGESZ) == PAGE, "the auxiliary vector follows it");
	while (auxv[0] != AT_NULL)
		auxv += 2;
	check(auxv[0] == AT_NULL, "and ends in AT_NULL");
	check(entry_esp % 16 == 0, "the stack at entry is aligned to 16 bytes");
	check(*(int *)entry_esp == argc, "its first word is argc");
	check(entry_esp < USER_TOP, "it lies below 3 GiB");
}

static void check_auxv(void)
{
	const Elf32_Phdr *phdr = (const void *)getauxval(AT_PHDR);
	const Elf32_Ehdr *ehdr = (const void *)__executable_start;
	const uint8_t *random = (const void *)getauxval(AT_RANDOM);
	const char *platform = (const void *)getauxval(AT_PLATFORM);
	unsigned int eax, ebx, ecx, edx;
	const uint32_t *auxv;
	uint8_t sum = 0;

	check(getauxval(AT_ENTRY) == (uintptr_t)_start, "AT_ENTRY is _start");
	check((uintptr_t)phdr == (uintptr_t)ehdr + ehdr->e_phoff &&
	      getauxval(AT_PHNUM) == ehdr->e_phnum &&
	      getauxval(AT_PHENT) == sizeof(Elf32_Phdr),
	      "AT_PHDR, AT_PHNUM and AT_PHENT name the program headers");
	check(random != NULL, "AT_RANDOM points to 16 bytes");
	for (int i = 0; random && i < 16; i++)
		sum |= random[i];
	check(sum != 0, "that are not all zero");
	check(getauxval(AT_BASE) == 0, "AT_BASE is 0 without an interpreter");
	expect(getauxval(AT_CLKTCK), 100, "AT_CLKTCK is 100");
	expect(getauxval(AT_SECURE), 0, "AT_SECURE is 0");
	check(getauxval(AT_UID) == getauxval(AT_EUID) &&
	      getauxval(AT_GID) == getauxval(AT_EGID),
	      "the effective user and group are the real ones");
	check(platform && strcmp(platform, "i686") == 0,
	      "AT_PLATFORM is i686");
	__cpuid(1, eax, ebx, ecx, edx);
	for (auxv = raw_auxv; *auxv != AT_NULL && *auxv != AT_HWCAP;)
		auxv += 2;
	/* Not by getauxval: libc keeps a word of its own in that place. */
	check(auxv[0] == AT_HWCAP && auxv[1] & bit_FXSAVE &&
	      (auxv[1] & ~edx) == 0, "AT_HWCAP is of CPUID's features");
}

static void check_data(void)
{
	bool zero = true;

	check(initialised[0] == 7 && initialised[1] == 0 &&
	      initialised[4095] == 11, "initialised data has its values");
	for (size_t i = 0; i < sizeof(zeroed) / sizeof(zeroed[0]); i++)
		zero &= zeroed[i] == 0;
	check(zero, "bss is zero");
	zeroed[100] = initialised[1] = 3;
	check(zeroed[100] + initialised[1] == 6, "and both can be written");
	check(constructed, "constructors ran before main");
	check((uintptr_t)etext < (uintptr_t)edata &&
	      (uintptr_t)edata <= (uintptr_t)end,
	      "text lies below data, data below bss");
	check((uintptr_t)sbrk(0) >= (uintptr_t)end,
	      "the break begins behind bss");
}

static void check_printf(void)
{
	static char text[8192];
	volatile double third = 1.0 / 3;
	int n;

	printf("# %s %d %u %#x %o %c %5d|%-5d|%05d %%\n", "text", -42,
	       4000000000u, 0xbeef, 8, 'x', 12, 12, 12);
	printf("# %lld %llu %.6f %e %g %a\n", -1234567890123456789ll,
	       18446744073709551615ull, third, third * 1e10, 1e-7, 0.5);
	n = snprintf(text, sizeof(text), "%s %.3f", "pi is", 3.14159265);
	check(n == 11 && strcmp(text, "pi is 3.142") == 0, "snprintf rounds");
	check(strtod("2.5e3", NULL) == 2500.0 && atoi("-17") == -17,
	      "strtod and atoi read numbers");
	for (int i = 0; i < 6000; i++)
		text[i] = 'a' + i % 26;
	text[6000] = 0;
	n = printf("# %s\n", text);
	expect(n, 6003, "a line of 6000 characters goes out whole");
}

int main(int argc, char **argv)
{
	guest_start(argv);
	printf("# Hello from a static C program.\n");
	check_entry(argc, argv);
	check_auxv();
	check_data();
	check_printf();
	check(getenv("NO_SUCH_VARIABLE") == NULL, "getenv finds what is there");
	return guest_end();
}
