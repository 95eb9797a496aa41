# SPDX-License-Identifier: MIT
"""What the kernel has to say when it is crashed on purpose (crash=NAME).

NAME: the builds that have this crash, and what its report has to contain.
Each must also end the machine through isa-debug-exit with 0x12.
"""

BOTH = ('debug', 'release')
DEBUG = ('debug',)
FAULT = r'(?i)page fault'


def fault(address, *words):
    """A page fault: CR2, the decoded error code, the walk of the tables."""
    return (FAULT, rf'(?i)cr2.*{address}', *words, r'(?i)pgd')


def trace(function):
    """A symbolised line of the backtrace."""
    return rf'\b{function}\+0x[0-9a-f]+'


REPORTS = {
    'null': (BOTH, fault('0000', r'(?i)not present', r'(?i)read',
                         trace('crash_null'))),
    'text': (BOTH, fault('c0', r'(?i)read-only|protection', r'(?i)write',
                         trace('crash_text'))),
    'rodata': (BOTH, fault('c0', r'(?i)read-only|protection', r'(?i)write',
                           trace('crash_rodata'))),
    'jump': (BOTH, (FAULT, trace('crash_jump'))),
    'stack': (BOTH, (r'(?i)double fault', r'(?i)stack',
                     trace('crash_stack'))),
    'divide': (BOTH, (r'(?i)divide', trace('crash_divide'))),
    'assert': (DEBUG, (r'(?i)assert', trace('crash_assert'))),
    'slab-uaf': (DEBUG, (r'(?i)use after free', trace(r'crash_\w+'))),
    'redzone': (DEBUG, (r'(?i)redzone', trace(r'crash_\w+'))),
}
