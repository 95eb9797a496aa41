# SPDX-License-Identifier: MIT
"""Each `atlas` command prints what is true, from reset to a user page fault.

Run by tests/run inside gdb, at a machine that is stopped at reset, with
tools/gdb/atlas.py loaded and build/user/tour as process 1.  Prints KTAP.
"""
import re

import gdb

count = 0


def ok(condition, name, *notes):
    global count
    count += 1
    if not condition:
        for note in notes:
            for line in str(note).rstrip().split('\n'):
                print(f'# {line}')
    print(f"{'ok' if condition else 'not ok'} {count} - gdb.{name}")


def run(command):
    """What a command prints, or its error message."""
    try:
        return gdb.execute(command, to_string=True)
    except gdb.error as error:
        return f'error: {error}'


def says(name, command, *patterns):
    """One test: the output has every pattern."""
    text = run(command)
    missing = [p for p in patterns if not re.search(p, text, re.MULTILINE)]
    ok(not missing and not text.startswith('error:'), name,
       f'({command}) lacks {missing}:', text)
    return text


def number(expression):
    return int(gdb.parse_and_eval(expression)) & 0xffffffff


def go_to(where, condition=''):
    point = gdb.Breakpoint(where, internal=True)
    point.silent = True
    point.condition = condition or None
    gdb.execute('continue', to_string=True)
    point.delete()


# At reset: paging is off, and the kernel's memory is not there yet.
lines = run('atlas')
ok('break page_fault' in lines, 'atlas_says_how_to_begin', lines)
for name in re.findall(r'^  atlas (\w+)', lines, re.MULTILINE):
    says(f'{name}_has_help', f'help atlas {name}', rf'^atlas {name}.* - \w+')
says('pgwalk_knows_that_paging_is_off', 'atlas pgwalk 0x100000',
     'paging is off')
ok('usage: atlas pgwalk ADDRESS' in run('atlas pgwalk'),
   'a_missing_argument_gets_the_usage')

# In the first lines of C: the page directory of the boot.
go_to('kernel_main')
says('pgwalk_shows_a_large_page', 'atlas pgwalk &kernel_pgd',
     r'^CR3 +0x', r'^  pgd\[768\] +at 0x\w+: 0x\w+  present kernel only',
     r'^  physical +0x001\w{5}, frame 0x1\w\w$',
     r'^  user read +faults, error 0x5: pgd\[768\] is for the kernel only',
     r'^  kernel read +succeeds')
ok('no program has started' in run('atlas vmas'),
   'vmas_says_that_no_program_runs')
ok('no page fault is being handled' in run('atlas fault'),
   'fault_says_that_there_is_none')

# The kernel copies to user memory that is not there yet: a fault of its own.
go_to('page_fault', '(frame->cs & 3) == 0')
says('fault_decodes_one_of_the_kernel', 'atlas fault',
     r'^  error +0x[02]: kernel (read|write), the page is not present',
     r'^  area +hit: ')
says('bt_crosses_a_trap_in_the_kernel', 'bt',
     r'^#0 +page_fault \(', r'^#1 +<signal handler called>',
     r'^#[2-9].* (exec_init|sys_\w+) \(', r'^#\d+ .*thread_entry_kernel')

# The tour touches a page that it has mapped.
go_to('page_fault', '(frame->cs & 3) == 3 && '
      '(unsigned int)$cr2 - 0x40000000 < 0x78000000')
says('fault_decodes_one_of_a_program', 'atlas fault',
     r'^  CR2 +0xb[67]\w{6}', r'^  error +0x[46]: user (read|write), the page',
     r'^  eip +0x0\w+ \w+\+0x\w+', r'^  area +hit: b7\w+-b[78]\w+ rw-p',
     r'^  kind +(DEMAND_ZERO|ZERO_PAGE): fault_(demand_zero|zero_page)')
says('bt_crosses_from_the_handler_to_the_program', 'bt',
     r'^#0 +page_fault \(', r'^#1 +<signal handler called>',
     r'^#2 +\w+ \(.*\) at user/tour\.c:\d+$',
     r'^#\d+ +(0x\w+ in )?main \(.*\) at user/tour\.c')
says('pgwalk_says_why_it_faulted', 'atlas pgwalk $cr2',
     r'^  user write +faults, error 0x6: (pgd|pte)\[\d+\] is not present')
says('vmas_lists_the_areas_of_the_program', 'atlas vmas',
     r'^  mm at 0x\w+: \d+ areas', r'^  08\w+-08\w+ r-xp', r'^  b7\w+-b[78]',
     r'^  bf\w+-bffff000 rw-p .* stack$')
says('vmas_takes_a_process', 'atlas vmas 1', r'^  08\w+-08\w+ r-xp')
ok('no process 77' in run('atlas vmas 77'), 'vmas_knows_who_is_there')
says('pagecache_counts_what_the_kernel_counts', 'atlas pagecache',
     r'^ +mapping  device', r'^  (\d+) pages of \d+ mappings; '
     r'nr_cached_pages is \1$')
says('rmap_finds_an_entry', 'atlas rmap *(unsigned int *)((cpus[0].mm->pgtable'
     '.pgd[0xbfffe000 >> 22].raw & ~4095) + 0xc0000000 + '
     '(0xbfffe000 >> 12 & 1023) * 4) >> 12',
     r'^  process 1 at 0xbfffe000 rw$', r'is in 1 entries')
says('ps_shows_who_runs', 'atlas ps', r'^  -> +1 +0  RUNNABLE .* tour$')
says('tasks_is_ps', 'atlas tasks', r'^  -> +1 +0  RUNNABLE .* tour$')
text = says('meminfo_gives_each_frame_a_role', 'atlas meminfo',
            r'^  private to programs +[1-9]', r'^  page tables +[1-9]')
ok('but' not in text, 'meminfo_adds_up', text)
says('layout_has_the_sizes_of_this_boot', 'atlas layout',
     r'0xc0000000 - 0xf8000000 +896 MiB  direct map',
     r'0xf8000000 - 0xf8800000 +8 MiB  hole', r'the kernel image',
     r'^RAM ends at 0x5\w+: 63\d\.\d MiB of it lie above')
says('zones_shows_three', 'atlas zones', r'^  DMA +0x000000 - 0x001000 ',
     r'^  Normal +0x001000 - 0x038000 ', r'^  HighMem +0x038000 - 0x05ff')
text = says('buddy_counts_what_the_zone_counts', 'atlas buddy',
            r'^  order +0 .* 10 +pages$', r'^  HighMem( +\d+){12}$')
ok('wrong' not in text, 'buddy_finds_nr_free_right', text)
says('slabs_lists_caches', 'atlas slabs', r'^  kmalloc-64 +64 ',
     r'^  vma +\d+ +\d+ +[1-9]')
says('vmalloc_walks_to_the_end', 'atlas vmalloc',
     r'^  0xf8800000-0x\w+ +12 KiB  ram 2 pages, by stack_alloc\+',
     r'^  0x\w+-0xff7fe000 .* free$')
says('page_tells_low_memory', 'atlas page $cr3 >> 12', r'direct map',
     r'refs +1')
says('page_tells_high_memory', 'atlas page max_low_pfn', r'highmem|kmap')
ok('is not RAM' in run('atlas page max_pfn'), 'page_refuses_what_is_not_RAM')
says('fixmap_counts_its_slots', 'atlas fixmap', r'^  \d+ slots from 0xffffe000')
says('pkmap_counts_its_slots', 'atlas pkmap', r'1024 empty|slot +\d+ +0xff8')

# The stages of this fault, which is at its second, and the first of another.
address = number('$cr2')
for name, stage, pattern in (
        ('looks_for_the_area', '3/7 vma', 'it hits is b7'),
        ('decides', '4/7 classify', '(DEMAND_ZERO|ZERO_PAGE): '),
        ('calls_the_handler', '5/7 handler', r'fault_\w+\(\) is called'),
        ('sets_the_entry', '6/7 entry set', r'pte\[\d+\] = 0x\w+: present'),
        ('returns', '7/7 iret', r'back to 0x0\w+, with pte'),
        ('waits_for_the_next', '1/7 CPU', r'access to 0x\w+ by')):
    says(f'faultstep_{name}', 'atlas faultstep', rf'^  {stage}: .*{pattern}')
says('pgwalk_says_why_it_will_not_fault_again', f'atlas pgwalk {address}',
     r'^  user read +succeeds', r'^  physical')

# Where no lock is held, the kernel can check itself.
go_to('fault_handle')
says('check_runs_every_check', 'atlas check', 'every invariant holds')
print(f'1..{count}')
