"""no_ipv6.py COMMAND...: runs it as on a machine without IPv6: a socket of that family can't be had (EAFNOSUPPORT)."""

import ctypes
import errno
import os
import platform
import socket
import struct
import sys

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
LOAD_WORD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06  # of classic BPF
ALLOW, ERRNO = 0x7FFF0000, 0x00050000
NUMBER_OF_CALL, FIRST_ARGUMENT = 0, 16  # offsets in struct seccomp_data
SYS_SOCKET = {"x86_64": 41, "aarch64": 198}[platform.machine()]

PROGRAM = [
    (LOAD_WORD, 0, 0, NUMBER_OF_CALL),
    (JUMP_IF_EQUAL, 0, 3, SYS_SOCKET),
    (LOAD_WORD, 0, 0, FIRST_ARGUMENT),
    (JUMP_IF_EQUAL, 0, 1, socket.AF_INET6),
    (RETURN, 0, 0, ERRNO | errno.EAFNOSUPPORT),
    (RETURN, 0, 0, ALLOW),
]


class Filter(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


def main():
    instructions = b"".join(struct.pack("HBBI", *instruction) for instruction in PROGRAM)
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    wanted = Filter(len(PROGRAM), instructions)
    if prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(wanted)):
        sys.exit(f"no_ipv6.py: {os.strerror(ctypes.get_errno())}")
    os.execvp(sys.argv[1], sys.argv[1:])


main()
