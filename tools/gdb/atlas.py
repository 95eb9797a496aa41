# SPDX-License-Identifier: MIT
"""gdb's commands for Atlas: one for each structure that one draws on paper.

    gdb -nx -ex 'target remote ...' -x tools/gdb/atlas.py build/debug/atlas.elf

`make debug` does that.  They only look, but for faultstep (which runs on) and
check (which calls mm_check() inside the kernel).  Constants such as PAGE_OFFSET
are read from the headers, where they live; everything else from the debug
information and the memory of the machine.

Page tables are read by physical address through QEMU, so that pgwalk works
before paging is on, and on tables that are broken.
"""
import os
import re
import struct

import gdb

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..')
PAGE = 4096


# ------------------------------------------------------------------ the kernel

def read_constants(*headers):
    """The #defines that are plain arithmetic over each other."""
    bodies = {}
    for header in headers:
        with open(os.path.join(ROOT, header)) as file:
            text = file.read().replace('\\\n', ' ')
        for name, body in re.findall(r'^#define\s+(\w+)[ \t]+(.+?)$', text,
                                     re.MULTILINE):
            body = re.sub(r'/\*.*?(\*/|$)', '', body)
            bodies[name] = re.sub(r'\b(0x[0-9A-Fa-f]+|\d+)[uUlL]+\b', r'\1',
                                  body).strip()
    values = {}
    for name in list(bodies) * 3:       # one may be defined below its user
        try:
            values[name] = eval(bodies[name], {'__builtins__': {}},
                                values) & 0xffffffff
        except (NameError, SyntaxError, TypeError):
            pass                # not yet, or not a number
    return values


C = read_constants('x86/mmu.h', 'mm/layout.h', 'mm/page.h', 'mm/pgtable.h',
                   'x86/trap.h')


def value(expression):
    return gdb.parse_and_eval(expression)


def number(expression):
    return int(value(expression)) & 0xffffffff


def address_of(symbol):
    return number(f'(unsigned int)&{symbol}')


def register(name):
    """A register, or 0 where this gdb and QEMU do not know it."""
    try:
        return number(f'${name}')
    except gdb.error:
        return 0


def in_user_mode():
    return register('cs') & 3 == 3


def symbol_at(address):
    """name+0x12, or nothing."""
    text = gdb.execute(f'info symbol {address:#x}', to_string=True)
    match = re.match(r'(\S+)(?: \+ (\d+))? in section', text)
    return f'{match[1]}+{int(match[2] or 0):#x}' if match else ''


def offset_of(kind, member):
    """In bytes; also of a member of an anonymous union.  None: there is none."""
    for field in kind.fields():
        if field.name == member:
            return field.bitpos // 8
        inner = None if field.name else offset_of(field.type, member)
        if inner is not None:
            return field.bitpos // 8 + inner
    return None


def container_of(pointer, kind, member):
    kind = gdb.lookup_type(kind)
    return (int(pointer) - offset_of(kind, member), kind)


def entry(pointer, kind, member):
    """The struct `kind` whose field `member` lies at `pointer`."""
    address, kind = container_of(pointer, kind, member)
    return gdb.Value(address).cast(kind.pointer()).dereference()


def each_in_list(head, kind, member, limit=100000):
    node = head['next']
    for _ in range(limit):
        if int(node) == int(head.address):
            return
        yield entry(node, kind, member)
        node = node['next']
    raise gdb.GdbError(f'the list at {head.address} has no end')


def each_in_tree(root, kind, member):
    """In order.  A stack, not recursion: a broken tree may be deep."""
    above, node = [], root['node']
    while above or int(node):
        while int(node):
            above.append(node)
            node = node['left']
        node = above.pop()
        yield entry(node, kind, member)
        node = node['right']


def kib(count):
    """Bytes in words."""
    for unit, size in (('GiB', 1 << 30), ('MiB', 1 << 20), ('KiB', 1 << 10)):
        if count >= size:
            text = f'{count / size:.1f}'
            return f"{text[:-2] if text.endswith('.0') else text} {unit}"
    return f'{count} B'


# -------------------------------------------------------------------- commands

COMMANDS = []


def command(name, *aliases):
    """Makes `atlas NAME` of a function; its doc string is the help text."""
    def make(function):
        class Command(gdb.Command):
            __doc__ = function.__doc__

            def __init__(self, word):
                super().__init__(f'atlas {word}', gdb.COMMAND_DATA)

            def invoke(self, text, _from_tty):
                wants = function.__code__.co_argcount   # 0, or an expression
                may_lack = bool(function.__defaults__)
                if bool(text) != bool(wants) and (text or not may_lack):
                    raise gdb.GdbError('usage: ' + usage)
                try:
                    function(*[text] * (1 if text else 0))
                except gdb.MemoryError as error:
                    raise gdb.GdbError(f'{name}: {error} (not set up yet?)') \
                        from None

        usage = function.__doc__.split('\n')[0].split(' - ')[0]
        for word in (name, *aliases):
            Command(word)
        COMMANDS.append(function.__doc__.split('\n')[0])
        return function
    return make


class Atlas(gdb.Command):
    """atlas - what Atlas's memory looks like, in words.

`atlas` alone lists the commands; `help atlas NAME` explains one."""

    def __init__(self):
        super().__init__('atlas', gdb.COMMAND_DATA, prefix=True)

    def invoke(self, text, _from_tty):
        if text:
            raise gdb.GdbError(f'no command "atlas {text}"; type "atlas"')
        print('Atlas: commands, each with "help atlas NAME":\n')
        for line in COMMANDS:
            what, _, why = line.partition(' - ')
            print(f'  {what:22} {why}')
        print("""
To step through the first page fault of process 1:

  break page_fault         the handler
  continue                 the kernel boots; process 1 touches a page
  atlas fault              what the CPU said, and what will be done
  bt                       from the handler across the trap to user code
  atlas vmas               what the program owns
  atlas pgwalk $cr2        why the CPU faulted
  finish                   let the handler work
  atlas pgwalk $cr2        and why it will not again

or `atlas faultstep` again and again for the stages of one fault by name.
""")


Atlas()
gdb.execute('set confirm off')  # the machine is there to be thrown away
gdb.execute('set pagination off')


# ---------------------------------------------------------------- page tables

PTE_BITS = (('PTE_PRESENT', 'present'), ('PTE_WRITE', 'write'),
            ('PTE_USER', 'user'), ('PTE_PWT', 'write-through'),
            ('PTE_PCD', 'uncached'), ('PTE_ACCESSED', 'accessed'),
            ('PTE_DIRTY', 'dirty'), ('PTE_PSE', '4 MiB'),
            ('PTE_GLOBAL', 'global'), ('PTE_WITHHELD', 'withheld'),
            ('PTE_ZERO', 'zero-page'), ('PTE_FILE', 'file'))


def bits(raw, address=0):
    if not raw & C['PTE_PRESENT']:
        if raw == 0:
            return 'empty'
        if address >= C['PAGE_OFFSET']:
            return 'not present, a tag of vmalloc'
        return 'not present' + \
            (', withheld by PROT_NONE' if raw & C['PTE_WITHHELD'] else '')
    words = [word for name, word in PTE_BITS if raw & C[name]]
    if not raw & C['PTE_WRITE']:
        words.insert(1, 'read-only')
    if not raw & C['PTE_USER']:
        words.insert(1, 'kernel only')
    return ' '.join(words)


def read_physical(address, count=4):
    """Memory by physical address, whatever the page tables say."""
    packet = 'maintenance packet Qqemu.PhyMemMode:'
    gdb.execute(packet + '1', to_string=True)
    try:
        gdb.execute('maintenance flush dcache', to_string=True)
        data = gdb.selected_inferior().read_memory(address, count).tobytes()
    finally:
        gdb.execute(packet + '0', to_string=True)
        gdb.execute('maintenance flush dcache', to_string=True)
    return int.from_bytes(data, 'little') if count == 4 else data


class Walk:
    """What the CPU finds for one address: steps = (level, index, at, raw)."""

    def __init__(self, address, directory=None):
        self.steps = []
        self.frame = None       # physical address of the byte, if there is one
        if directory is None:
            directory = register('cr3') & ~0xfff
        index = address >> C['PGD_SHIFT']
        raw = self.step('pgd', index, directory + index * 4)
        if not raw & C['PTE_PRESENT']:
            return
        if raw & C['PTE_PSE']:
            self.frame = raw & 0xffc00000 | address & 0x3fffff
            return
        index = address >> C['PAGE_SHIFT'] & 1023
        raw = self.step('pte', index, (raw & ~0xfff) + index * 4)
        if raw & C['PTE_PRESENT']:
            self.frame = raw & ~0xfff | address & 0xfff

    def step(self, level, index, at):
        raw = read_physical(at)
        self.steps.append((level, index, at, raw))
        return raw

    def why_not(self, write, user):
        """Why an access faults, or None."""
        for level, index, _, raw in self.steps:
            name = f'{level}[{index}]'
            if not raw & C['PTE_PRESENT']:
                return f'{name} is not present'
            if user and not raw & C['PTE_USER']:
                return f'{name} is for the kernel only'
            if write and not raw & C['PTE_WRITE']:
                if user or register('cr0') & 0x10000:
                    return f'{name} is read-only'
        return None


@command('pgwalk', 'pte')
def pgwalk(address):
    """atlas pgwalk ADDRESS - the page-table walk of an address, in words

Reads the tables of the current CR3 as the CPU does, by physical address, and
says for each kind of access whether it would succeed, and if not why.
ADDRESS may be any expression: atlas pgwalk $cr2"""
    address = number(address)
    print(f"{address:#010x} = pgd index {address >> 22}, pte index "
          f"{address >> 12 & 1023}, offset {address & 0xfff:#05x}")
    if not register('cr0') & 0x80000000:
        print('paging is off (CR0.PG = 0): the address is physical')
        return
    print(f"CR3 {register('cr3'):#010x}")
    walk = Walk(address)
    for level, index, at, raw in walk.steps:
        name = f'{level}[{index}]'
        print(f'  {name:10} at {at:#010x}: {raw:#010x}  {bits(raw, address)}')
    if walk.frame is not None:
        print(f'  physical   {walk.frame:#010x}, frame {walk.frame >> 12:#x}')
    for user in (True, False):
        for write in (False, True):
            why = walk.why_not(write, user)
            what = (('user' if user else 'kernel') +
                    (' write' if write else ' read'))
            error = ((C['PF_PRESENT'] if walk.frame is not None else 0) |
                     (C['PF_WRITE'] if write else 0) |
                     (C['PF_USER'] if user else 0))
            print(f'  {what:13}' + (f'faults, error {error:#x}: {why}' if why
                                    else 'succeeds'))


# --------------------------------------------------------------------- layout

@command('layout', 'map')
def layout():
    """atlas layout - the 4 GiB of this boot, with the real addresses and sizes

From the top down.  The borders are constants of mm/layout.h; how much RAM lies
behind the direct map, and where the image ends, this boot decided."""
    low = number('max_low_pfn') * PAGE
    ram = number('max_pfn') * PAGE
    image_start, image_end = (address_of('_kernel_start'),
                              address_of('_kernel_end'))
    rows = (
        (C['FIXADDR_START'], C['FIXADDR_TOP'], 'fixmap'),
        (C['PKMAP_BASE'], C['PKMAP_END'], f"pkmap, {C['PKMAP_SLOTS']} slots"),
        (C['VMALLOC_START'], C['VMALLOC_END'], 'vmalloc'),
        (C['PAGE_OFFSET'] + low, C['VMALLOC_START'], 'hole'),
        (C['PAGE_OFFSET'], C['PAGE_OFFSET'] + low,
         'direct map of physical 0 and up'),
        (image_start, image_end, '  in it: the kernel image'),
        (C['MMAP_MIN_ADDR'], C['TASK_SIZE'],
         'user: program, heap, mmap area, stack'),
        (0, C['MMAP_MIN_ADDR'], 'never mapped'),
    )
    for start, end, what in rows:
        print(f'  {start:#010x} - {end:#010x} {kib(end - start):>10}  {what}')
    if not low:
        print('no RAM yet: the direct map is made a little later in the boot')
    elif ram > low:
        print(f'RAM ends at {ram:#x}: {kib(ram - low)} of it lie above the '
              'direct map (highmem)')
    else:
        print(f'RAM ends at {ram:#x}: all of it lies in the direct map')


# --------------------------------------------------------------------- frames

def flags_of(page):
    raw = int(page['flags'])
    return ' '.join(name[3:].lower() for name, bit in C.items()
                    if name.startswith('PG_') and raw & bit) or '-'


def pfn_of(page):
    return (int(page.address) - number('mem_map')) // page.type.sizeof


@command('page')
def page(pfn):
    """atlas page PFN - the struct page of a frame, and its addresses

PFN is a frame number, or any expression: atlas page $cr3 >> 12"""
    pfn = number(pfn)
    if pfn >= number('max_pfn'):
        raise gdb.GdbError(f"frame {pfn:#x} is not RAM: there are "
                           f"{number('max_pfn'):#x}")
    it = value('mem_map')[pfn]
    print(f"frame {pfn:#x}, physical {pfn * PAGE:#x}, struct page at "
          f"{int(it.address):#x}")
    if pfn < number('max_low_pfn'):
        print(f"  virtual  {C['PAGE_OFFSET'] + pfn * PAGE:#x} (direct map)")
    else:
        kaddr = int(it['kaddr'])
        print('  virtual  ' + (f'{kaddr:#x} (kmap)' if kaddr else
                               'none: highmem that is not mapped'))
    print(f"  flags    {flags_of(it)}")
    print(f"  refs     {int(it['refs'])}, order {int(it['order'])}, "
          f"index {int(it['index'])}")


def zone_list():
    zones = value('zones')
    for i in range(zones.type.range()[1] + 1):
        if int(zones[i]['end']) > int(zones[i]['start']):
            yield zones[i]


@command('zones')
def zones():
    """atlas zones - the zones: their frames, free pages and watermarks

The watermarks are pages: below "low" reclaim begins, below "min" only those
who may use the reserve still get pages."""
    print('  zone      frames                 managed     free   '
          ' min    low   high')
    for zone in zone_list():
        print(f"  {zone['name'].string():8}  "
              f"{int(zone['start']):#08x} - {int(zone['end']):#08x}  "
              f"{int(zone['nr_managed']):9}{int(zone['nr_free']):9}"
              f"{int(zone['min']):7}{int(zone['low']):7}{int(zone['high']):7}")


def hot_count(hot_list):
    count, page = 0, hot_list['first']
    while int(page):
        count, page = count + 1, page['next']
    return count


def roles():
    """How many frames have which role: mem_map, walked as mm/figures.c does."""
    flag = {name: C[f'PG_{name}'] for name in (
        'RESERVED', 'BUDDY', 'PCP', 'MAPPING', 'SLAB', 'LARGE', 'VMALLOC',
        'TABLE', 'ANON')}
    size = gdb.lookup_type('struct page').sizeof
    nr = number('max_pfn')
    frames = gdb.selected_inferior().read_memory(number('mem_map'), nr * size)
    counts = dict.fromkeys([*flag, 'OTHER'], 0)
    pfn = 0
    while pfn < nr:
        flags, order, _, refs = struct.unpack_from('<HBBi', frames, pfn * size)
        role = next((name for name in flag if flags & flag[name]), 'OTHER')
        if role == 'OTHER' and not refs:
            role = 'BUDDY'              # inside a block of a hot list
        count = 1 << order if role in ('BUDDY', 'LARGE') and \
            flags & (flag['BUDDY'] | flag['LARGE']) else 1
        counts[role] += count
        pfn += count
    return counts


@command('meminfo')
def meminfo():
    """atlas meminfo - what all memory is used for, frame by frame

Each frame is asked for its role (mm/page.h), so this holds however broken the
counters are.  The sum is what /proc/meminfo calls MemTotal."""
    counts = roles()
    uses = (('free', counts['BUDDY'] + counts['PCP']),
            ('of files and shared memory', counts['MAPPING']),
            ('private to programs', counts['ANON']),
            ('slabs', counts['SLAB']), ('large kmalloc blocks', counts['LARGE']),
            ('vmalloc, stacks too', counts['VMALLOC']),
            ('page tables', counts['TABLE']),
            ('directories, pipes, kept', counts['OTHER']))
    for name, pages in uses:
        print(f'  {name:28}{pages:9} pages {kib(pages * PAGE):>10}')
    pages = sum(pages for _, pages in uses)
    managed = sum(int(zone['nr_managed']) for zone in zone_list())
    note = '' if pages == managed else f'  but the zones manage {managed}'
    print(f"  {'all':28}{pages:9} pages {kib(pages * PAGE):>10}{note}")
    print(f"  {'reserved: image, firmware':28}{counts['RESERVED']:9} pages")


@command('buddy')
def buddy():
    """atlas buddy - free blocks by zone and order, counted on the lists

A block of order n is 2^n frames.  Below each zone: what this CPU keeps at hand
on its hot lists, which the zone does not count as free."""
    orders = value('zones')[0]['free'].type.range()[1] + 1
    hot = value("'mm/buddy.c'::hot")[0]
    hot_orders = hot[0].type.range()[1] + 1
    print('  order   ' + ''.join(f'{n:6}' for n in range(orders)) + '    pages')
    for zone in zone_list():
        counts = [sum(1 for _ in each_in_list(zone['free'][n], 'struct page',
                                              'link'))
                  for n in range(orders)]
        pages = sum(count << n for n, count in enumerate(counts))
        wrong = '' if pages == int(zone['nr_free']) else \
            f"  but nr_free is {int(zone['nr_free'])}: nr_free is wrong"
        print(f"  {zone['name'].string():8}" +
              ''.join(f'{count:6}' for count in counts) + f'{pages:9}{wrong}')
        lists = hot[int(zone.address - value('&zones[0]'))]
        counts = [hot_count(lists[n]) for n in range(hot_orders)]
        print('    hot   ' + ''.join(f'{count:6}' for count in counts) +
              ' ' * 6 * (orders - hot_orders) +
              f'{sum(count << n for n, count in enumerate(counts)):9}')



# ---------------------------------------------------- tasks and their memory

def each_process():
    if int(value('processes')['next']):  # zero before task_init()
        yield from each_in_list(value('processes'), 'struct process', 'link')


def each_thread(process):
    """Those that are alive; the leader need not be among them."""
    yield from each_in_list(process['threads'], 'struct task', 'group')


def current_mm():
    mm = value('cpus[0].mm')
    if not int(mm):
        raise gdb.GdbError('no address space is loaded yet: '
                           'no program has started')
    return mm.dereference()


def each_vma(mm):
    vma = mm['vmas']['first']
    while int(vma):
        yield vma.dereference()
        vma = vma['next']


def dentry_path(dentry):
    """Its path inside the file system that it belongs to."""
    names = []
    while int(dentry['parent']) not in (0, int(dentry)):
        names.append(dentry['name'].string())
        dentry = dentry['parent']
    return '/' + '/'.join(reversed(names))


def file_name(file):
    """Its path, or who made it, by the name of its operations: "shmem"."""
    symbol = symbol_at(int(file['ops'])).partition('+')[0]
    if symbol == 'file_vm_ops':
        return dentry_path(entry(file, 'struct file', 'vm')['path']['dentry'])
    return symbol.removesuffix('_ops') or 'a file'


def vma_line(vma):
    flags = int(vma['flags'])
    text = ''.join(letter if flags & VM[name] else '-' for letter, name in
                   (('r', 'READ'), ('w', 'WRITE'), ('x', 'EXEC')))
    text += 's' if flags & VM['SHARED'] else 'p'
    what = 'stack' if flags & VM['GROWSDOWN'] else ''
    if int(vma['file']):
        what = file_name(vma['file'])
        what += f", from page {int(vma['pgoff'])}"
    start, end = int(vma['start']), int(vma['end'])
    return f'{start:08x}-{end:08x} {text} {kib(end - start):>10}  {what}'


VM = {name[3:]: bit for name, bit in read_constants('mm/vma.h').items()
      if name.startswith('VM_')}


def task_row(task, number, parent, state, name):
    """One line of `atlas ps`: a process by its leader, or another thread."""
    vmas = pages = '-'
    if int(task['mm']):
        vmas = int(task['mm']['vmas']['nr'])
        pages = int(task['mm']['pgtable']['nr_pages'])
    current = value('cpus[0].current')
    running = int(current['task']) if int(current) else 0
    arrow = '->' if int(task.address) == running else '  '
    print(f"  {arrow}{number:>5}{parent:>8}  "
          f"{state.split('_', 1)[1]:13}{vmas:>6}{pages:>7}  {name}")


def thread_state(task):
    return str(task['thread']['state']) if int(task['thread']) else \
        'TASK_ENDED'


@command('ps', 'tasks')
def processes():
    """atlas ps - every process: its parent, its state and what it has mapped

Its other threads stand below it, in brackets.  The arrow shows who runs.  A
process that is neither stopped nor a zombie has the state of its leader: see
sched/thread.h.  `atlas tasks` is the same."""
    print('      pid  parent  state          vmas  pages  name')
    for process in each_process():
        leader = process['leader'].dereference()
        parent = int(process['parent']['pid']) if int(process['parent']) else 0
        state = str(process['state'])
        if state == 'PROCESS_ALIVE':
            state = thread_state(leader)
        task_row(leader, int(process['pid']), parent, state,
                 leader['name'].string())
        for task in each_thread(process):
            if int(task.address) != int(leader.address):
                task_row(task, int(task['tid']), '', thread_state(task),
                         f"[{task['name'].string()}]")


@command('vmas')
def vmas(pid=None):
    """atlas vmas [PID] - the areas of the address space that is loaded

Or of process PID.  As /proc/self/maps has them, lowest first, from the tree's
own thread through its areas."""
    mm = mm_of(number(pid)) if pid else current_mm()
    print(f"  mm at {int(mm.address):#x}: {int(mm['vmas']['nr'])} areas, "
          f"{int(mm['total_vm'])} pages mapped, "
          f"{int(mm['pgtable']['nr_pages'])} present")
    for vma in each_vma(mm):
        print('  ' + vma_line(vma))


def read_memory(address, size):
    return gdb.selected_inferior().read_memory(address, size).tobytes()


PG = {name[3:]: bit for name, bit in C.items() if name.startswith('PG_')}


def mm_of(pid):
    for process in each_process():
        mm = process['leader']['mm'] if int(process['leader']) else 0
        if int(process['pid']) == pid and int(mm):
            return mm.dereference()
    raise gdb.GdbError(f'no process {pid} has an address space')


def each_page():
    """pfn, flags, order, references, mapping, index of every frame."""
    nr = number('max_pfn')
    raw = read_memory(number('mem_map'), 32 * nr)
    for pfn, page in enumerate(struct.iter_unpack('<HBxi8xII8x', raw)):
        yield (pfn, *page)


@command('pagecache')
def pagecache():
    """atlas pagecache - files whose pages are in memory: how many, how used

By a look at every frame: those of a mapping name it.  "mapped" pages are in
some page table (or in the hands of who copies them)."""
    files = {}
    for _, flags, _, refs, mapping, _ in each_page():
        if flags & PG['MAPPING'] and refs > 0:
            counts = files.setdefault(mapping, [0, 0, 0])
            counts[0] += 1
            counts[1] += bool(flags & PG['DIRTY'])
            counts[2] += refs > 1
    kind = gdb.lookup_type('struct mapping').pointer()
    print('      mapping  device   inode       size  pages  dirty  mapped')
    for address, counts in sorted(files.items()):
        mapping = gdb.Value(address).cast(kind).dereference()
        device = int(mapping['dev'])
        print(f"  {address:#011x}   {device >> 8:02x}:{device & 255:02x} "
              f"{int(mapping['inode']):>7} {int(mapping['size']):>10} "
              f'{counts[0]:>6} {counts[1]:>6}  {counts[2]:>6}')
    print(f'  {sum(c[0] for c in files.values())} pages of {len(files)} '
          f"mappings; nr_cached_pages is {number('nr_cached_pages')}")


def entries_of(mm, pfn):
    """Addresses in @mm whose entries name the frame."""
    pgd = struct.unpack('<768I', read_memory(int(mm['pgtable']['pgd']), 3072))
    for slot, table in enumerate(pgd):
        if not table:
            continue
        at = (table & ~0xfff) + C['PAGE_OFFSET']
        for i, raw in enumerate(struct.unpack('<1024I',
                                              read_memory(at, 4096))):
            if raw and raw >> 12 == pfn:
                yield slot << 22 | i << 12, raw


@command('rmap')
def rmap(expression):
    """atlas rmap PFN - who maps a frame: processes and addresses

There is no book of it; every page table is read."""
    pfn = number(expression)
    nr, seen = 0, set()
    for process in each_process():
        mm = process['leader']['mm'] if int(process['leader']) else 0
        if not int(mm) or int(mm) in seen:
            continue
        seen.add(int(mm))
        for address, raw in entries_of(mm.dereference(), pfn):
            print(f"  process {int(process['pid'])} at {address:#010x}"
                  f" {'rw' if raw & 2 else 'r-'}")
            nr += 1
    print(f'  frame {pfn:#x} is in {nr} entries of user page tables')


@command('check')
def check():
    """atlas check - call mm_check(): every module walks its own structures

Only where the kernel could call it itself: stopped in a thread of the kernel
(say at a breakpoint on a system call), not in user code or in the middle of an
allocator.  A broken invariant panics."""
    if in_user_mode():
        raise gdb.GdbError('the CPU is in user mode: stop in the kernel first')
    if value('cpus[0].preempt_count') or value('cpus[0].irq_depth'):
        raise gdb.GdbError('a lock is held or an interrupt is served: go on '
                           'a little')
    gdb.execute('call (void)mm_check()')
    print('every invariant holds')


# ------------------------------------------------- kernel addresses for frames

def kernel_entries(start, count):
    """The raw page-table entries of `count` pages from `start` on."""
    table = number('kernel_ptes')
    if not table:
        raise gdb.GdbError("the kernel's page tables are not made yet")
    first = table + (start - C['KERNEL_TABLES_START']) // PAGE * 4
    data = gdb.selected_inferior().read_memory(first, count * 4).tobytes()
    return [int.from_bytes(data[i:i + 4], 'little')
            for i in range(0, len(data), 4)]


@command('pkmap', 'kmap')
def pkmap():
    """atlas pkmap - kmap()'s slots: which frames they show, and for how many

A slot without users stays mapped until the search comes round: its page may
be wanted again."""
    users = value("'mm/highmem.c'::nr_users")
    next_slot = number("'mm/highmem.c'::next_slot")
    entries = kernel_entries(C['PKMAP_BASE'], C['PKMAP_SLOTS'])
    mapped = [slot for slot, raw in enumerate(entries) if raw]
    busy = sum(1 for slot in mapped if int(users[slot]))
    print(f"  {busy} slots with users, {len(mapped) - busy} mapped without, "
          f"{len(entries) - len(mapped)} empty; the search goes on at slot "
          f"{next_slot}")
    for slot in mapped[:40]:
        print(f"  slot {slot:4}  {C['PKMAP_BASE'] + slot * PAGE:#x}  frame "
              f"{entries[slot] >> 12:#x}, {int(users[slot])} users")
    if len(mapped) > 40:
        print(f'  ... and {len(mapped) - 40} more')


@command('fixmap')
def fixmap():
    """atlas fixmap - the slots with compile-time addresses that are mapped

Slot 0 lies just below FIXADDR_TOP, the others below it: mm/fixmap.h."""
    count = number('(int)FIX_COUNT')
    limits = [(number(f'(int)FIX_{name}_FIRST'),
               number(f'(int)FIX_{name}_LAST'), what)
              for name, what in (('KMAP', 'kmap_atomic'),
                                 ('IOREMAP', 'early_ioremap'))]
    entries = kernel_entries(C['FIXADDR_TOP'] - count * PAGE, count)[::-1]
    print(f'  {count} slots from {C["FIXADDR_TOP"] - PAGE:#x} down, '
          f'{sum(1 for raw in entries if raw)} mapped')
    for slot, raw in enumerate(entries):
        if raw:
            what = next((what for first, last, what in limits
                         if first <= slot <= last), 'scratch')
            print(f"  slot {slot:4}  {C['FIXADDR_TOP'] - (slot + 1) * PAGE:#x}"
                  f"  {what}: frame {raw >> 12:#x}, {bits(raw)}")


@command('vmalloc')
def vmalloc():
    """atlas vmalloc - the areas of vmalloc space, and the free ranges between

From the tags that mm/vmspace.c keeps in the entries of pages that are not
mapped: each area begins with one, its guard page."""
    entries = kernel_entries(C['VMALLOC_START'],
                             (C['VMALLOC_END'] - C['VMALLOC_START']) // PAGE)
    area_type = gdb.lookup_type('struct vmspace_area').pointer()
    at = C['VMALLOC_START']
    if not entries[0]:
        raise gdb.GdbError('vmalloc space is not set up yet')
    while at < C['VMALLOC_END']:
        first = (at - C['VMALLOC_START']) // PAGE
        raw = entries[first]
        area = gdb.Value(raw).cast(area_type).dereference()
        if not raw or raw & 1 or int(area['start']) != at or \
                int(area['end']) <= at:
            print(f'  {at:#x}: no valid tag here ({raw:#x}): vmspace is broken')
            return
        end = int(area['end'])
        kind = str(area['kind']).replace('VMSPACE_', '').lower()
        line = f'  {at:#x}-{end:#x} {kib(end - at):>10}  {kind}'
        if kind in ('ram', 'map', 'io'):
            pages = entries[first + 1:(end - C['VMALLOC_START']) // PAGE]
            line += (f' {sum(1 for raw in pages if raw & 1)} pages, by '
                     f"{symbol_at(int(area['caller']))}")
        print(line)
        at = end


@command('slabs')
def slabs():
    """atlas slabs - the object caches: how many objects are out, and at hand

"hand" is what this CPU's magazine holds, ready to be given out."""
    print('  cache              size  stride    live    hand   room  slabs'
          '  pages')
    for cache in each_in_list(value("'mm/slab.c'::caches"), 'struct kmem_cache',
                              'caches'):
        hand = int(cache['magazine'][0]['nr'])
        print(f"  {cache['name'].string():16}{int(cache['size']):7}"
              f"{int(cache['stride']):8}{int(cache['nr_taken']) - hand:8}"
              f"{hand:8}{int(cache['nr_objects']):7}{int(cache['nr_slabs']):7}"
              f"{int(cache['nr_pages']):7}")


# ----------------------------------------------------------------- page faults

def fault_frame():
    """The struct trap_frame of the page fault that is being handled."""
    frame = gdb.newest_frame()
    while frame is not None:
        if frame.name() == 'page_fault':
            return frame.read_var('frame').dereference()
        frame = frame.older()
    raise gdb.GdbError('no page fault is being handled: "break page_fault", '
                       '"continue", and try again')


def error_words(error):
    what = ('fetch' if error & C['PF_FETCH'] else
            'write' if error & C['PF_WRITE'] else 'read')
    who = 'user' if error & C['PF_USER'] else 'kernel'
    why = ('the entry forbids it' if error & C['PF_PRESENT'] else
           'the page is not present')
    return f'{who} {what}, {why}'


def find_vma(mm, address):
    """The first area that ends above the address, as vma_find() does."""
    return next((vma for vma in each_vma(mm) if address < int(vma['end'])),
                None)


def classify(vma, address, error):
    """The table of mm/fault.c, read by somebody else."""
    if vma is None:
        return 'NO_AREA'
    flags, write = int(vma['flags']), error & C['PF_WRITE']
    shared = flags & VM['SHARED']
    if address < int(vma['start']):
        return 'GROW_STACK' if flags & VM['GROWSDOWN'] else 'NO_AREA'
    if not flags & (VM['WRITE'] if write else
                    VM['READ'] | VM['WRITE'] | VM['EXEC']):
        return 'NO_ACCESS'
    level, _, _, raw = Walk(address).steps[-1]
    if level == 'pgd' or raw == 0:
        if not int(vma['file']):
            return 'DEMAND_ZERO' if write else 'ZERO_PAGE'
        return 'COPY_PAGE' if write and not shared else 'MAP_PAGE'
    if not write or raw & C['PTE_WRITE']:
        return 'SPURIOUS'
    return 'SHARED_WRITE' if shared else 'COPY_ON_WRITE'


KINDS = {
    'NO_AREA': 'nobody asked for this memory: SIGSEGV, SEGV_MAPERR',
    'NO_ACCESS': 'the area forbids it: SIGSEGV, SEGV_ACCERR',
    'GROW_STACK': 'fault_grow_stack() lets the stack reach down, if it may',
    'ZERO_PAGE': 'fault_zero_page() shows the shared page of zeros',
    'DEMAND_ZERO': 'fault_demand_zero() maps a new page of zeros',
    'MAP_PAGE': "fault_map_page() maps the mapping's own page",
    'COPY_PAGE': "fault_copy_page() maps a copy of the mapping's page",
    'COPY_ON_WRITE': 'fault_copy_on_write() copies the page, or takes it over',
    'SHARED_WRITE': 'fault_shared_write() allows the write',
    'SPURIOUS': 'the entry allows it by now: the access is tried again',
}


@command('fault')
def fault():
    """atlas fault - the page fault that is being handled, decoded

CR2, the bits of the error code, the area that was hit or missed, what the page
tables have, and which handler of mm/fault.c will take it."""
    frame = fault_frame()
    address, error = register('cr2'), int(frame['error'])
    eip = int(frame['eip'])
    print(f"  CR2      {address:#010x}")
    print(f"  error    {error:#x}: {error_words(error)}")
    print(f"  eip      {eip:#010x} {symbol_at(eip)}")
    if address >= C['TASK_SIZE']:
        print('  area     none: a kernel address')
        print("  kind     the program's SIGSEGV" if error & C['PF_USER'] else
              '  kind     an oops, unless uaccess_fixup() knows the place')
        return
    vma = find_vma(current_mm(), address)
    if vma is None:
        print('  area     miss: there is none above it either')
    elif address < int(vma['start']):
        print(f'  area     miss: the next one above is {vma_line(vma)}')
    else:
        print(f'  area     hit: {vma_line(vma)}')
    level, index, _, raw = Walk(address).steps[-1]
    print(f'  entry    {level}[{index}] = {raw:#010x}: {bits(raw)}')
    kind = classify(vma, address, error)
    print(f'  kind     {kind}: {KINDS[kind]}')


class FaultStep:
    """Where the fault that is stepped through is: an index of STAGES."""

    STAGES = (('CPU', ('trap_stub_14',)),
              ('entry', ('page_fault',)),
              ('vma', ('fault_handle',)),
              ('classify', ('fault_classify',)),
              ('handler', tuple(f'fault_{kind.lower()}' for kind in KINDS
                                if kind not in ('NO_AREA', 'NO_ACCESS',
                                                'SPURIOUS')) +
               ('fault_refuse',)),
              ('entry set', ()),        # where the handler returns to
              ('iret', ('trap_iret',)))

    def __init__(self):
        self.stage = -1
        self.address = self.eip = 0

    def where(self):
        """The stage that the CPU is at now, if it is at one."""
        pc = register('pc')
        name = symbol_at(pc).split('+')[0]
        for stage, (_, functions) in enumerate(self.STAGES):
            for function in functions:
                if pc == address_of(function) if function.startswith('trap_') \
                        else name == function:
                    return stage
        return -1

    def breakpoint(self, function):
        is_label = function.startswith('trap_')
        point = gdb.Breakpoint(f'*{address_of(function):#x}' if is_label
                               else function, internal=True)
        point.silent = True
        if function == 'trap_iret':     # that of this fault, no other
            point.condition = f'*(unsigned int *)$esp == {self.eip:#x}'
        return point

    def run_to(self, functions):
        points = [self.breakpoint(function) for function in functions]
        try:
            gdb.execute('continue', to_string=True)
        finally:
            for point in points:
                point.delete()
        self.stage = self.where()
        if self.stage < 0:
            raise gdb.GdbError('stopped elsewhere, at ' +
                               (symbol_at(register('pc')) or 'user code'))

    def go(self):
        """Run to the next stage."""
        function = symbol_at(register('pc')).split('+')[0]
        if self.stage in (-1, 6) or function == 'fault_refuse':
            self.run_to(self.STAGES[0][1])
        elif function == 'fault_grow_stack':
            self.run_to(self.STAGES[3][1])      # which comes once more
        elif self.stage == 4:
            point = gdb.FinishBreakpoint(gdb.newest_frame(), internal=True)
            point.silent = True
            gdb.execute('continue', to_string=True)
            self.stage = 5
        else:
            self.run_to([function for _, functions in
                         self.STAGES[self.stage + 1:]
                         for function in functions])

    def explain(self):
        name = self.STAGES[self.stage][0]
        print(f'  {self.stage + 1}/7 {name}: {self.words(name)}')

    def words(self, name):
        function = symbol_at(register('pc')).split('+')[0]
        if name == 'CPU':
            error, self.eip = (number(f'*(unsigned int *)($esp + {at})')
                               for at in (0, 4))
            self.address = register('cr2')
            return (f'access to {self.address:#010x} by the instruction at '
                    f'{self.eip:#010x}; error {error:#x}: {error_words(error)}')
        if name == 'entry':
            frame = fault_frame()
            self.address, self.eip = register('cr2'), int(frame['eip'])
            return (f"the registers are saved, page_fault(frame = "
                    f"{int(frame.address):#x}) begins")
        if name == 'vma':
            vma = find_vma(current_mm(), self.address)
            hit = vma is not None and self.address >= int(vma['start'])
            return ('the area that it hits is ' if hit else
                    'it hits no area; the next one is ') + \
                (vma_line(vma) if vma is not None else 'none')
        if name == 'classify':
            kind = classify(find_vma(current_mm(), self.address), self.address,
                            int(fault_frame()['error']))
            return f'{kind}: {KINDS[kind]}'
        if name == 'handler':
            return f'{function}() is called'
        level, index, _, raw = Walk(self.address).steps[-1]
        entry = f'{level}[{index}] = {raw:#010x}: {bits(raw)}'
        if name == 'entry set':
            return entry
        return f'back to {self.eip:#010x}, with {entry}'


step = FaultStep()


@command('faultstep')
def faultstep():
    """atlas faultstep - run to the next stage of a page fault, and name it

The stages: CPU (it pushed the error code and jumped to the stub), entry (the
registers are saved), vma (the area is looked for), classify, handler, entry
set, iret (back to the instruction that faulted).  Not every fault has all of
them.  Forwards only; behind iret the next fault begins."""
    here = step.where()
    if here >= 0 and here != step.stage:    # the user went there himself
        step.stage = here
        if here >= 1:
            step.words('entry')
    step.go()
    step.explain()
