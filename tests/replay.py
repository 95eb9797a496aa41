# SPDX-License-Identifier: MIT
"""Replays the gdb session of a chapter, so that the book stays true.

A session is the lines of the chapter's fenced blocks from a "(gdb) " on: the
command, then what it prints.  The blocks of one chapter are one session, which
begins where `make debug` leaves its reader.

A command passes if its output has the chapter's lines, in that order.  Numbers
are free to differ, "..." stands for anything, and lines may be left out.
"""
import re

MARK = '@@@'


def read_steps(path):
    """(command, expected lines) of each command of a chapter, in order."""
    steps = []
    inside = fresh = False
    with open(path) as file:
        for line in file:
            line = line.rstrip()
            if line.startswith('```'):
                inside, fresh = not inside, True
            elif inside and line.startswith('(gdb) '):
                steps.append((line[6:], []))
                fresh = False
            elif inside and not fresh and line:
                steps[-1][1].append(line)
    return steps


def script(steps):
    """What to type: a mark before each command, to cut the output at."""
    return ''.join(f'echo {MARK}\\n\n{command}\n' for command, _ in steps)


def plain(line):
    """Numbers become #, runs of blanks one."""
    line = re.sub(r'0x[0-9a-f]+|\b[0-9a-f]{8}\b|\d+(\.\d+)?', '#', line)
    return ' '.join(line.replace('(gdb) ', '').split())


def missing(expected, text):
    """The first expected line that does not follow, or None."""
    lines = iter([plain(line) for line in text.split('\n')])
    for want in expected:
        pattern = '.*'.join(re.escape(plain(part))
                            for part in want.split('...'))
        if not any(re.search(pattern, line) for line in lines):
            return want
    return None


def judge(results, steps, output):
    """One test for each command."""
    texts = output.split(MARK)[1:]
    for number, (command, expected) in enumerate(steps):
        text = texts[number] if number < len(texts) else 'gdb had ended'
        want = missing(expected, text)
        results.check(want is None and number < len(texts), command,
                      f'the chapter has: {want}', 'gdb says:',
                      *text.strip().split('\n')[:40])
