#!/usr/bin/env python3
"""capture_test.py PROGRAM: captures on demand, in a network of the test's own: what POST, GET and DELETE /capture give,
what `serve --capture FILE` saves, and what is said where capturing is not allowed. The files are read by a reader of the
test's own, and by tshark where it is installed."""

import json
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.request

PROGRAM = sys.argv[1]
INSIDE = "CLOSELAB_CAPTURE_TEST_INSIDE"
SKIPPED = 77
PATIENCE = 20


def enter_private_network():
    """Starts the test again where it may capture."""
    inside = ["unshare", "--user", "--map-root-user", "--net", "--", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
    if subprocess.run([*inside, "true"], stderr=subprocess.DEVNULL, check=False).returncode != 0:
        print("skipped: no private network is allowed here")
        sys.exit(SKIPPED)
    os.environ[INSIDE] = "yes"
    os.execvp(inside[0], [*inside, sys.executable, *sys.argv])


def ask(url, method="GET"):
    request = urllib.request.Request(url, method=method)
    if method == "POST":
        request.add_header("Content-Type", "application/json")
        request.data = b""
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=PATIENCE) as answer:
        return answer.read()


def packets_of(file):
    """The packets of a pcapng file, each with its comments."""
    packets, at = [], 0
    while at < len(file):
        kind, length = struct.unpack_from("=II", file, at)
        assert struct.unpack_from("=I", file, at + length - 4)[0] == length, "a block's lengths differ"
        if kind == 6:
            (captured,) = struct.unpack_from("=I", file, at + 20)
            option, comments = at + 28 + (captured + 3) // 4 * 4, []
            while option < at + length - 4:
                code, size = struct.unpack_from("=HH", file, option)
                if code == 0:
                    break
                comments.append(file[option + 4 : option + 4 + size].decode())
                option += 4 + (size + 3) // 4 * 4
            packets.append(comments)
        at += length
    return packets


class Lab:
    """The program, with its admin port; other commands may stand before it."""

    def __init__(self, *options, before=()):
        command = [*before, PROGRAM, "serve", "--port=0", "--log-format=json", *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        first = json.loads(self.process.stdout.readline())
        self.url, self.admin = first["url"], first["admin_url"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.process.terminate()
        self.process.communicate(timeout=PATIENCE)

    def get(self, path):
        ask(self.url + path)
        ask(self.admin + "connections?wait=all_settled")


class CaptureTest(unittest.TestCase):
    def check_story(self, file):
        """One connection that the server closed first."""
        packets = packets_of(file)
        words = [text for comments in packets for text in comments]
        self.assertIn("client: SYN", words)
        self.assertIn("client: GET /close/lingering HTTP/1.1", words)
        self.assertTrue(any(text.startswith("server: 200 OK") for text in words), words)
        self.assertTrue(any(text.startswith("server: FIN") for text in words), words)
        self.assertTrue(packets[-1], "the last packet says nothing")
        self.assertIn("connection 1: the server closed first, by FIN", packets[-1][-1])
        requests = [comments for comments in packets if "client: GET /close/lingering HTTP/1.1" in comments]
        self.assertEqual(len(requests), 1)
        self.assertNotIn("client: SYN", requests[0])

    def check_with_tshark(self, file):
        if not shutil.which("tshark"):
            return print("tshark is not installed")
        read = ["tshark", "-r", file, "-T", "fields", "-e", "tcp.flags.syn", "-e", "frame.comment"]
        lines = subprocess.run(read, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
        self.assertTrue(any(line.startswith("1\t") and "client: SYN" in line for line in lines), lines)
        self.assertIn("the server closed first, by FIN", lines[-1])

    def test_what_is_captured_between_post_and_get(self):
        with Lab() as lab:
            lab.get("bytes/10")  # not captured
            self.assertEqual(json.loads(ask(lab.admin + "capture", "POST"))["missed"], 0)
            lab.get("close/lingering")
            file = ask(lab.admin + "capture")
            last = packets_of(file)[-1][-1]
            self.assertIn("connection 2: the server closed first, by FIN", last)
            words = [text for comments in packets_of(file) for text in comments]
            self.assertFalse([text for text in words if "connection 1:" in text])
            self.assertGreater(json.loads(ask(lab.admin + "capture", "DELETE"))["packets"], 5)
            for method in ("GET", "DELETE"):
                with self.assertRaises(urllib.error.HTTPError) as refused:
                    ask(lab.admin + "capture", method)
                self.assertEqual(refused.exception.code, 409)
                refused.exception.close()

    def test_a_capture_for_a_time(self):
        with Lab() as lab, tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "x.pcapng")
            capturing = subprocess.Popen(["curl", "-sS", "--noproxy", "*", "-o", file, lab.admin + "capture?for=300ms"])
            while capturing.poll() is None:
                with self.assertRaises(OSError):
                    ask(lab.url + "?close=abortive&at=before_response")
            self.assertEqual(capturing.returncode, 0)
            words = [text for comments in packets_of(file.read_bytes()) for text in comments]
            self.assertTrue(any("RST" in text for text in words))

    def test_a_file_from_the_start_to_the_stop(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "x.pcapng")
            lab = Lab(f"--capture={file}")
            self.assertEqual(file.stat().st_size, 0)
            lab.get("close/lingering")
            lab.stop()
            self.check_story(file.read_bytes())
            self.assertEqual(file.stat().st_mode & 0o777, 0o600)
            self.check_with_tshark(str(file))

    def test_where_capturing_is_not_allowed_that_is_said(self):
        before = ["setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw", "--"]
        with Lab(before=before) as lab:
            for method, query in (("POST", ""), ("GET", "?for=1s")):
                with self.assertRaises(urllib.error.HTTPError) as refused:
                    ask(lab.admin + "capture" + query, method)
                self.assertEqual(refused.exception.code, 503)
                self.assertIn("CAP_NET_RAW", refused.exception.read().decode())
        with tempfile.TemporaryDirectory() as folder:
            command = [*before, PROGRAM, "serve", "--port=0", f"--capture={folder}/x.pcapng"]
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stderr, "capture: .*CAP_NET_RAW")


if __name__ == "__main__":
    if INSIDE not in os.environ:
        enter_private_network()
    unittest.main(argv=sys.argv[:1])
