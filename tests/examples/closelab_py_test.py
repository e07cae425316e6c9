"""closelab.py as its users have it: copied beside their tests, with pytest, and with a server that several share."""

import http.client
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest
import unittest.mock

sys.dont_write_bytecode = True
EXAMPLES = pathlib.Path(__file__).parents[2] / "examples"
sys.path.insert(0, str(EXAMPLES))
from closelab import Closelab, CloselabError, find_program, story  # noqa: E402

FAILING = """
import urllib.request

def test_that_fails(closelab):
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(closelab.url + "close/lingering").read()
    closelab.closed(1)
    assert False
"""


def get(server):
    client = http.client.HTTPConnection("127.0.0.1", server.port)
    client.request("GET", "/")
    client.getresponse().read()
    client.close()


class CloselabTest(unittest.TestCase):
    def test_the_first_connection_of_a_test_is_1_also_where_tests_share_the_server(self):
        with Closelab() as shared:
            get(shared)
            server = Closelab.at(shared.admin)
            self.assertEqual(server.url, shared.url)
            server.rules({"connection": 1, "at": "request_headers", "close": "abortive"})
            with self.assertRaises(ConnectionResetError):
                get(server)
            self.assertEqual(server.closed(1)["id"], 2)
            self.assertEqual(len(server.connections()), 1)
            self.assertEqual(server.unused_rules(), [])
            # The next one finds the rules gone.
            get(Closelab.at(shared.admin))

    def test_what_is_wrong_is_said(self):
        with self.assertRaisesRegex(CloselabError, "No such file"):
            Closelab(program="/nowhere/closelab")
        with self.assertRaisesRegex(CloselabError, "ended with 2"):
            Closelab("--no-such-option")
        with Closelab() as server:
            with self.assertRaisesRegex(CloselabError, "504 waited 10ms in vain"):
                server.closed(1, timeout="10ms")
            with self.assertRaisesRegex(CloselabError, "400 .*moment"):
                server.rules({"at": "moment"})

    def test_a_server_that_can_not_be_asked_is_stopped_and_what_is_wrong_is_said(self):
        with self.assertRaisesRegex(CloselabError, "has no admin port.*--admin-port can't be off"):
            Closelab("--admin-port", "off")
        with self.assertRaisesRegex(CloselabError, "instead of JSON.*--log-format, which can't be changed"):
            Closelab("--log-format", "text")
        with self.assertRaises(ChildProcessError, msg="a server is still there"):
            os.waitpid(-1, os.WNOHANG)

    def test_the_module_may_lie_in_the_root_of_the_file_system(self):
        named = unittest.mock.patch.dict(os.environ, {"CLOSELAB": "/somewhere/closelab"})
        with unittest.mock.patch("closelab.__file__", "/closelab.py"), named:
            self.assertEqual(find_program(), "/somewhere/closelab")

    def test_a_client_that_does_not_close_is_found_and_named(self):
        with Closelab() as server:
            client = http.client.HTTPConnection("127.0.0.1", server.port)
            client.request("GET", "/close/lingering")
            answer = client.getresponse()
            leaked = server.leaked(1, open_for="50ms")
            self.assertEqual(leaked["fin_sent_by"], "server")
            self.assertEqual([process["pid"] for process in leaked["local_client"]["processes"]], [os.getpid()])
            with self.assertRaisesRegex(CloselabError, "504 .*all connections to settle"):
                server.all_settled(timeout="10ms")
            answer.read()
            client.close()
            self.assertEqual(server.peer_closed(1)["id"], 1)
            self.assertEqual(server.all_settled()["settled"], 1)

    def test_all_connections_are_told_however_many(self):
        with Closelab() as server:
            for _ in range(1200):
                get(server)
            self.assertEqual([record["id"] for record in server.connections()], list(range(1, 1201)))

    def test_a_story_is_told_in_the_order_of_time(self):
        times = [0.0, 3.5, 3.5, 1.25, 3.5]
        evidence = [{"at_ms": at, "text": f"fact {number}", "source": "capture"} for number, at in enumerate(times)]
        told = story({"text": "connection 1", "requests": [], "evidence": evidence})
        self.assertEqual([line.split()[3] for line in told.splitlines()[1:]], ["0", "3", "1", "2", "4"])

    def test_pytest_prints_what_became_of_the_connections_of_a_failed_test(self):
        if subprocess.run([sys.executable, "-c", "import pytest"], stderr=subprocess.DEVNULL, check=False).returncode:
            self.skipTest("pytest is not installed")
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(EXAMPLES / "closelab.py", folder)
            pathlib.Path(folder, "conftest.py").write_text('pytest_plugins = ["closelab"]\n', encoding="utf-8")
            pathlib.Path(folder, "test_it.py").write_text(FAILING, encoding="utf-8")
            run = [sys.executable, "-B", "-m", "pytest", "-p", "no:cacheprovider"]
            done = subprocess.run([*run, folder], stdout=subprocess.PIPE, text=True, check=False)
            self.assertIn("what became of the connections", done.stdout)
            self.assertIn("the server closed first, by FIN", done.stdout)
            passed = subprocess.run([*run, EXAMPLES / "with_pytest"], stdout=subprocess.PIPE, text=True, check=False)
            self.assertEqual(passed.returncode, 0, passed.stdout)
            self.assertIn("4 passed", passed.stdout)


if __name__ == "__main__":
    os.environ.pop("CLOSELAB_ADMIN", None)
    unittest.main()
