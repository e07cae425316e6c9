#!/usr/bin/env python3
"""proxy_test.py CLOSELAB: `closelab audit --proxy` tells what a proxy of our own, that does right or one thing wrong,
makes of answers and endings.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

CLOSELAB = sys.argv[1]
PROXY = pathlib.Path(__file__).resolve().parent / "proxy.py"
SCENARIOS = ["reuse-length", "short-length", "reset-body", "delimited-reset", "empty-answer-fin", "empty-answer-rst", "fresh-post-fin",
             "retry-after", "cancel", "refused"]
# What the proxy does wrong, a scenario, and what is told of its first step: the upstream's side, the front's, the passage,
# and how often the upstream got the request.
ROWS = [
    ("", "reuse-length", "whole", "whole", "passed on", 1),
    ("", "retry-after", "whole", "whole", "passed on", 1),
    ("", "short-length", "cut fin", "cut fin", "passed on", 1),
    ("", "reset-body", "cut rst", "cut rst", "passed on", 1),
    ("", "delimited-reset", "cut rst", "cut rst", "passed on", 1),
    ("", "empty-answer-fin", "none fin", "none fin", "passed on", 1),
    ("", "empty-answer-rst", "none rst", "none rst", "passed on", 1),
    ("fin-for-rst", "reset-body", "cut rst", "cut fin", "masked", 1),
    ("fin-for-rst", "delimited-reset", "cut rst", "whole", "masked", 1),
    ("fin-for-rst", "empty-answer-rst", "none rst", "none fin", "masked", 1),
    ("gateway", "empty-answer-fin", "none fin", "whole", "replaced", 1),
    ("cut", "reuse-length", "whole", "cut fin", "invented", 1),
    ("repeat", "fresh-post-fin", "none fin", "none fin", "passed on", 2),
]


def side(end):
    return end["extent"] if end["extent"] == "whole" else f"{end['extent']} {end['end']}"


def audit(folder, wrong):
    template = pathlib.Path(folder) / "proxy.conf"
    run = f'"{sys.executable}" "{PROXY}" {{listen_port}} {{upstream_port}} {wrong} --conf={{conf}}'
    template.write_text(f"# run: {run}\n", encoding="utf-8")
    command = [CLOSELAB, "audit", "--format", "json", *SCENARIOS, "--proxy", str(template)]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert finished.stdout, finished.stderr
    return {one["id"]: one for one in json.loads(finished.stdout)["scenarios"]}


def main():
    failed = []
    with tempfile.TemporaryDirectory() as folder:
        audits = {wrong: audit(folder, wrong) for wrong in dict.fromkeys(row[0] for row in ROWS)}
    for wrong, scenario, *expected in ROWS:
        told = audits[wrong][scenario]["steps"][0]["proxy"]
        seen = told and [side(told["upstream"]), side(told["front"]), told["passage"], told["requests"]]
        if seen != expected:
            failed.append(f"[{wrong}] {scenario}: {seen} is not {expected}: {audits[wrong][scenario]['steps'][0]}")
    if audits["gateway"]["empty-answer-fin"]["steps"][0]["reply"] != "err":
        failed.append("a 502 of the proxy's own is no error")
    if audits[""]["cancel"]["steps"][0]["proxy"] is not None:
        failed.append("a request that was given up says something of the proxy")
    print("\n".join(failed))
    return 1 if failed else 0


sys.exit(main())
