"""Starts the program on ports of the kernel's choice and asks its admin port; for the tests beside it."""

import json
import os
import subprocess
import urllib.request


class Closelab:
    """A running server; `with Closelab() as server:` stops it."""

    def __init__(self, *options):
        program = os.environ.get("CLOSELAB", "build/release/closelab")
        command = [program, "serve", "--port", "0", "--log-format", "json", *options]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE)
        listening = json.loads(self._process.stdout.readline())
        self.port = listening["port"]
        self.url = listening["url"]
        self._admin = listening["admin_url"]
        # From here on nobody reads the log.
        self._process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait()

    def ask(self, path, method="GET", body=None):
        """An answer of the admin port, whose page is docs/admin.md."""
        request = urllib.request.Request(self._admin + path, method=method)
        if method != "GET":
            request.add_header("Content-Type", "application/json")
            request.data = json.dumps(body).encode() if body is not None else b""
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def rules(self, *rules):
        """Replaces the server's rules."""
        self.ask("rules", "PUT", list(rules))

    def closed(self, connection):
        """The record of that connection, once it has ended at both sides."""
        return self.ask(f"connections/{connection}?wait=closed")
