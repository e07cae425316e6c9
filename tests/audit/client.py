#!/usr/bin/env python3
"""An HTTP client of our own, as small as a client can be that does everything right; each of its options makes it do
one thing wrong. It reads the steps of `closelab audit` (docs/audit.md). Its sockets are all it knows: no library helps.
"""

import select
import socket
import struct
import sys
import threading
import time

WRONG = set(sys.argv[1:])
SMALL = 64 * 1024
PATIENCE = 5


class Connection:
    def __init__(self, host, port):
        family = [socket.AF_INET6] if "first-address" in WRONG and host == "localhost" else [0]
        self.socket = connect(host, port, family[0])
        self.socket.settimeout(PATIENCE)
        if "keepalive" in WRONG:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if "exit-by-rst" in WRONG:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.bytes = b""
        self.answers = 0
        self.until = float("inf")
        self.more = float("inf")

    def fill(self):
        piece = self.socket.recv(1 << 16)
        if not piece:
            raise EOFError("the connection ended")
        self.bytes += piece

    def line(self):
        while b"\r\n" not in self.bytes:
            self.fill()
        line, self.bytes = self.bytes.split(b"\r\n", 1)
        return line.decode("latin-1")

    def take(self, count):
        while len(self.bytes) < count:
            self.fill()
        taken, self.bytes = self.bytes[:count], self.bytes[count:]
        return taken

    def is_usable(self):
        if "ignore-hints" not in WRONG and (time.monotonic() > self.until or self.more <= 0):
            return False
        return "blind" in WRONG or not select.select([self.socket], [], [], 0)[0] and not self.bytes

    def close(self):
        self.socket.close()


def connect(host, port, family):
    error = OSError("no address")
    for family, kind, _, _, address in socket.getaddrinfo(host, port, family, socket.SOCK_STREAM):
        sock = socket.socket(family, kind)
        sock.settimeout(60 if "connect-for-ever" in WRONG else PATIENCE)
        try:
            sock.connect(address)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return sock
        except OSError as failure:
            error = failure
            sock.close()
    raise error


class Answer:
    def __init__(self, connection, method):
        self.connection = connection
        version, status = connection.line().split(" ")[:2]
        if not version.startswith("HTTP/1."):
            raise ValueError("no answer")
        self.status = int(status)
        self.fields = []
        while line := connection.line():
            name, value = line.split(":", 1)
            self.fields.append((name.lower(), value.strip()))
        has_body = method != "HEAD" and self.status not in (204, 304) and self.status >= 200
        self.has_body = has_body or "body-of-head" in WRONG and self.status >= 200
        lengths = set(self.values("content-length"))
        if len(lengths) > 1 and "any-length" not in WRONG:
            raise ValueError("two lengths")
        self.length = int(self.values("content-length")[0]) if lengths else None
        goes_by_length = lengths and "length-first" in WRONG
        self.chunked = self.values("transfer-encoding")[-1:] == ["chunked"] and not goes_by_length
        self.keeps = version == "HTTP/1.1" and not (self.chunked and lengths) and not self.says_close()
        if self.has_body and not self.chunked and self.length is None:
            self.keeps = False
        if "reuse-http10" in WRONG and version == "HTTP/1.0" and self.length is not None:
            self.keeps = True

    def values(self, name):
        return [value for field, value in self.fields if field == name]

    def says_close(self):
        if "ignore-close" in WRONG:
            return False
        if "close-as-it-is" in WRONG:
            return "close" in self.values("connection")[:1]
        return "close" in [word.strip().lower() for value in self.values("connection") for word in value.split(",")]

    def body(self):
        count = 0
        try:
            for piece in self.pieces():
                count += len(piece)
        except (EOFError, OSError) as error:
            self.keeps = False
            if "accept-truncated" not in WRONG and not (isinstance(error, OSError) and "accept-reset" in WRONG):
                raise
        return count

    def pieces(self):
        if not self.has_body:
            return
        if self.chunked:
            yield from self.chunks()
        elif self.length is not None:
            left = self.length
            while left > 0:
                piece = self.connection.take(min(left, max(1, len(self.connection.bytes))))
                left -= len(piece)
                yield piece
        else:
            yield from self.rest()

    def chunks(self):
        while size := int(self.connection.line().split(";")[0], 16):
            yield self.connection.take(size)
            self.connection.take(2)
        if "skip-trailer" not in WRONG:
            while self.connection.line():
                pass

    def rest(self):
        try:
            while True:
                yield self.connection.take(max(1, len(self.connection.bytes)))
        except EOFError:
            if "want-length" in WRONG:
                raise
            return

    def notes_hints(self):
        for value in self.values("keep-alive"):
            for hint in value.split(","):
                name, _, number = hint.strip().partition("=")
                if name == "timeout":
                    self.connection.until = time.monotonic() + int(number)
                if name == "max":
                    self.connection.more = int(number)


class Client:
    def __init__(self):
        self.pool = {}
        self.lock = threading.Lock()

    def take(self, origin):
        with self.lock:
            kept = self.pool.setdefault(origin, [])
            while kept:
                connection = kept.pop(0 if "oldest" in WRONG else -1)
                if connection.is_usable():
                    return connection
                connection.close()
        return Connection(*origin)

    def give_back(self, origin, connection):
        with self.lock:
            self.pool.setdefault(origin, []).append(connection)

    def idle(self):
        with self.lock:
            return [connection.socket for kept in self.pool.values() for connection in kept]

    def drop(self, ended):
        """What has ended, or speaks unasked, is closed at once."""
        with self.lock:
            for kept in self.pool.values():
                for connection in [each for each in kept if each.socket in ended]:
                    kept.remove(connection)
                    connection.close()

    def request(self, method, url, body=b"", fields="", read=None, expect=False):
        origin, target = split(url)
        connection = self.take(origin)
        repeats = ["GET", "HEAD", "PUT", "DELETE"] + (["POST", "POST"] if "retry-post" in WRONG else [])
        most = 5 if "retry-for-ever" in WRONG else 1
        for tries in range(most + 1):
            was_used = connection.answers > 0
            try:
                return self.exchange(origin, connection, method, target, body, fields, read, expect)
            except (EOFError, ConnectionError) as error:
                connection.close()
                may_repeat = method in repeats and (was_used or "retry-fresh" in WRONG or "retry-for-ever" in WRONG)
                if tries == most or getattr(error, "begun", False) or not may_repeat or "no-retry" in WRONG:
                    raise
                from_pool = "stale-from-pool" in WRONG
                connection = self.take(origin) if from_pool else Connection(*origin)
            except Exception:
                connection.close()
                raise

    def exchange(self, origin, connection, method, target, body, fields, read, expect):
        says_close = "polite" in WRONG
        head = f"{method} {target} HTTP/1.1\r\nHost: {origin[0]}:{origin[1]}\r\n{fields}"
        head += "Connection: close\r\n" if says_close else ""
        head += f"Content-Length: {len(body)}\r\n" if body or method in ("POST", "PUT") else ""
        head = (head + "\r\n").encode()
        if not expect:
            body = body if self.send(connection, head, body) else None
        else:
            connection.socket.sendall(head)
            if not self.may_send_body(connection):
                body = None
            elif "never-continue" in WRONG:
                raise ValueError("no body")
            else:
                connection.socket.sendall(body)
        answer = self.final_answer(connection, method)
        connection.answers += 1
        answer.notes_hints()
        count = read(answer) if read else self.read_body(answer)
        if "lose-answer" in WRONG:
            connection.socket.settimeout(0.05)
            try:
                connection.fill()
            except TimeoutError:
                connection.socket.settimeout(PATIENCE)
        asked_close = "Connection: close" in fields and "ignore-own-close" not in WRONG
        is_sent = body is not None or "reuse-unsent" in WRONG
        keeps = answer.keeps and is_sent and not says_close and not asked_close and count is not None
        if connection.bytes and "reuse-surplus" not in WRONG or not keeps or "no-reuse" in WRONG or "polite" in WRONG:
            connection.close()
        else:
            self.give_back(origin, connection)
        return answer.status, count or 0

    def read_body(self, answer):
        try:
            count = answer.body()
        except (EOFError, OSError) as error:
            error.begun = True
            raise
        return min(count, 1000000) if "lose-bytes" in WRONG else count

    def send(self, connection, head, body):
        """False when an answer, or the end, is there before all is sent."""
        if "split-write" in WRONG and body:
            connection.socket.sendall(head)
            time.sleep(0.05)
            head = b""
        left = memoryview(head + body)
        while left:
            readable, writable, _ = select.select([connection.socket], [connection.socket], [], PATIENCE)
            if readable and "give-up-early" in WRONG and connection.answers == 0:
                raise ValueError("something came before all was sent")
            if readable and not WRONG & {"write-first", "blind"}:
                return False
            if writable:
                left = left[connection.socket.send(left[: 1 << 16]) :]
            elif not readable:
                raise TimeoutError("it takes no more")
        return True

    def may_send_body(self, connection):
        """After 100, or when nothing has come for a second; not when a final answer is there."""
        if not select.select([connection.socket], [], [], 60 if "wait-for-100" in WRONG else 1)[0]:
            return True
        connection.fill()
        return connection.bytes.startswith(b"HTTP/1.1 1")

    def final_answer(self, connection, method):
        begun = False
        try:
            while True:
                if "impatient" in WRONG and not select.select([connection.socket], [], [], 1)[0]:
                    raise ConnectionError("too slow")
                if not connection.bytes:
                    connection.fill()
                begun = True
                answer = Answer(connection, method)
                if answer.status >= 200 or "any-answer" in WRONG:
                    return answer
        except (EOFError, OSError) as error:
            error.begun = begun
            raise

    def get_unread(self, url):
        def read(answer):
            if "reuse-unread" in WRONG:
                return 0
            if "close-unread" in WRONG or answer.chunked or (answer.length or 0) > SMALL:
                return None
            return answer.body()

        return self.request("GET", url, read=read)

    def follow(self, url):
        place = []

        def read(answer):
            place.extend(answer.values("location"))
            return None if place and "close-redirect" in WRONG else answer.body()

        answer = self.request("GET", url, read=read)
        return self.request("GET", "http://" + "%s:%d" % split(url)[0] + place[0]) if answer[0] == 302 else answer

    def cut_upload(self, url, size):
        origin, target = split(url)
        connection = self.take(origin)
        head = f"POST {target} HTTP/1.1\r\nHost: {origin[0]}:{origin[1]}\r\nContent-Length: {size}\r\n\r\n"
        connection.socket.sendall(head.encode() + bytes(size if "complete-upload" in WRONG else size // 2))
        if "complete-upload" in WRONG:
            time.sleep(0.1)
        connection.close()
        raise ValueError("the source failed")

    def burst(self, url, count):
        statuses = []
        if "serial-burst" in WRONG:
            return max(self.request("GET", url) for _ in range(count))
        threads = [threading.Thread(target=lambda: statuses.append(self.request("GET", url))) for _ in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return statuses[0]

    def cancel(self, url, milliseconds):
        def read(answer):
            answer.connection.socket.settimeout(milliseconds / 1000)
            try:
                return answer.body()
            except (EOFError, OSError):
                if "reuse-cancelled" not in WRONG:
                    raise ValueError("given up")
            answer.connection.socket.settimeout(PATIENCE)
            answer.connection.bytes = b""
            answer.keeps = True
            return 0

        return self.request("GET", url, read=read)


def split(url):
    host, _, target = url.removeprefix("http://").partition("/")
    name, _, port = host.partition(":")
    return (name, int(port)), "/" + target


def play(client, word, url, number):
    if word in ("GET", "HEAD", "DELETE"):
        answer = client.request(word, url)
        return client.request(word, url) if answer[0] == 503 and "retry-503" in WRONG else answer
    if word == "GETF":
        return client.follow(url)
    if word in ("POST", "PUT"):
        return client.request(word, url, b"ping")
    if word == "UP":
        return client.request("POST", url, bytes(number))
    if word == "GETC":
        return client.request("GET", url, fields="Connection: close\r\n")
    if word == "EXP":
        answer = client.request("POST", url, b"ping", "Expect: 100-continue\r\n", expect=True)
        return client.request("POST", url, b"ping") if answer[0] == 417 and "take-417" not in WRONG else answer
    if word == "GETU":
        return client.get_unread(url)
    if word == "UPCUT":
        return client.cut_upload(url, number)
    if word == "BURST":
        return client.burst(url, number)
    if word == "CANCEL":
        return client.cancel(url, number)
    return None


def answer_to(client, step):
    number, word, *arguments = step.split()
    if word == "VERSION":
        return f"{number} ok closelab's own client"
    if "mute" in WRONG:
        return f"{number} ok 200 10" if "lie" in WRONG else f"{number} err nothing was sent"
    try:
        if "spare-connection" in WRONG:
            client.spare = Connection(*split(arguments[0])[0])
        result = play(client, word, arguments[0], int(arguments[1]) if len(arguments) > 1 else 0)
    except Exception as error:
        if "no-errors" in WRONG:
            return f"{number} ok 200 0"
        return f"{number} err {type(error).__name__}: {error}"
    return f"{number} na" if result is None else f"{number} ok {result[0]} {result[1]}"


def main():
    client = Client()
    while True:
        idle = client.idle() if "blind" not in WRONG else []
        timeout = 1 if "short-idle" in WRONG else None
        ready = select.select([sys.stdin, *idle], [], [], timeout)[0]
        if not ready:
            client.drop(client.idle())
        if ended := [each for each in ready if each is not sys.stdin]:
            client.drop(ended)
        if sys.stdin in ready:
            step = sys.stdin.readline()
            if not step:
                return
            print(answer_to(client, step), flush=True)


main()
