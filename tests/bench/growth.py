#!/usr/bin/env python3
"""What grows with the number of connections: `tests/bench/bench growth`. A request beside idle connections, an ending beside
TIME_WAITs, the memory of an idle connection."""

import contextlib
import resource
import statistics

import private_network
from compare import memory_per_connection, read_common_arguments, say
from measure import Load, Running, forget_time_waits, measure_cpu
from report import table
from servers import own_servers

OPEN = (1, 1000, 3000, 10000)
TIME_WAITS = (100, 1000, 10000, 30000, 100000)


def cell(costs, smallest):
    return f'{statistics.median(costs):.2f} ({statistics.median(costs) / statistics.median(smallest):.2f})'


def columns(servers, measured, levels):
    """A row for each level: the cost, and the ratio to that at the first level."""
    return [[f'{level:,}', *(cell(measured[server.name, level], measured[server.name, levels[0]]) for server in servers)]
            for level in levels]


def requests_beside_idle(load, servers, arguments):
    measured = {}
    for _ in range(arguments.rounds):
        for server in servers:
            with Running(server) as running:
                for level in OPEN:
                    say(f'\rrequests beside {level} open: {server.name:<40}', end='')
                    with load.idle(running, level):
                        result = measure_cpu(load, running, 'keep_alive', connections=64, seconds=arguments.slice)
                    measured.setdefault((server.name, level), []).append(result['cpu_us'])
    return columns(servers, measured, OPEN)


def fill(load, running, wanted):
    """So many sockets in TIME_WAIT, and no others."""
    forget_time_waits()
    load.put(running, 'server_closes', connections=64, addresses=16, requests=wanted, seconds=60)


def endings_beside_time_waits(load, servers, arguments):
    measured = {}
    with contextlib.ExitStack() as stack:
        running = [stack.enter_context(Running(server, 'immediate')) for server in servers]
        for level in TIME_WAITS:
            say(f'\rendings beside {level} TIME_WAITs{"":<40}', end='')
            for number in range(arguments.rounds):
                if number == 0 or level < 10000:
                    fill(load, running[0], level)
                for one in running:
                    result = measure_cpu(load, one, 'server_closes', connections=64, addresses=16, seconds=arguments.slice,
                                         requests=3000)
                    measured.setdefault((one.server.name, level), []).append(result['cpu_us'])
    forget_time_waits()
    return columns(servers, measured, TIME_WAITS)


def memory_rows(load, servers, levels):
    return [[f'{level:,}', *(f'{memory_per_connection(load, server, level):,.0f}' for server in servers)]
            for level in levels]


def main():
    arguments = read_common_arguments('bench growth', __doc__)
    private_network.enter()
    servers = [server for server in own_servers(arguments.build) if 'serve' not in server.name]
    load = Load(arguments.build)
    head = [server.name for server in servers]
    print('us of server CPU (ratio to the first row), medians')
    print(table(['a request, beside open', *head], requests_beside_idle(load, servers, arguments)))
    print()
    print(table(['an ending, beside TIME_WAITs', *head], endings_beside_time_waits(load, servers, arguments)))
    print()
    most = min(100_000, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 200)
    levels = sorted({1000, 3000, 10000, most} if most > 10000 else {1000, most})
    print(table(['bytes of memory for each idle connection, of', *head[1:]], memory_rows(load, servers[1:], levels)))


if __name__ == '__main__':
    main()
