#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""symbols - make the kernel's table of its own function names.

Reads `nm -n` of the linked kernel and writes assembler source, whose format
lib/symbols.c describes.  With empty input it writes an empty table, for the
first link.

    nm -n atlas.elf | tools/symbols.py > symbols.S
"""
import collections
import sys


def functions(lines):
    """Yield (address, name) where functions start, '' where they stop.

    At an address with several names the first function's counts.  What gcc
    appends to the name of a clone (f.constprop.0) is left out.
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
            yield addr, name if name.endswith(".cold") else name.split(".")[0]
            in_hole = not name


def uleb128(number):
    """Encode a number: short distances short, all long ones in five bytes.

    So the table's size does not depend on how far apart two sections are,
    which the table itself can change.
    """
    length = 1 if number < 0x80 else 2 if number < 0x4000 else 5
    return [(number >> 7 * i & 0x7f) | (0x80 if i < length - 1 else 0)
            for i in range(length)]


def pack(text):
    """Pairs of bytes that are frequent become one byte that is not in the text.

    NULs end the names: a pair may have one at its end, but none within.
    Returns the pair of each byte, None for one that stands for itself; the
    text in terms of them; and which bytes stand for something that ends in NUL.
    """
    pairs = [None] * 256
    ends = {0}
    for byte in sorted(set(range(256)) - set(text) - ends):
        counts = collections.Counter(zip(text, text[1:]))
        best = max((pair for pair in counts if pair[0] not in ends),
                   key=lambda pair: (counts[pair], pair), default=None)
        if not best or counts[best] < 3:
            break
        text = text.replace(bytes(best), bytes([byte]))
        pairs[byte] = best
        if best[1] in ends:
            ends.add(byte)
    return pairs, text, ends


def split(text, ends):
    """The packed names, each with what ends it."""
    name = []
    for byte in text:
        name.append(byte)
        if byte in ends:
            yield name
            name = []


def show(numbers):
    if numbers:
        print("\t.byte " + ", ".join("%#04x" % number for number in numbers))


def main():
    print("# Made by tools/symbols.py.")
    print("\t.section .rodata.symbols_table, \"a\"")
    print("\t.globl symbols_table")
    print("symbols_table:")
    found = list(functions(sys.stdin))
    pairs, text, ends = pack(b"".join(name.encode() + b"\0"
                                      for _, name in found))
    for pair in pairs:
        show(pair or [0, 0])
    before = 0
    for (addr, _), name in zip(found, split(text, ends)):
        show(uleb128(addr - before) + name)
        before = addr
    show([0])
    print("\t.section .note.GNU-stack, \"\", @progbits")


if __name__ == "__main__":
    main()
