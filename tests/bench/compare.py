#!/usr/bin/env python3
"""Compares closelab with a floor and with other servers: what a request costs the server's CPU, as a ratio to the floor
in the same round, which holds on a machine that does other things too, as requests per second would not.

Each server is pinned to CPU 0, the load to CPU 1. A round gives every server a short slice of every mode, so that what
else the machine does falls on all alike. `tests/bench/bench` builds what this needs and starts it.
"""

import argparse
import contextlib
import dataclasses
import json
import pathlib
import statistics
import subprocess
import sys

import counts
import private_network
import report
from measure import Load, Running, check_answers, forget_time_waits, measure_cpu
from servers import LOAD_CPU, ROOT, SERVER_CPU, own_servers, peers, without_root


@dataclasses.dataclass
class Mode:
    name: str
    title: str
    load: str  # the mode of the load generator
    settings: dict
    ending: str = 'keep'


MODES = [
    Mode('keep-alive', 'keep-alive, 64 connections', 'keep_alive', {'connections': 64}),
    Mode('single', 'keep-alive, 1 connection', 'keep_alive', {'connections': 1}),
    Mode('pipelined', 'pipelined, depth 16', 'keep_alive', {'connections': 64, 'depth': 16}),
    Mode('server-closes', 'server closes first', 'server_closes', {'connections': 64, 'addresses': 8}, 'immediate'),
    Mode('lingering', 'server closes first, lingering', 'server_closes', {'connections': 64, 'addresses': 8},
         'lingering'),
    Mode('client-closes', 'client closes first', 'client_closes', {'connections': 64, 'addresses': 8}),
    Mode('client-resets', 'client resets', 'client_resets', {'connections': 64, 'addresses': 8}),
]
QUICK = ('floor', 'nginx', 'closelab, lookups off', 'closelab, lookups on')
FLOOR = 'floor'


def takes_part(server, mode):
    """Only the floor and closelab can be told to linger; how others close is in `server closes first`."""
    if mode.settings.get('depth', 1) > 1 and not server.pipelines:
        return False
    return mode.ending != 'lingering' or 'lingering' in server.endings


class Comparison:
    """Every server in every mode, round by round."""

    def __init__(self, load, servers, modes, slice_s, say):
        self.load, self.servers, self.modes, self.slice_s, self.say = load, servers, modes, slice_s, say
        self.instances = {}
        self.costs = {}    # (server, mode) -> us per request, by round
        self.loads = {}    # (server, mode) -> what the load reported, by round
        self.broken = False

    def start_all(self, stack):
        """One instance for each ending that a mode asks for; a server that does not work is left out, and said so."""
        for server in list(self.servers):
            try:
                for ending in {mode.ending if mode.ending in server.endings else 'keep' for mode in self.modes}:
                    running = stack.enter_context(Running(server, ending))
                    self.instances[server.name, ending] = running
                    check_answers(running)
            except (RuntimeError, OSError) as error:
                if server.name == FLOOR:
                    raise
                self.say(f'left out: {server.name}: {error}')
                self.broken = True
                self.servers.remove(server)

    def instance(self, server, mode):
        exact = self.instances.get((server.name, mode.ending))
        return exact or self.instances[server.name, 'keep']

    def run(self, rounds):
        for number in range(-1 if rounds > 1 else 0, rounds):  # a short one first, to warm up
            for mode in self.modes:
                self.say(f'\rround {max(number, 0)} of {rounds}: {mode.title:<40}', end='')
                for server in self.servers:
                    if takes_part(server, mode):
                        self.slice(server, mode, number)
        self.say('\r' + ' ' * 60 + '\r', end='')
        own = [load for (server, _), loads in self.loads.items() if server.startswith((FLOOR, 'closelab')) for load in loads]
        self.broken = self.broken or any(load['failed'] for load in own)

    def slice(self, server, mode, number):
        seconds = self.slice_s if number >= 0 else 0.1
        result = measure_cpu(self.load, self.instance(server, mode), mode.load, seconds=seconds, **mode.settings)
        if mode.load != 'keep_alive':
            forget_time_waits()
        if number >= 0:
            self.costs.setdefault((server.name, mode.name), []).append(result['cpu_us'])
            self.loads.setdefault((server.name, mode.name), []).append(result)

    def figures(self):
        return [self.figure(server, mode) for server in self.servers for mode in self.modes if takes_part(server, mode)]

    def figure(self, server, mode):
        costs = self.costs[server.name, mode.name]
        # Its own way of lingering costs the floor too; what counts is what ending a connection costs at all.
        floor = self.costs.get((FLOOR, 'server-closes' if mode.name == 'lingering' else mode.name))
        ratios = [cost / base for cost, base in zip(costs, floor)] if floor else []
        loads = self.loads[server.name, mode.name]
        median = lambda key: statistics.median(load[key] for load in loads)
        return {'server': server.name, 'mode': mode.name, 'ratio': quartiles(ratios), 'cpu_us': quartiles(costs),
                'per_second': statistics.median(load['requests'] / load['seconds'] for load in loads),
                'p50_us': median('p50_us'), 'p99_us': median('p99_us'),
                'failed': sum(load['failed'] for load in loads), 'requests': sum(load['requests'] for load in loads)}


def quartiles(values):
    """The lower, the median and the upper one."""
    return statistics.quantiles(values, n=4, method='inclusive') if len(values) > 1 else values * 3


# --- one at a time: memory, start and stop


def memory_per_connection(load, server, connections):
    with Running(server) as running:
        load.put(running, 'keep_alive', connections=1, requests=1)  # what a first request brings into memory
        before = running.memory()
        with load.idle(running, connections):
            return (running.memory() - before) / connections


def lifetime(build, server, connections):
    """To the first answer, and from SIGTERM with idle connections to the exit; ms."""
    with Running(server) as running:  # for its folder, and its port
        running.process.terminate()
        running.process.wait()
        arguments = [running.port, server.path, connections, SERVER_CPU]
        command = ['taskset', '-c', str(LOAD_CPU), *without_root(), build / 'tests/bench/bench_lifetime', *arguments,
                   *running.command()]
        done = subprocess.run(list(map(str, command)), cwd=running.folder, capture_output=True, text=True)
    return json.loads(done.stdout) if done.returncode == 0 else None


def singles(build, load, servers, settings, say):
    """Rows of one server each."""
    rows = []
    for server in servers:
        say(f'\rmemory, start and stop: {server.name:<40}', end='')
        row = {'server': server.name}
        with contextlib.suppress(RuntimeError):
            row['idle_bytes'] = memory_per_connection(load, server, settings.idle)
        lives = [life for _ in range(settings.lives) if (life := lifetime(build, server, 1000))]
        for key in ('start_ms', 'stop_ms'):
            if values := [life[key] for life in lives if key in life]:
                row[key] = statistics.median(values)
        rows.append(row)
    say('\r' + ' ' * 60 + '\r', end='')
    return rows


# --- the command line


def common_flags(name, description):
    """Those of every table."""
    parser = argparse.ArgumentParser(prog=name, description=description.split('\n\n')[0])
    parser.add_argument('--quick', action='store_true', help='fewer rounds; of the servers the floor, nginx and closelab')
    parser.add_argument('--rounds', type=int, help='default 10; 4 with --quick')
    parser.add_argument('--slice', type=float, default=0.2, metavar='SECONDS', help='of one server in one mode')
    parser.add_argument('--build', type=pathlib.Path, default=ROOT / 'build/bench', help='where the programs were built')
    return parser


def read_common_arguments(name, description):
    arguments = common_flags(name, description).parse_args()
    arguments.rounds = arguments.rounds or (4 if arguments.quick else 10)
    return arguments


def read_arguments():
    parser = common_flags('bench', __doc__)
    parser.add_argument('--only', default='', metavar='MODE,SERVER...',
                        help='only these modes and servers; the floor always takes part. Modes: '
                        + ', '.join(mode.name for mode in MODES) + ', singles: memory, start, stop, and counts: of calls and instructions')
    parser.add_argument('--json', type=pathlib.Path, metavar='FILE', help='also write all figures there')
    parser.add_argument('--svg', type=pathlib.Path, metavar='FILE', help='also draw the picture there')
    parser.add_argument('--tiny', action='store_true', help='a few seconds, of which the figures mean nothing: as a test')
    arguments = parser.parse_args()
    arguments.rounds = arguments.rounds or (4 if arguments.quick else 10)
    arguments.lives, arguments.idle = (3, 2000) if arguments.quick else (5, 10000)
    if arguments.tiny:
        arguments.rounds, arguments.slice, arguments.lives, arguments.idle = 1, 0.05, 1, 100
    return arguments


def matches(word, name):
    return word in name.lower().replace(',', '')


def choose(arguments):
    """The servers, the modes, and whether the single figures and the counts are wanted."""
    words = [word.strip().lower() for word in arguments.only.split(',') if word.strip()]
    named = [word for word in words if word in [mode.name for mode in MODES] + ['singles', 'counts']]
    wanted = [word for word in words if word not in named]
    servers = own_servers(arguments.build) + peers(arguments.build)
    if arguments.quick and not wanted:
        servers = [server for server in servers if server.name in QUICK]
    if wanted:
        servers = [server for server in servers if server.name == FLOOR or any(matches(w, server.name) for w in wanted)]
    for server in servers:
        if not server.endings:
            print(f'not installed: {server.name} (package {server.package}; --install gets it)', file=sys.stderr)
    modes = [mode for mode in MODES if not named or mode.name in named]
    return [server for server in servers if server.endings], modes, *(not named or extra in named for extra in ('singles', 'counts'))


def say(text, end='\n'):
    if end == '\n' or sys.stderr.isatty():
        print(text, end=end, file=sys.stderr, flush=True)


def main():
    arguments = read_arguments()
    private_network.enter()
    servers, modes, wants_singles, wants_counts = choose(arguments)
    load = Load(arguments.build)
    comparison = Comparison(load, servers, modes, arguments.slice, say)
    with contextlib.ExitStack() as stack:
        comparison.start_all(stack)
        comparison.run(arguments.rounds)
    alone = [server for server in servers if not (arguments.tiny and server.package)]
    outcome = {'rounds': arguments.rounds, 'slice_s': arguments.slice, 'modes': [dataclasses.asdict(m) for m in modes],
               'figures': comparison.figures(),
               'singles': singles(arguments.build, load, alone, arguments, say) if wants_singles else []}
    counted = [server for server in counts.counted_servers(arguments.build) if server.name in QUICK]
    outcome['counts'] = counts.measure(arguments.build, counted, say) if wants_counts and not arguments.tiny else []
    print(report.text(outcome))
    if outcome['counts']:
        print('\nFor each request or connection:\n' + counts.text(outcome['counts']))
    if arguments.json:
        arguments.json.write_text(json.dumps(outcome, indent=1) + '\n')
    if arguments.svg:
        arguments.svg.write_text(report.svg(outcome))
    sys.exit(comparison.broken)


if __name__ == '__main__':
    main()
