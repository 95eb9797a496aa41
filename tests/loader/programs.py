# SPDX-License-Identifier: MIT
"""Programs that process 1 cannot be, and some odd ones that it can.

    PROGRAMS[name] = (what makes the file, its arguments, how it ends)

A maker gets the bytes of build/loader/args, a static program for the i386, and
returns those of the file; a path instead of a maker is used as it is.
"""
import struct

REFUSED = 35, r'^main: cannot run ".*": not an ELF program for the i386'
UNUSABLE = 35, r'^main: cannot run ".*": '
TOO_BIG = 35, r'^main: cannot run ".*": out of memory'
MISSING = 35, r'^main: cannot run ".*": it, or what is to load it, is missing'
CRASHES = 35, r'^init was killed by signal 11$'
NO_PAGE = 35, r'^init was killed by signal 7$'

LOAD = 1
OFFSET, VADDR, FILESZ, MEMSZ = 1, 2, 4, 5       # words of a program header


def headers(elf):
    """Of each program header that is loaded: where it is, and its 8 words."""
    phoff, = struct.unpack_from('<I', elf, 28)
    phnum, = struct.unpack_from('<H', elf, 44)
    for at in range(phoff, phoff + 32 * phnum, 32):
        words = struct.unpack_from('<8I', elf, at)
        if words[0] == LOAD:
            yield at, words


def loaded(elf):
    """How many bytes of the file are mapped; what follows is for debuggers."""
    return max(words[OFFSET] + words[FILESZ] for _, words in headers(elf))


def cut(size):
    """The first bytes; counted from the end of what is mapped if not > 0."""
    return lambda elf: elf[:size if size > 0 else loaded(elf) + size]


def header(offset, layout, value):
    def make(elf):
        elf = bytearray(elf)
        struct.pack_into(layout, elf, offset, value)
        return elf
    return make


def last_segment(**words):
    """Sets words of the last header; an address keeps its bits below a page."""
    def make(elf):
        elf = bytearray(elf)
        at, old = list(headers(elf))[-1]
        for name, value in words.items():
            word = globals()[name.upper()]
            if word in (OFFSET, VADDR):
                value |= old[word] & 0xfff
            struct.pack_into('<I', elf, at + 4 * word, value)
        return elf
    return make


def misaligned(elf):
    elf = bytearray(elf)
    at, old = list(headers(elf))[-1]
    struct.pack_into('<I', elf, at + 4 * VADDR, old[VADDR] ^ 1)
    return elf


def nothing_loaded(elf):
    elf = bytearray(elf)
    for at, _ in headers(elf):
        struct.pack_into('<I', elf, at, 4)
    return elf


def runs(count, size):
    """args has to count as many arguments and bytes of them."""
    return 33, rf'^args: {count} arguments, {size} bytes, then NULL$'


def args(path, *rest):
    return runs(1 + len(rest), len(path) + 1 + sum(len(a) + 1 for a in rest))


ARGS = 'build/loader/args'
PIE = 'build/loader/args-pie'
SIXTY = [str(i) for i in range(60)]
LONG = 'x' * 3000

PROGRAMS = {
    'empty': (lambda elf: b'', '', REFUSED),
    'text': (lambda elf: b'echo hello\n' * 20, '', REFUSED),
    'script': (lambda elf: b'#!/bin/sh\necho hello\n' * 20, '', MISSING),
    'script-blank': (lambda elf: b'#! \t\necho hello\n', '', REFUSED),
    'zeros': (lambda elf: bytes(10000), '', REFUSED),
    **{f'cut-{size}': (cut(size), '', REFUSED)
       for size in (1, 4, 51, 52, 53, 84)},
    **{f'cut-{size}': (cut(size), '', NO_PAGE)
       for size in (4095, 4096, 100000)},
    'cut-data': (cut(-5000), '', NO_PAGE),
    'cut-last-byte': (cut(-1), '', CRASHES),
    'cut-symbols': (cut(0), '', (33, r'^args: 1 arguments, ')),
    '64-bit': ('/bin/true', '', REFUSED),
    'dynamic': ('build/loader/args-dynamic', '', MISSING),
    'object': ('build/loader/args.o', '', REFUSED),
    'big-endian': (header(5, 'B', 2), '', (33, r'^args: 1 arguments, ')),
    'arm': (header(18, '<H', 40), '', REFUSED),
    'core': (header(16, '<H', 4), '', REFUSED),
    'phoff-wraps': (header(28, '<I', 0xfffffff0), '', REFUSED),
    'phnum-0': (header(44, '<H', 0), '', REFUSED),
    'phnum-65535': (header(44, '<H', 65535), '', REFUSED),
    'phentsize-1': (header(42, '<H', 1), '', REFUSED),
    'nothing-loaded': (nothing_loaded, '', CRASHES),
    'entry-0': (header(24, '<I', 0), '', CRASHES),
    'entry-kernel': (header(24, '<I', 0xc0100000), '', UNUSABLE),
    'asks-2G': (last_segment(memsz=0x80000000), '', TOO_BIG),
    'asks-3G': (last_segment(memsz=0xc0000000), '', UNUSABLE),
    'asks-4G': (last_segment(memsz=0xffffffff), '', UNUSABLE),
    'file-3G': (last_segment(memsz=0xb0000000, filesz=0xb0000000), '',
                TOO_BIG),
    'file-over-memory': (last_segment(memsz=1), '', UNUSABLE),
    'offset-wraps': (last_segment(offset=0xfffff000), '', NO_PAGE),
    'at-0': (last_segment(vaddr=0), '', UNUSABLE),
    'at-kernel': (last_segment(vaddr=0xc0000000), '', UNUSABLE),
    'at-end': (last_segment(vaddr=0xfffff000), '', UNUSABLE),
    'at-stack': (last_segment(vaddr=0xbfff0000), '', (35, r'^(main|init) ')),
    'over-code': (last_segment(vaddr=0x08049000), '', CRASHES),
    'misaligned': (misaligned, '', UNUSABLE),

    'static': (ARGS, '', args(ARGS)),
    'static-pie': (PIE, '', args(PIE)),
    'arguments-60': (ARGS, ' '.join(SIXTY), args(ARGS, *SIXTY)),
    'pie-arguments-60': (PIE, ' '.join(SIXTY), args(PIE, *SIXTY)),
    'arguments-200': (ARGS, 'y ' * 200, args(ARGS, *['y'] * 200)),
    'argument-3000': (ARGS, LONG, args(ARGS, LONG)),
    'argument-6000': (ARGS, 2 * LONG,
                      (33, r'^warning: multiboot: a command line of 6018 ')),
    'arguments-blanks': (ARGS, '  a,b   c  ', args(ARGS, 'a,b', 'c')),
}

# Command lines of the kernel: how the machine ends (None: it runs on), what is
# said, and what is not.  128 MiB, and the tour as process 1.
ENDS_WELL = r'^init exited with status 0$'
COMMAND_LINES = {
    'mem=4M': (33, r'^memblock: 3 MiB of RAM, ', None),
    'mem=64M': (33, r'^memblock: 63 MiB of RAM, ', None),
    'mem=3000K': (33, r'^memblock: RAM 00100000-002edfff, 1976 KiB', None),
    'mem=8G': (33, r'^memblock: 127 MiB of RAM, ', r'^warning|left unused'),
    'mem=0': (33, r'^warning: init: mem=0 is no size .*: ignored', 'unused'),
    'mem=abc': (33, r'^warning: init: mem=abc is no size .*: ignored',
                'unused'),
    'mem=64M mem=32M': (33, r'^memblock: 31 MiB of RAM, ', None),
    'loglevel=0': (33, ENDS_WELL, r'^(main|memblock|zone):'),
    'loglevel=8': (33, r'^zone: ', None),
    'loglevel=9': (33, r'^warning: main: loglevel=9 is none of 0 to 8', None),
    'quiet': (33, ENDS_WELL, r'^(main|memblock|zone):|the 4 GiB of this'),
    'halt': (None, r'^init exited with status 0\nhalted$', None),
    'crash=unknown': (33, r'^error: crash: there is no crash=unknown', None),
    'test=kmalloc.kfree*': (33, r'^1\.\.1\nok 1 - kmalloc\.kfree_of_null',
                            r'^ok 2|Hello'),
    'test=ktap': (33, r'^1\.\.3$', r'^not ok'),
    'test=ktap fail=expect': (
        35, r'^not ok \d - ktap\.a_false_expectation_fails$', r'^1\.\.0'),
    'test=ktap fail=leak': (
        35, r'^# free pages: .*\n(#.*\n)*not ok \d - ktap\.a_lost_page_fails$',
        r'^not ok .*expect'),
    'test=nothing.*': (35, r'^1\.\.0\n# nothing matches nothing\.\*$',
                       r'^ok|Hello'),
}
