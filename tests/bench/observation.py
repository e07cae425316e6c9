#!/usr/bin/env python3
"""What lookups cost under load, and what they still tell: `tests/bench/bench observation`."""

import contextlib
import json
import signal
import statistics
import subprocess

import private_network
from compare import MODES, quartiles, read_common_arguments, say
from measure import Load, Running, forget_time_waits, measure_cpu
from report import table
from servers import Server, simple

ENDINGS = [mode for mode in MODES if mode.load != 'keep_alive']
RATES = (5000, 10000, 15000, 20000)
SECONDS = 5


def embedded(build, *settings):
    program = build / 'tests/bench/bench_closelab'
    return Server('closelab', {'keep': simple(program, 'PORT', *settings)})


def watched(build):
    """closelab without lookups, with them for one connection in ten, and for all."""
    program = build / 'tests/bench/bench_closelab'
    settings = {'off': ['lookups=off'], 'one in ten': ['lookup_every=10'], 'all': []}
    return [Server(name, {ending: simple(program, 'PORT', *words, f'close={ending}') for ending in ('immediate', 'lingering')}
                   | {'keep': simple(program, 'PORT', *words)}) for name, words in settings.items()]


def cost_rows(build, load, rounds, slice_s):
    """What an ending costs the server at full speed, in turn."""
    rows = []
    for mode in ENDINGS:
        say(f'cost of lookups: {mode.title}')
        with contextlib.ExitStack() as stack:
            running = [stack.enter_context(Running(server, mode.ending)) for server in watched(build)]
            measured = [[] for _ in running]
            for _ in range(rounds):
                for one, results in zip(running, measured):
                    result = measure_cpu(load, one, mode.load, seconds=slice_s, **mode.settings)
                    results.append((result['cpu_us'], result['requests'] / result['seconds']))
                    forget_time_waits()
        off, _, every = measured
        more = quartiles([b[0] - a[0] for a, b in zip(off, every)])
        middle = lambda place: [statistics.median(value[place] for value in results) for results in measured]
        rows.append([mode.title, *(f'{cost:.1f}' for cost in middle(0)),
                     f'{more[1]:+.1f} ({more[0]:+.1f} to {more[2]:+.1f})', *(f'{rate:,.0f}' for rate in middle(1))])
    return rows


def endings_of(running):
    """What bench_closelab prints at SIGUSR1."""
    running.process.send_signal(signal.SIGUSR1)
    return json.loads(running.process.stdout.readline())


def peak_bytes(pid):
    for line in open(f'/proc/{pid}/status'):
        if line.startswith('VmHWM:'):
            return int(line.split()[1]) * 1024


def paced(build, load, rate, seconds):
    """Endings at a pace, every record kept: how many have a verdict, and how many say that they were not observed."""
    with Running(embedded(build, 'records=1000000'), stdout=subprocess.PIPE) as running:
        result = load.put(running, 'server_closes', connections=1000, addresses=8, seconds=seconds, rate=rate)
        before_settling = endings_of(running)
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.process.wait(1)  # of which nothing is expected: what is transitional settles meanwhile
        endings = endings_of(running)
    forget_time_waits()
    done = result['connections']
    return [f'{rate:,}', f'{done / result["seconds"]:,.0f}', f'{done:,}', f'{endings["settled"]:,}',
            f'{endings["settled"] - endings["unknown"]:,}', f'{endings["not_observed"]:,}',
            f'{endings["unknown"] - min(endings["unknown"], endings["not_observed"]):,}',
            f'{before_settling["open"]:,}', str(result['failed'])]


def ledger_rows(build, load, seconds):
    """The memory of a server that keeps 10,000 records, while it ends connections as fast as it can."""
    rows = []
    with Running(embedded(build), stdout=subprocess.PIPE) as running:
        rows.append(['0', f'{running.memory() / 1e6:.1f}', '-'])
        for _ in range(4):
            load.put(running, 'server_closes', connections=64, addresses=8, seconds=seconds)
            forget_time_waits()
            settled = endings_of(running)['settled']
            rows.append([f'{settled:,}', f'{running.memory() / 1e6:.1f}', f'{peak_bytes(running.process.pid) / 1e6:.1f}'])
    return rows


def main():
    arguments = read_common_arguments('bench observation', __doc__)
    private_network.enter()
    load = Load(arguments.build)
    print(table(['us of server CPU for each connection: off', 'one in ten', 'all', 'all - off (quartiles)', 'conn/s: off',
                 'one in ten', 'all'],
                cost_rows(arguments.build, load, arguments.rounds, arguments.slice)))
    print()
    seconds = 2 if arguments.quick else SECONDS
    rows = [paced(arguments.build, load, rate, seconds) for rate in RATES]
    print(table(['endings/s wanted', 'had', 'connections', 'settled', 'TIME_WAIT known', 'not observed', 'unknown unsaid',
                 'open at the end', 'failed'], rows))
    print()
    print(table(['connections ended', 'memory MB', 'peak MB'], ledger_rows(arguments.build, load, seconds / 2)))


if __name__ == '__main__':
    main()
