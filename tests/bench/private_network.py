"""Runs a program in a network namespace of its own: all ports are free, and the TIME_WAITs stay in it."""

import os
import pathlib
import resource
import signal
import subprocess
import sys

from servers import is_allowed

INSIDE = 'CLOSELAB_BENCH_INSIDE'


def enter():
    """Starts this program again inside, unless it is."""
    if INSIDE not in os.environ:
        namespaces = ['unshare', '--user', '--map-root-user', '--net']
        if not is_allowed(*namespaces):
            namespaces = ['unshare', '--net']
        if not is_allowed(*namespaces):
            print('SKIPPED: this machine allows no network namespace (unshare --user --net)')
            sys.exit(77)
        os.environ[INSIDE] = 'yes'
        os.execvp(namespaces[0], [*namespaces, '--', sys.executable, *sys.argv])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit('stopped'))  # so that the servers are, too
    subprocess.run(['ip', 'link', 'set', 'lo', 'up'], check=True)
    set_sysctl('ip_local_port_range', '1024 65535')
    set_sysctl('ip_local_reserved_ports', '20000-20999')  # the servers'
    set_sysctl('tcp_max_tw_buckets', '1000000')
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def set_sysctl(name, value):
    pathlib.Path('/proc/sys/net/ipv4', name).write_text(value)
