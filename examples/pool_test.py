#!/usr/bin/env python3
"""What a client that keeps connections must get right, with Python's http.client.

The pool is the smallest that gets it right; put your own in its place. CLOSELAB is the program."""

import http.client
import unittest

from closelab import Closelab

STALE = (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError)


class Pool:
    """Keeps one connection, and sends a GET again that met a stale one."""

    def __init__(self, port):
        self._port = port
        self._kept = None

    def fetch(self, method, path, body=None):
        reused = self._kept is not None
        try:
            return self._exchange(method, path, body)
        except STALE:
            # RFC 9110 section 9.2.2: a method that is not idempotent must not be sent again unasked.
            if not reused or method != "GET":
                raise
            return self._exchange(method, path, body)

    def _exchange(self, method, path, body):
        connection, self._kept = self._kept or http.client.HTTPConnection("127.0.0.1", self._port), None
        try:
            connection.request(method, path, body)
            response = connection.getresponse()
            text = response.read()
        except STALE:
            connection.close()
            raise
        if not response.will_close:
            self._kept = connection
        return text

    def close(self):
        if self._kept:
            self._kept.close()


class PoolTest(unittest.TestCase):
    def setUp(self):
        self.server = Closelab()
        self.addCleanup(self.server.stop)
        self.pool = Pool(self.server.port)
        self.addCleanup(self.pool.close)

    def test_reuses_a_connection(self):
        self.pool.fetch("GET", "/")
        self.pool.fetch("GET", "/")
        self.assertEqual(self.server.connections_of_requests(), [1, 1])

    def test_survives_a_stale_connection(self):
        self.server.rules({"connection": 1, "at": "next_request", "close": "lingering"})
        self.pool.fetch("GET", "/")
        self.assertIn(b"connection 2", self.pool.fetch("GET", "/"))
        record = self.server.closed(1)
        self.assertEqual(record["close_reason"], "rule", record["text"])
        self.assertEqual(record["retry"], "safe", record["text"])

    def test_does_not_send_a_post_again(self):
        self.server.rules({"connection": 1, "request": 2, "at": "before_response", "close": "lingering"})
        self.pool.fetch("GET", "/")
        with self.assertRaises(STALE):
            self.pool.fetch("POST", "/echo", b"order 1 book")
        record = self.server.closed(1)
        self.assertEqual(record["retry"], "if_idempotent", record["text"])
        self.assertEqual(self.server.connections_of_requests(), [1, 1])

    def test_notices_connection_close(self):
        self.pool.fetch("GET", "/close/lingering")
        self.pool.fetch("GET", "/")
        self.assertEqual(self.server.connections_of_requests(), [1, 2])
        self.assertEqual(self.server.closed(1)["verdict"]["closed_first"], "server")


if __name__ == "__main__":
    unittest.main()
