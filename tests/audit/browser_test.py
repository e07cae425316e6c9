#!/usr/bin/env python3
"""browser_test.py CLOSELAB: `closelab audit --browser` serves a page, starts the program with a private profile, and plays
its steps by what the page posts; the profile is gone afterwards, also after Ctrl-C.
"""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile

CLOSELAB = sys.argv[1]
BROWSER = str(pathlib.Path(__file__).resolve().parent / "browser.py")


def audit(folder, scenarios, arguments=()):
    command = [CLOSELAB, "audit", "--jobs", "2", "--format", "json", *scenarios, "--browser", BROWSER, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "TMPDIR": folder})


def expect(condition, what):
    if not condition:
        print(f"FAILED {what}")
        sys.exit(1)


with tempfile.TemporaryDirectory() as folder:
    finished = audit(folder, ["reuse-length", "short-length", "reset-body", "exit"])
    expect(finished.stdout, finished.stderr)
    report = json.loads(finished.stdout)
    expect(report["client"] == {"command": BROWSER, "version": "browser of our own, headless"}, report["client"])
    grades = {one["id"]: one["grade"] for one in report["scenarios"]}
    expect(grades == {"reuse-length": "pass", "short-length": "pass", "reset-body": "pass", "exit": "info"}, finished.stdout)
    expect(os.listdir(folder) == [], os.listdir(folder))
    shown = json.loads(audit(folder, ["reuse-length"], ["--", "--start-maximized"]).stdout)
    expect(shown["client"]["version"] == "browser of our own, with a window", shown["client"])
    away = audit(folder, ["reuse-length"], ["--", "--away"])
    expect(away.returncode == 2 and "ended with exit code 1: no display" in away.stderr, away.stderr)
    expect(os.listdir(folder) == [], os.listdir(folder))
    # idle-limit alone takes four seconds: a Ctrl-C comes into the midst of it.
    command = [CLOSELAB, "audit", "--jobs", "2", "idle-limit", "reuse-length", "--browser", BROWSER]
    interrupted = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "TMPDIR": folder})
    interrupted.stdout.readline()
    interrupted.send_signal(signal.SIGINT)
    _, errors = interrupted.communicate()
    expect(interrupted.returncode == 2 and "the audit was ended by SIGINT" in errors, (interrupted.returncode, errors))
    expect(os.listdir(folder) == [], os.listdir(folder))
