#!/usr/bin/env python3
"""System calls and instructions for each request or connection, which do not drift as times do.

They are counted by ptrace(2) (counter.cpp), under which everything is slow: how many connections end within a
millisecond, whose lookups share their calls, is then the load's doing.
"""

import argparse
import dataclasses
import json
import pathlib
import signal
import subprocess
import sys
import time

import private_network
from measure import Load, Running
from report import table
from servers import ROOT, own_servers, peers


@dataclasses.dataclass
class Count:
    """What is counted while a load makes so many requests."""
    title: str
    load: str
    settings: dict
    ending: str = 'keep'
    requests: int = 1000


CALLS = [
    Count('keep-alive 1', 'keep_alive', {'connections': 1}),
    Count('keep-alive 64', 'keep_alive', {'connections': 64}, requests=3000),
    Count('server closes', 'server_closes', {'connections': 64}, 'immediate'),
    Count('lingering', 'server_closes', {'connections': 64}, 'lingering'),
    Count('client closes', 'client_closes', {'connections': 64}),
    Count('client resets', 'client_resets', {'connections': 64}),
]
WARM_UP = 500
# A step takes 20 us.
INSTRUCTIONS = [
    Count('keep-alive 1', 'keep_alive', {'connections': 1}, requests=30),
    Count('pipelined 16', 'keep_alive', {'connections': 1, 'depth': 16}, requests=48),
    Count('server closes', 'server_closes', {'connections': 1}, 'immediate', requests=10),
    Count('client closes', 'client_closes', {'connections': 1}, requests=10),
]


class Counted(Running):
    """A server under the counter, which runs at full speed until it is told to count."""

    def __init__(self, build, server, ending, what):
        super().__init__(server, ending, [build / 'tests/bench/bench_counter', what], subprocess.PIPE)

    def say(self):
        self.process.send_signal(signal.SIGUSR1)
        return self.process.stdout.readline()

    def count(self, load, count):
        """The counter's answer, each number of which is for one request."""
        load.put(self, count.load, requests=WARM_UP, **count.settings)
        time.sleep(0.1)
        self.say()
        done = load.put(self, count.load, requests=count.requests, seconds=60, **count.settings)
        time.sleep(0.2)  # lookups come after the connections' ends
        counts = json.loads(self.say())
        per_request = lambda number: number / done['requests']
        return {'instructions': per_request(counts['instructions']),
                'calls': {name: per_request(number) for name, number in counts['calls'].items()}}


def run(build, load, server, count, what):
    with Counted(build, server, count.ending, what) as running:
        return running.count(load, count)


def counted_servers(build):
    """closelab and nginx, as far as they are there. With a wildcard address closelab would ask each connection for its
    own, and until the ledger is full it would ask for memory."""
    settings = ('address=127.0.0.1', f'records={WARM_UP // 2}')
    return [server for server in own_servers(build, *settings) + peers(build)[:1] if server.endings]


def takes_part(server, count):
    return count.ending != 'lingering' or 'lingering' in server.endings


def measure(build, servers, say, wanted=lambda server, what, count: True):
    """Rows of one server and one kind of load each, with its calls by name or, for closelab and the floor, its
    instructions."""
    load, rows = Load(build), []
    for server in servers:
        for what, counts in (('calls', CALLS), ('instructions', [] if server.package else INSTRUCTIONS)):
            for count in counts:
                if takes_part(server, count) and wanted(server, what, count):
                    say(f'\rcounting {what}: {server.name:<40}', end='')
                    rows.append({'server': server.name, 'load': count.title, what: run(build, load, server, count, what)[what]})
    say('\r' + ' ' * 60 + '\r', end='')
    return rows


def grid(title, rows, counts, cell):
    servers = list(dict.fromkeys(row['server'] for row in rows))
    cells = {(row['server'], row['load']): cell(row) for row in rows}
    return table([title, *(count.title for count in counts)],
                 [[server, *(cells.get((server, count.title), '-') for count in counts)] for server in servers])


def breakdown(rows):
    """Which calls they are, for closelab and nginx."""
    lines = []
    for row in rows:
        calls = sorted(row['calls'].items(), key=lambda call: -call[1])
        lines.append(f'{row["server"]}, {row["load"]}: '
                     + ', '.join(f'{name} {count:.2f}' for name, count in calls if count >= 0.02))
    return '\n'.join(lines)


def text(rows):
    calls = [row for row in rows if 'calls' in row]
    instructions = [row for row in rows if 'instructions' in row]
    return '\n\n'.join([grid('system calls', calls, CALLS, lambda row: f'{sum(row["calls"].values()):.2f}'),
                        breakdown(calls),
                        grid('instructions', instructions, INSTRUCTIONS, lambda row: f'{row["instructions"]:,.0f}')])


# --- as a test


class Limits:
    """The most that each count may be, from a file; a build for tests is not optimised, and has instructions of its
    own."""

    def __init__(self, file, optimised):
        self.limits = json.loads(file.read_text())
        self.names = {'calls': 'calls', 'instructions': 'instructions' if optimised else 'instructions, unoptimised'}

    def of(self, server, what, load):
        return self.limits.get(server, {}).get(self.names[what], {}).get(load)

    def exceeded(self, rows):
        for row in rows:
            what = 'calls' if 'calls' in row else 'instructions'
            limit = self.of(row['server'], what, row['load'])
            count = sum(row['calls'].values()) if what == 'calls' else row['instructions']
            if count > limit:
                yield f'{row["server"]}, {row["load"]}: {count:,.2f} {what}, where {limit:,} is the limit'


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n\n')[0])
    parser.add_argument('--build', type=pathlib.Path, default=ROOT / 'build/bench', help='where the programs were built')
    parser.add_argument('--check', metavar='FILE', type=pathlib.Path,
                        help='count only what has a limit there, and fail when one is exceeded')
    parser.add_argument('--unoptimised', action='store_true', help='the build is one for tests')
    parser.add_argument('--only', default='', help='servers whose name has this word')
    arguments = parser.parse_args()
    private_network.enter()
    servers = [server for server in counted_servers(arguments.build) if arguments.only in server.name]
    say = lambda text, end='\n': print(text, end=end, file=sys.stderr, flush=True) if sys.stderr.isatty() else None
    if not arguments.check:
        return print(text(measure(arguments.build, servers, say)))
    limits = Limits(arguments.check, not arguments.unoptimised)
    # Beside ten busy loops a step takes 200 us.
    for count in INSTRUCTIONS:
        count.requests //= 3
    # Whatever else runs here can only add to a count: a request that comes late is waited for.
    for _ in range(3):
        rows = measure(arguments.build, servers, say,
                       lambda server, what, count: limits.of(server.name, what, count.title) is not None)
        failures = list(limits.exceeded(rows))
        if not failures:
            break
    print(text(rows))
    print(*failures, sep='\n')
    sys.exit(bool(failures))


if __name__ == '__main__':
    main()
