#!/usr/bin/env python3
"""Whether two reactors serve twice as much as one: `tests/bench/bench reactors`.

Where the load runs on the same CPUs, requests per second do not tell: the load takes as much of them. The server's CPU
time for each request does, for what reactors share (the ledger, the observer) would add to it. Two processes that share
the port by SO_REUSEPORT share nothing else, and are the measure.
"""

import contextlib
import json
import statistics
import subprocess

import private_network
from compare import MODES, read_common_arguments, say
from measure import Load, Running, forget_time_waits
from report import table
from servers import Server, simple

CPUS = (0, 1)
SHOWN = ('keep-alive', 'server-closes', 'lingering', 'client-closes')


class Both(Running):
    """On either CPU, at a port that may be another's too."""

    def __init__(self, *arguments, port=None, **settings):
        self.wanted_port = port
        super().__init__(*arguments, cpus='0,1', **settings)

    def command(self):
        self.port = self.wanted_port or self.port
        return super().command()


def embedded(build, ending, *settings):
    return Server('closelab', {'keep': simple(build / 'tests/bench/bench_closelab', 'PORT', f'close={ending}', *settings)})


def start(stack, build, ending):
    """Each way to serve: its processes, which share a port."""
    alone = stack.enter_context(Both(embedded(build, ending)))
    first = stack.enter_context(Both(embedded(build, ending, 'reuse_port=on')))
    second = stack.enter_context(Both(embedded(build, ending, 'reuse_port=on'), port=first.port))
    two = stack.enter_context(Both(embedded(build, ending, 'reactors=2')))
    return {'one reactor': [alone], 'two processes': [first, second], 'two reactors': [two]}


def slice_of(load, processes, mode, seconds):
    """us of server CPU for each request, and requests per second, under one load on each CPU."""
    before = sum(one.cpu() for one in processes)
    settings = {**mode.settings, 'connections': 32, 'seconds': seconds}
    loads = [subprocess.Popen(load.command(processes[0], mode.load, cpu=cpu, **settings), stdout=subprocess.PIPE)
             for cpu in CPUS]
    results = [json.loads(one.communicate()[0]) for one in loads]
    requests = sum(result['requests'] for result in results)
    forget_time_waits()
    return 1e6 * (sum(one.cpu() for one in processes) - before) / requests, requests / seconds


def row(build, load, mode, rounds, seconds):
    say(f'reactors: {mode.title}')
    with contextlib.ExitStack() as stack:
        ways = start(stack, build, mode.ending if mode.ending != 'keep' else 'immediate')
        measured = {name: [] for name in ways}
        for _ in range(rounds):
            for name, processes in ways.items():
                measured[name].append(slice_of(load, processes, mode, seconds))
    cost = {name: [value[0] for value in values] for name, values in measured.items()}
    scaling = lambda name: statistics.median(2 * one / two for one, two in zip(cost['one reactor'], cost[name]))
    rate = {name: statistics.median(value[1] for value in values) for name, values in measured.items()}
    return [mode.title, *(f'{statistics.median(values):.1f}' for values in cost.values()),
            f'{scaling("two processes"):.2f}', f'{scaling("two reactors"):.2f}', *(f'{value:,.0f}' for value in rate.values())]


def main():
    arguments = read_common_arguments('bench reactors', __doc__)
    private_network.enter()
    load = Load(arguments.build)
    rows = [row(arguments.build, load, mode, arguments.rounds, arguments.slice) for mode in MODES if mode.name in SHOWN]
    print(table(['us of server CPU a request: one reactor', 'two processes', 'two reactors', 'scaling: two processes',
                 'two reactors', 'requests/s: one reactor', 'two processes', 'two reactors'], rows))


if __name__ == '__main__':
    main()
