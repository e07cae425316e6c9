"""A server that runs, the load on it, and what both report: CPU time, memory, failures."""

import contextlib
import itertools
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from servers import BODY, LOAD_CPU, SERVER_CPU, without_root

START_PATIENCE_S = 20
ports = itertools.count(20000)


def on_cpu(cpu, command):
    return ['taskset', '-c', str(cpu), *map(str, command)]


def tree(pid):
    """A process and its descendants."""
    pids = [pid]
    for task in pathlib.Path(f'/proc/{pid}/task').iterdir():
        for child in (task / 'children').read_text().split():
            pids += tree(int(child))
    return pids


def cpu_seconds(pid):
    """User and system time of all threads of a process, those that have ended too, to the nanosecond: see
    clock_getcpuclockid(3), whose answer is this number."""
    return time.clock_gettime((~pid << 3) | 2)


def proportional_bytes(pid):
    for line in pathlib.Path(f'/proc/{pid}/smaps_rollup').read_text().splitlines():
        if line.startswith('Pss:'):
            return int(line.split()[1]) * 1024
    return 0


class Running:
    """A server under way, pinned, without root, in a folder of its own."""

    def __init__(self, server, ending='keep', wrapper=(), stdout=subprocess.DEVNULL, cpus=SERVER_CPU):
        self.server, self.ending, self.port = server, ending, next(ports)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='closelab-bench-'))
        self.folder.chmod(0o777)
        command = [*wrapper, *self.command()]
        self.log = open(self.folder / 'log', 'w+')
        self.process = subprocess.Popen(on_cpu(cpus, [*without_root(), *command]), cwd=self.folder,
                                        stdin=subprocess.DEVNULL, stdout=stdout, stderr=self.log)
        self.await_answer()

    def command(self):
        return self.server.command(self.ending)(self.folder, self.port)

    def await_answer(self):
        deadline = time.monotonic() + START_PATIENCE_S
        while time.monotonic() < deadline and self.process.poll() is None:
            if self.answers():
                return
            time.sleep(0.01)
        self.stop()
        raise RuntimeError(f'does not answer: {" ".join(map(str, self.process.args))}\n{self.said}')

    def answers(self):
        """Some listen before they know what to answer."""
        with contextlib.suppress(OSError), socket.create_connection(('127.0.0.1', self.port), timeout=2) as connection:
            connection.sendall(f'GET {self.server.path} HTTP/1.1\r\nHost: localhost\r\n\r\n'.encode())
            return connection.recv(65536).startswith(b'HTTP/1.1 200')
        return False

    def cpu(self):
        return sum(map(cpu_seconds, tree(self.process.pid)))

    def memory(self):
        return sum(map(proportional_bytes, tree(self.process.pid)))

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()
        self.log.seek(0)
        self.said = self.log.read()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.stop()


class Load:
    """The load generator of tests/bench/load.cpp."""

    def __init__(self, build):
        self.program = build / 'tests/bench/bench_load'

    def command(self, running, mode, cpu=LOAD_CPU, **settings):
        settings = {'path': running.server.path, **settings}
        arguments = [f'{name}={value}' for name, value in settings.items()]
        return on_cpu(cpu, [self.program, mode, running.port, *arguments])

    def put(self, running, mode, **settings):
        done = subprocess.run(self.command(running, mode, **settings), capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    @contextlib.contextmanager
    def idle(self, running, connections):
        """While connections are open, each of which has been answered once."""
        command = self.command(running, 'idle', connections=connections, seconds=20)
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as load:
            load.stdout.readline()
            yield
            load.stdin.close()
            result = json.loads(load.stdout.read())
        if result['connections'] != connections:
            raise RuntimeError(f'{running.server.name} kept {result["connections"]} of {connections}: {result}')


def measure_cpu(load, running, mode, **settings):
    """What the load reports, with the server's CPU time for each request in us. Verdicts come after the connections'
    ends, so that a moment is waited for them."""
    before = running.cpu()
    result = load.put(running, mode, **settings)
    time.sleep(0.03)
    result['cpu_us'] = 1e6 * (running.cpu() - before) / max(1, result['requests'])
    return result


# --- does it answer right


def read_answer(connection):
    data = b''
    while len(data.partition(b'\r\n\r\n')[2]) < len(BODY):
        piece = connection.recv(65536)
        if not piece:
            break
        data += piece
    return data


def is_open(connection, seconds):
    connection.settimeout(seconds)
    try:
        return connection.recv(1) != b''
    except (TimeoutError, socket.timeout):
        return True


def check_answers(running):
    """Raises unless a request gets status 200 and 13 bytes, and the connection then is kept, or closed if asked to."""
    for closing in (False, True):
        if not running.server.hears_requests and closing == (running.ending == 'keep'):
            continue
        with socket.create_connection(('127.0.0.1', running.port), timeout=5) as connection:
            close = 'Connection: close\r\n' if closing else ''
            connection.sendall(f'GET {running.server.path} HTTP/1.1\r\nHost: localhost\r\n{close}\r\n'.encode())
            head, _, body = read_answer(connection).partition(b'\r\n\r\n')
            if not head.startswith(b'HTTP/1.1 200') or len(body) != len(BODY):
                raise RuntimeError(f'answers {head} and {len(body)} bytes')
            if is_open(connection, 2 if closing else 0.02) == closing:
                raise RuntimeError(f'does not {"close" if closing else "keep"} its connection')


def forget_time_waits():
    """Otherwise every slice would leave thousands to the next; without ss, or without the kernel's leave, it does."""
    with contextlib.suppress(FileNotFoundError):
        subprocess.run(['ss', '-K', 'state', 'time-wait'], capture_output=True)
