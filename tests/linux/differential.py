#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Random sequences of a tests/guest/rand_* on Linux and on Atlas, line by line.

    tests/linux/differential.py [rand_mm|rand_files|rand_elf]
                                [--first SEED] [--count N] [--features SUM]
                                [--judge qemu|host] [--jobs N] [--shrink]

Batches of sequences, one boot each, on Atlas and on the judge: Debian's Linux
6.1 for i386 in QEMU, or this machine's own.  Each sequence gives a digest of
its lines; where two differ both tell that sequence again in full, and the
first line that differs is printed with those before it.  --shrink then leaves
out steps for as long as there is a difference.

What Linux said is kept in build/linux/<program>-<its digest>.json; whole
transcripts of what differs are build/linux/<program>-<seed>.{linux,atlas}.
"""
import argparse
import concurrent.futures
import os
import re
import subprocess
import sys
import threading

if __name__ == '__main__':
    sys.dont_write_bytecode = True
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                    '..'))
from linux import machine, reference

KERNEL = 'build/release/atlas.elf'
BATCH = 1000
SUCCESS = 33
SEQUENCE = re.compile(r'^seed (\d+): (.*)$', re.MULTILINE)
FEATURES = re.compile(r'^# features (\d+)$', re.MULTILINE)
LOCK = threading.Lock()


# ------------------------------------------------------------------- judges

def on_atlas(program, *arguments, limit=900):
    words = ' '.join(map(str, arguments))
    command = ['qemu-system-i386', '-m', '512', '-display', 'none',
               '-monitor', 'none', '-no-reboot', '-serial', 'stdio', '-device',
               'isa-debug-exit,iobase=0xf4,iosize=4', '-kernel', KERNEL,
               '-append', 'quiet', '-initrd', f'{program} {words}']
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, timeout=limit)
        text, end = done.stdout, done.returncode
    except subprocess.TimeoutExpired as late:
        text, end = late.stdout or b'', None
    text = text.decode('utf-8', 'replace').replace('\r', '')
    text = re.sub(r'^(\[.*|init exited with .*)\n', '', text,
                  flags=re.MULTILINE)
    if end != SUCCESS:
        text += f'Atlas: QEMU ended with {end}\n'
    return text


def on_host(program, *arguments):
    return subprocess.run([program, *map(str, arguments)],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          timeout=300).stdout.decode()


def on_linux(program, runs):
    """Several command lines in one boot; their outputs, in order."""
    with LOCK:
        on_linux.boots += 1
        name = f'{os.path.basename(program)}-{os.getpid()}-{on_linux.boots}'
    said = machine.session(
        name, [f'program={program}'],
        [(i, '/program ' + ' '.join(map(str, run)))
         for i, run in enumerate(runs)], limit=1200, each=1200, mem=512)
    return [said.get(str(i), (0, ''))[1] for i in range(len(runs))]


on_linux.boots = 0


class Judge:
    """One of the two, with a memory."""

    def __init__(self, kind, program, features=None):
        if features is None:
            found = FEATURES.search(on_atlas(program, 1, 0))
            features = int(found[1]) if found else 0
        self.kind, self.program, self.features = kind, program, features
        self.name = os.path.basename(program)
        self.place = (f'{reference.FOLDER}/{self.name}-'
                      f'{reference.digest(program)}-{kind}-{features}.json')
        self.known = reference.load(self.place) or {}

    def tell(self, runs):
        if self.kind == 'host':
            return [on_host(self.program, *run) for run in runs]
        return on_linux(self.program, runs)

    def digests(self, first, count):
        seeds = [str(seed) for seed in range(first, first + count)]
        if not all(seed in self.known for seed in seeds):
            text = self.tell([(first, count, self.features)])[0]
            with LOCK:
                self.known.update(SEQUENCE.findall(text))
                reference.save(self.place, self.known)
        return {seed: self.known.get(seed) for seed in seeds}


# --------------------------------------------------------------- differences

def first_difference(linux, atlas):
    """The number of the first line that differs; None if all are equal."""
    for number, (a, b) in enumerate(zip(linux, atlas)):
        if a != b:
            return number
    if len(linux) != len(atlas):
        return min(len(linux), len(atlas))
    return None


class Difference:
    """One sequence that differs, told in full."""

    def __init__(self, judge, seed, steps=()):
        self.judge, self.seed = judge, seed
        run = ('only', judge.features, seed, *steps)
        self.linux, self.atlas = self.both([run])[0]
        self.at = first_difference(self.linux, self.atlas)

    def both(self, runs):
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            theirs = pool.submit(self.judge.tell, runs)
            ours = [on_atlas(self.judge.program, *run) for run in runs]
            return [(a.split('\n'), b.split('\n'))
                    for a, b in zip(theirs.result(), ours)]

    def steps(self):
        """The sequence's own steps as far as the difference, in order."""
        told = '\n'.join(self.linux[:self.at + 1])
        return re.findall(r'^(\d+): ', told, re.MULTILINE)

    def shrink(self, say):
        """Leaves out ever smaller parts while a difference remains."""
        steps = self.steps()
        size = len(steps) // 2
        while size:
            cuts = range(0, len(steps), size)
            tries = [steps[:at] + steps[at + size:] for at in cuts]
            tries = [attempt for attempt in tries if attempt]
            told = self.both([('only', self.judge.features, self.seed, *attempt)
                              for attempt in tries])
            better = next((attempt for attempt, pair in zip(tries, told)
                           if first_difference(*map(without_end, pair))
                           is not None), None)
            if better:
                steps = better
                say(f'    {len(steps)} steps')
            elif size == 1:
                break
            size = min(size, len(steps) // 2) if better else size // 2
        return Difference(self.judge, self.seed, steps), steps

    def lines(self, before=10):
        start = max(0, self.at - before)
        yield from self.linux[start:self.at]
        for name, told in (('Linux', self.linux), ('Atlas', self.atlas)):
            line = told[self.at] if self.at < len(told) else '(nothing)'
            yield f'{name}: {line}'

    def keep(self):
        for name, told in (('linux', self.linux), ('atlas', self.atlas)):
            with open(f'{reference.FOLDER}/{self.judge.name}-'
                      f'{self.seed}.{name}', 'w') as file:
                file.write('\n'.join(told))


def without_end(told):
    """Less the line with the digest, which differs if any other does."""
    return [line for line in told if not line.startswith('seed ')]


# -------------------------------------------------------------------- running

def compare(judge, first, count):
    """The seeds of one batch that differ, and what each side said."""
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        theirs = pool.submit(judge.digests, first, count)
        ours = dict(SEQUENCE.findall(on_atlas(judge.program, first, count,
                                              judge.features)))
        return [(int(seed), said, ours.get(seed))
                for seed, said in theirs.result().items()
                if said != ours.get(seed)]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument('program', nargs='?', default='rand_mm')
    parser.add_argument('--first', type=int, default=1)
    parser.add_argument('--count', type=int, default=100)
    parser.add_argument('--features', type=int)
    parser.add_argument('--judge', choices=('qemu', 'host'), default='qemu')
    parser.add_argument('--jobs', type=int, default=2)
    parser.add_argument('--shrink', action='store_true')
    parser.add_argument('--show', type=int, default=3,
                        help='differences to tell in full')
    options = parser.parse_args()

    os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..'))
    if options.judge == 'qemu' and not machine.available():
        sys.exit('differential: there is no Linux to compare with')
    judge = Judge(options.judge, f'build/guest/{options.program}',
                  options.features)
    end = options.first + options.count
    batches = [(first, min(BATCH, end - first))
               for first in range(options.first, end, BATCH)]
    differ, done = [], 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        runs = {pool.submit(compare, judge, *batch): batch
                for batch in batches}
        for run in concurrent.futures.as_completed(runs):
            differ += run.result()
            done += runs[run][1]
            print(f'{done} of {options.count} sequences, features {judge.features}: '
                  f'{len(differ)} differ', flush=True)

    differ.sort()
    for seed, theirs, ours in differ[:20]:
        print(f'seed {seed}: Linux: {theirs}, Atlas: {ours}')
    for seed, _, _ in differ[:options.show]:
        difference = Difference(judge, seed)
        difference.keep()
        if difference.at is None:
            print(f'-- seed {seed}: the same when told again')
            continue
        steps = ()
        if options.shrink:
            print(f'-- seed {seed}: leaving out steps', flush=True)
            difference, steps = difference.shrink(print)
        print(f'-- seed {seed}, {judge.program} only {judge.features} {seed} '
              f'{" ".join(steps)}')
        print('\n'.join(difference.lines()))
    return 1 if differ else 0


if __name__ == '__main__':
    sys.exit(main())
