#!/usr/bin/env python3
"""A reverse proxy of our own: proxy.py LISTEN_PORT UPSTREAM_PORT [WRONG]...: it passes on every answer and every ending
as it comes, one upstream connection for each of its clients'. Each word makes it do one thing wrong.
"""

import socket
import struct
import sys
import threading

WRONG = set(sys.argv[3:])


def connect():
    return socket.create_connection(("127.0.0.1", int(sys.argv[2])), 5)


def read_request(front):
    request = b""
    while b"\r\n\r\n" not in request:
        piece = front.recv(65536)
        if not piece:
            return None
        request += piece
    head, _, body = request.partition(b"\r\n\r\n")
    lengths = [int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    while len(body) < sum(lengths):
        piece = front.recv(65536)
        body += piece
        request += piece
    return request


def pass_answer(request, front):
    """Returns when the upstream has ended the connection; it says with what."""
    if "repeat" in WRONG and request.startswith(b"POST"):
        spoilt = connect()
        spoilt.sendall(request)
        spoilt.recv(1)
        spoilt.close()
    with connect() as upstream:
        upstream.sendall(request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1))
        passed = 0
        try:
            while piece := upstream.recv(65536):
                front.sendall(piece[:20] if "cut" in WRONG else piece)
                passed += len(piece)
                if "cut" in WRONG:
                    break
        except ConnectionResetError:
            return passed, "rst"
        return passed, "fin"


def serve(front):
    with front:
        request = read_request(front)
        if request is None:
            return
        passed, end = pass_answer(request, front)
        if not passed and "gateway" in WRONG:
            front.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
        if end == "rst" and "fin-for-rst" not in WRONG:
            front.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    accepted, _ = listener.accept()
    threading.Thread(target=serve, args=(accepted,), daemon=True).start()
