# SPDX-License-Identifier: MIT
"""What the kernel has to say when it is crashed on purpose (crash=NAME).

NAME: the builds that have this crash, and what its report has to contain, as
regular expressions of lines.  Each crash must also end the machine through
isa-debug-exit with 0x12, which makes QEMU's status 37.
"""

BOTH = ('debug', 'release')
DEBUG = ('debug',)


def oops(exception, vector):
    return rf'^\*\*\* oops: .*: {exception} \(vector {vector}, error code '


def panic(words):
    return rf'^\*\*\* panic: .*{words}'


def page_fault(address, error, words):
    """The headline, CR2 and the error code decoded, and the walk of CR2."""
    return (oops('page fault', 14),
            rf'^CR2 {address}, error code {error}: {words}',
            rf'^walk of {address}: cr3 [0-9a-f]+$',
            r'^  pgd\[ *\d+\] = [0-9a-f]{8}')


def trace(function):
    """A line of the backtrace; release builds mark what may be stale."""
    return rf'^  \[[0-9a-f]{{8}}\] (\? )?{function}[.\w]*\+(0|0x[0-9a-f]+)$'


REGISTERS = (r'^eip [0-9a-f]{8} cs [0-9a-f]{4} eflags [0-9a-f]{8}',
             r'^eax [0-9a-f]{8} ebx [0-9a-f]{8}')
TEXT = 'c01[0-9a-f]{5}'         # the image lies at 3 GiB + 1 MiB

# What mm_check() is lied to about, and who of it has to see that.
CHECKS = {
    'buddy': 'zone_check', 'hot': 'buddy_check', 'slab': 'slab_check',
    'directmap': 'directmap_check', 'fixmap': 'fixmap_check',
    'highmem': 'highmem_check', 'vmalloc': 'vmspace_check',
    'guard': 'vmspace_check', 'vma': 'vma_check', 'mm': 'mm_check_one',
    'pgtable': 'pgtable_check', 'freed': 'pgtable_check',
    'sched': 'sched_check', 'timer': 'timer_check',
}

REPORTS = {
    'null': (BOTH, (*page_fault('0{7}8', '0', 'read of a page that is not '
                                'present in kernel mode, a null pointer'),
                    *REGISTERS, trace('crash_null'), '^thread main$')),
    'text': (BOTH, (*page_fault(TEXT, '0x3', 'write forbidden by the entry '
                                'in kernel mode, a kernel address'),
                    *REGISTERS, trace('crash_text'))),
    'rodata': (BOTH, (*page_fault(TEXT, '0x3', 'write forbidden by the entry '
                                  'in kernel mode, a kernel address'),
                      *REGISTERS, trace('crash_rodata'))),
    'jump': (BOTH, (*page_fault('f8400000', '0', 'read of a page that is not '
                                'present in kernel mode, a kernel address'),
                    *REGISTERS, trace('crash'))),
    'user': (BOTH, (*page_fault('08048000', '0x2', 'write of a page that is '
                                'not present in kernel mode, a user address'),
                    *REGISTERS, trace('crash_user'), trace('crash'),
                    r'^thread main, area 08048000-08049000 r--p$')),
    'kmap-depth': (BOTH, (panic('assertion failed: level < KMAP_ATOMIC_DEPTH'),
                          trace('crash_kmap_depth'))),
    'vmalloc': (BOTH, (*page_fault('ff7fd000', '0x2', 'write of a page that '
                                   'is not present in kernel mode, a kernel '
                                   'address'),
                       *REGISTERS, trace('crash_vmalloc'), trace('crash'))),
    'irq': (BOTH, (*page_fault('0{7}8', '0', 'read of a page that is not '
                               'present in kernel mode, a null pointer'),
                   *REGISTERS, trace('crash_null'),
                   r'^  --- interrupt \(vector 32\) in kernel mode, at\n' +
                   trace('crash_irq') + r'\n' + trace('crash'))),
    'stack': (BOTH, (oops('double fault', 8),
                     r'^\*\*\* oops: kernel stack overflow',
                     *REGISTERS, r'^walk of ',
                     trace('crash_stack_deeper') + r'\n' +
                     trace('crash_stack_deeper'))),
    'divide': (BOTH, (oops('divide error', 0), *REGISTERS,
                      trace('crash_divide'))),
    'panic': (BOTH, (panic('crash: as asked'), trace('crash_panic'))),
    'assert': (DEBUG, (panic('assertion failed: two \\+ two == 5'),
                       trace('crash_assert'))),
    'redzone': (DEBUG, (panic('written behind its end'),
                        trace('crash_redzone'))),
    'slab-uaf': (DEBUG, (panic('written after it was freed'),
                         trace('crash_slab_uaf'))),
    'double-free': (DEBUG, (panic('double free'),
                            trace('crash_double_free'))),
    'sleep': (DEBUG, (panic('assertion failed: !in_atomic'),
                      trace('crash_sleep'))),
    'deadlock': (DEBUG, (panic('assertion failed: !spin_held'),
                         trace('crash_deadlock'))),
    'unlock': (DEBUG, (panic('assertion failed: spin_held'),
                       trace('crash_unlock'))),
    'mutex-twice': (DEBUG, (panic('assertion failed: !mutex_is_held'),
                            trace('crash_mutex_twice'))),
    'mutex-unlock': (DEBUG, (panic('assertion failed: mutex_is_held'),
                             trace('crash_mutex_unlock'))),
    'kmap-order': (DEBUG, (panic('assertion failed: va == atomic_slot'),
                           trace('kunmap_atomic_check'),
                           trace('crash_kmap_order'))),
    'kunmap-twice': (DEBUG, (panic('assertion failed: .*nr_users'),
                             trace('crash_kunmap_twice'))),
    'kmap-kept': (DEBUG, (panic('return to user mode with preempt_count 1: '
                                'a lock or a kmap_atomic slot was kept'),)),
    **{f'sleep-{call}': (DEBUG, (panic('assertion failed: .*!in_atomic'),
                                 trace(f'crash_sleep_{call}')))
       for call in ('mutex', 'pages', 'kmalloc', 'vmalloc', 'kmap',
                    'uaccess')},
    **{f'check-{lie}': (DEBUG, (panic('assertion failed: '), trace(check),
                                trace('mm_check'), trace('crash_check')))
       for lie, check in CHECKS.items()},
}
