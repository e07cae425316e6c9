"""closelab in tests written in Python: a server whose every ending of a connection is chosen, and known.

One file that needs nothing else: copy it beside your tests, or put its folder (share/closelab/examples of an installed
closelab) on PYTHONPATH. Without pytest:

    with Closelab() as server:
        server.rules({"connection": 1, "at": "next_request", "close": "abortive"})
        ...  # your client, twice, against server.url
        assert server.closed(1)["retry"] == "safe"

With pytest, write `pytest_plugins = ["closelab"]` in conftest.py, and a test takes the server as its argument:

    @pytest.mark.closelab("--idle-timeout", "200ms")  # options of `closelab serve`, if you need any
    def test_reuse(closelab):
        ...

The program is the one that CLOSELAB names, else `closelab` in PATH, else one that was built beside this file. When
CLOSELAB_ADMIN is set, as http://closelab:8081/, no program is started: the tests share the server that runs there.
docs/admin.md says what is in a record, and which rules there are.
"""

import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request


# More than there can be.
ALL = 2**32


class CloselabError(RuntimeError):
    """The program can't be found or does not start, or the admin port refuses what it is asked."""


def find_program():
    """Where the program closelab is."""
    # The parent of / is / itself, so that this file may lie there.
    beside = pathlib.Path(__file__).resolve().parent.parent
    built = [beside / "build" / preset / "closelab" for preset in ("release", "static", "dev")]
    for program in (os.environ.get("CLOSELAB"), shutil.which("closelab"), *filter(pathlib.Path.exists, built)):
        if program:
            return str(program)
    raise CloselabError("no program closelab: install its package, or say where it is in the variable CLOSELAB")


class Closelab:
    """A running server. `with` stops it, and prints what became of its connections when the block fails.

    url    the server, http://127.0.0.1:PORT/
    port   its port
    admin  its admin port, http://127.0.0.1:PORT/
    """

    def __init__(self, *options, program=None):
        """Starts the program with these options of `closelab serve`, on a port of the kernel's choice."""
        command = [program or find_program(), "serve", "--port", "0", "--log-format", "json", *options]
        try:
            self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        except OSError as error:
            raise CloselabError(f"{command[0]}: {error.strerror}") from error
        try:
            listening = self._listening(" ".join(command))
        except BaseException:
            # Whoever gets no server from us can't stop it.
            self.stop()
            raise
        self.port, self.url, self.admin = listening["port"], listening["url"], listening["admin_url"]
        self._before = 0

    @classmethod
    def at(cls, admin):
        """The server that runs elsewhere, whose admin port is this URL; its rules are removed. It is not stopped."""
        self = cls.__new__(cls)
        self._process, self.admin = None, admin.rstrip("/") + "/"
        self.port = urllib.parse.urlsplit(self.ask("conf")["url"]).port
        self.url = f"http://{urllib.parse.urlsplit(admin).hostname}:{self.port}/"
        self._before = self.ask("connections?limit=0")["counts"]["accepted"]
        self.rules()
        return self

    @classmethod
    def for_test(cls, *options):
        """The shared server of CLOSELAB_ADMIN, which can't be given options, else one of its own."""
        admin = os.environ.get("CLOSELAB_ADMIN")
        if admin and options:
            raise CloselabError(f"the server at CLOSELAB_ADMIN={admin} has its options already: {' '.join(options)}")
        return cls.at(admin) if admin else cls(*options)

    def __enter__(self):
        return self

    def __exit__(self, kind=None, *_):
        try:
            if kind is not None:
                print(self.story(), file=sys.stderr)
        finally:
            self.stop()

    def stop(self):
        """Ends the program, if it is ours. Again does nothing."""
        if self._process:
            self._process.terminate()
            self._process.wait()

    def ask(self, path, method="GET", body=None):
        """An answer of the admin port, whose page is docs/admin.md. Raises CloselabError with what it says."""
        request = urllib.request.Request(self.admin + path, method=method)
        if method != "GET":
            request.add_header("Content-Type", "application/json")
            request.data = json.dumps(body).encode() if body is not None else b""
        try:
            # Not through a proxy, whatever the environment says: it is this machine, or one beside it.
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            text = json.load(error)["error"]["text"]
            raise CloselabError(f"{method} {path}: {error.code} {text}") from None

    def id(self, connection):
        """The number that the server knows this test's first, second... connection by."""
        return self._before + connection

    # What is to happen.

    def rules(self, *rules):
        """Replaces the server's rules by these dicts; `connection` counts from this test's first."""
        self.ask("rules", "PUT", [self._counted(rule) for rule in rules])

    def add_rule(self, rule):
        """Adds a rule; returns its id."""
        return self.ask("rules", "POST", self._counted(rule))["id"]

    def unused_rules(self):
        """The texts of rules that never acted: what they were to provoke has not been tested."""
        return [rule["text"] for rule in self.ask("rules")["rules"] if rule["fired"] == 0]

    def close(self, connection, mode="abortive"):
        """Ends the connection at once, whatever it is doing."""
        self.ask(f"connections/{self.id(connection)}/close?mode={mode}", "POST")

    def close_idle(self):
        """Ends the connections that wait for a request."""
        self.ask("close-idle", "POST")

    def hold(self):
        """From now on our side closes no connection, until release()."""
        self.ask("hold", "POST")

    def release(self):
        self.ask("release", "POST")

    # Barriers: each returns the record of the connection when it has happened. No test needs a sleep.

    def accepted(self, connection, timeout="5s"):
        return self._wait(connection, "accepted", timeout)

    def idle(self, connection, timeout="5s"):
        """It has answered, and waits for the next request."""
        return self._wait(connection, "idle", timeout)

    def closed(self, connection, timeout="5s"):
        """It has ended at both sides: the verdict is final."""
        return self._wait(connection, "closed", timeout)

    def peer_closed(self, connection, timeout="5s"):
        """The client has sent its FIN."""
        return self._wait(connection, "peer_closed", timeout)

    def leaked(self, connection, open_for="1s", timeout="5s"):
        """Our FIN has been out for so long, and the client has not closed; `local_client` says whose its end is."""
        return self._wait(connection, f"leaked&open_for={open_for}", timeout)

    def all_settled(self, timeout="5s"):
        """No connection is open any more, of any test; returns the counts. Raises CloselabError when one stays."""
        return self.ask(f"connections?wait=all_settled&timeout={timeout}")["counts"]

    # What happened.

    def connections(self):
        """The records of this test's connections, in the order in which they were accepted: all that the server keeps."""
        # Without a limit it gives the newest 1,000.
        return self.ask(f"connections?after={self._before}&limit={ALL}")["connections"]

    def requests(self):
        """This test's requests in the order in which they came."""
        return [one for one in self.ask("requests")["requests"] if one["connection_id"] > self._before]

    def connections_of_requests(self):
        """[1, 1, 2]: the second request came on the connection of the first, the third did not."""
        return [request["connection_id"] - self._before for request in self.requests()]

    def story(self):
        """What became of each connection, and how that is known; for whoever reads a failed test."""
        return "\n".join(story(record) for record in self.connections()) or "closelab: nobody connected"

    def _listening(self, command):
        """The first line of the log, which says where the server is."""
        with self._process.stdout as log:
            # From here on nobody reads the log.
            first = log.readline()
        if not first:
            raise CloselabError(f"{command} ended with {self._process.wait()}; standard error says why")
        try:
            listening = json.loads(first)
        except ValueError:
            text = first.decode(errors="replace").strip()
            raise CloselabError(
                f'{command} printed "{text}" instead of JSON: closelab.py sets --log-format, which can\'t be changed'
            ) from None
        if "admin_url" not in listening:
            raise CloselabError(f"{command} has no admin port, which closelab.py needs: --admin-port can't be off")
        return listening

    def _wait(self, connection, what, timeout):
        return self.ask(f"connections/{self.id(connection)}?wait={what}&timeout={timeout}")

    def _counted(self, rule):
        return {**rule, "connection": self.id(rule["connection"])} if "connection" in rule else rule


def story(record):
    """A record as text."""
    lines = [record["text"]]
    lines += [f"  request {one['number']}: {one['method']} {one['target']}  {one['status']}" for one in record["requests"]]
    # What a capture showed was added last, and happened earlier.
    facts = sorted(record["evidence"], key=lambda fact: fact["at_ms"])
    lines += [f"  {fact['at_ms']:10.3f} ms  {fact['text']}  ({fact['source']})" for fact in facts]
    return "\n".join(lines)


with contextlib.suppress(ImportError):
    import pytest

    @pytest.fixture
    def closelab(request):
        """A server for one test, with the options of its mark `closelab`."""
        marker = request.node.get_closest_marker("closelab")
        server = Closelab.for_test(*(marker.args if marker else ()))
        request.node.closelab_server = server
        yield server
        server.stop()

    def pytest_configure(config):
        config.addinivalue_line("markers", "closelab(*options): options of `closelab serve` for the fixture closelab")

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(item, call):
        report = (yield).get_result()
        server = getattr(item, "closelab_server", None)
        if server and report.when == "call" and report.failed:
            report.sections.append(("closelab: what became of the connections", server.story()))
