#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""symbols - make the kernel's table of its own function names.

Reads `nm -n` of the linked kernel and writes assembler source, whose format
lib/symbols.c describes.  With empty input it writes an empty table, for the
first link.

    nm -n atlas.elf | tools/symbols.py > symbols.S
"""
import sys


def functions(lines):
    """Yield (address, name) where functions start, '' where they stop.

    At an address with several names the first function's counts.
    """
    names = {}
    for line in lines:
        fields = line.split()
        if len(fields) != 3:
            continue                    # undefined: no address
        addr, kind, name = int(fields[0], 16), fields[1], fields[2]
        name = name if kind in "tTwW" else ""
        names[addr] = names.get(addr) or name

    in_hole = True
    for addr, name in sorted(names.items()):
        if addr and (name or not in_hole):
            yield addr, name
            in_hole = not name


def uleb128(number):
    """Encode a number: short distances short, all long ones in five bytes.

    So the table's size does not depend on how far apart two sections are,
    which the table itself can change.
    """
    length = 1 if number < 0x80 else 2 if number < 0x4000 else 5
    return [(number >> 7 * i & 0x7f) | (0x80 if i < length - 1 else 0)
            for i in range(length)]


def main():
    print("# Made by tools/symbols.py.")
    print("\t.section .rodata.symbols_table, \"a\"")
    print("\t.globl symbols_table")
    print("symbols_table:")
    before = 0
    for addr, name in functions(sys.stdin):
        encoded = ", ".join("%#04x" % byte for byte in uleb128(addr - before))
        print("\t.byte %s\n\t.asciz \"%s\"" % (encoded, name))
        before = addr
    print("\t.byte 0")
    print("\t.section .note.GNU-stack, \"\", @progbits")


if __name__ == "__main__":
    main()
