# SPDX-License-Identifier: MIT
"""What a kernel under test might print, and what the runner has to count.

    STREAMS[name] = (text, passed, skipped, failed)
"""

STREAMS = {
    'all is well': ('noise\nKTAP version 1\n1..2\n# note\nok 1 - a.b\n'
                    'okay, noise\nok 2 - a.c\n', 2, 0, 0),
    'without numbers, as guests have it': ('ok - a\nnot ok - b\n1..2\n',
                                           1, 0, 1),
    'a failure': ('1..2\nnot ok 1 - a\nok 2 - b\n', 1, 0, 1),
    'a skipped test has not passed': ('1..2\nok 1 - a # SKIP no disk\n'
                                      'ok 2 - b\n', 1, 1, 0),
    'a skipped failure is one': ('1..1\nnot ok 1 - a # SKIP\n', 0, 0, 1),
    'nothing': ('', 0, 0, 1),
    'no plan': ('ok 1 - a\nok 2 - b\n', 2, 0, 1),
    'a plan of nothing': ('1..0\n', 0, 0, 1),
    'it stopped half-way': ('1..3\nok 1 - a\nok 2 - b\n', 2, 0, 1),
    'it stopped inside a line': ('1..2\nok 1 - a\nok', 1, 0, 1),
    'more than planned': ('1..1\nok 1 - a\nok 2 - b\n', 2, 0, 1),
    'one left out': ('1..3\nok 1 - a\nok 3 - c\n', 1, 0, 2),
    'one twice': ('1..2\nok 1 - a\nok 1 - a\n', 1, 0, 1),
    'two kernels': ('1..1\nok 1 - a\n1..1\nok 1 - a\n', 1, 0, 2),
}
