#!/usr/bin/env python3
"""two_clients_test.py CLOSELAB: every scenario of conf/audit is played by a client that does right, and by one that does
wrong what the scenario is about. The first gets the best grade of its class, the second not: no scenario passes, or
fails, whatever the client does. Two more make no request, and say that they had an error, or an answer: they are not
exercised.
"""

import concurrent.futures
import json
import pathlib
import socket
import subprocess
import sys

CLOSELAB = sys.argv[1]
HERE = pathlib.Path(__file__).resolve().parent
SCENARIOS = {file.stem for file in (HERE / "../../conf/audit").glob("*.toml")}

# What a client does wrong, and the scenarios that show it.
WRONG = {
    "no-reuse": ["reuse-length", "reuse-chunked", "no-pool"],
    "body-of-head": ["reuse-head", "reuse-204", "reuse-304"],
    "lose-bytes": ["large-body"],
    "ignore-close no-retry blind": ["close-token", "close-half", "request-limit"],
    "ignore-close ignore-own-close": ["sent-close"],
    "accept-truncated": ["short-length", "short-empty", "short-chunked", "reset-body", "reset-chunked", "reset-large"],
    "lose-answer": ["reset-after-answer"],
    "reuse-unread reuse-surplus blind": ["undrained-large"],
    "close-unread": ["undrained-small"],
    "reuse-cancelled": ["cancel"],
    "complete-upload": ["upload-cut"],
    "no-retry": ["stale-get-fin", "stale-get-rst", "handled-get-fin", "handled-get-rst", "handled-put-fin",
                 "handled-put-rst", "stale-post-fin", "stale-post-rst"],
    "no-retry blind": ["quick-fin", "quick-rst", "idle-rst"],
    "retry-post": ["handled-post-fin", "handled-post-rst"],
    "retry-post retry-fresh": ["fresh-post-fin", "fresh-post-rst"],
    "retry-for-ever": ["empty-answer-fin", "empty-answer-rst", "retry-bound"],
    "blind": ["idle-fin", "close-wait"],
    "blind stale-from-pool": ["stale-many"],
    "no-errors no-retry": ["refused"],
    "impatient retry-post retry-fresh": ["slow-answer"],
    "ignore-hints": ["hint-timeout", "hint-max"],
    "short-idle": ["idle-limit"],
    "write-first": ["early-413"],
    "never-continue": ["expect-continue"],
    "serial-burst": ["parallel", "pipelining"],
    "spare-connection": ["unused"],
    "oldest": ["order"],
    "split-write": ["split-write"],
    "first-address": ["dual-stack"],
    "exit-by-rst": ["exit"],
    "close-as-it-is": ["close-case", "close-list", "close-two-lines"],
    "reuse-http10": ["http10"],
    "want-length": ["close-delimited"],
    "any-length": ["length-conflict"],
    "length-first": ["length-and-chunked"],
    "accept-truncated no-retry": ["delimited-reset", "short-last-chunk", "short-trailer", "short-chunk-size"],
    "no-errors": ["short-head"],
    "reuse-surplus blind": ["surplus", "unasked-answer", "unasked-408", "extra-head", "extra-204"],
    "any-answer": ["interim-102", "interim-103", "interim-103-many", "expect-late"],
    "wait-for-100": ["expect-silent"],
    "take-417": ["expect-417"],
    "reuse-unsent": ["expect-final", "expect-417-kept", "early-200"],
    "connect-for-ever": ["backlog-full"],
    "close-redirect": ["redirect"],
    "give-up-early": ["early-401"],
    "retry-503": ["retry-after"],
}
# Where the kernel decides a race there is no right and wrong, but a rate.
RATES = ["early-413-rst", "delimited-reset-quick"]
# Where there is nobody to answer, a request that was not made looks like any other.
NOBODY_ANSWERS = {"refused", "backlog-full", "dual-stack"}
# Scenarios that need more of the right client, or where information has no better and worse.
RIGHT = {"polite": ["no-pool"], "keepalive": ["tcp-keepalive"], "retry-post": ["stale-post-fin", "stale-post-rst"],
         "reuse-http10": ["http10-keep-alive"]}
WRONG_TOO = {"": ["tcp-keepalive", "http10-keep-alive"]}


def played(switches, scenarios):
    command = [CLOSELAB, "audit", "--format", "json", *scenarios, "--driver", str(HERE / "client.py"), "--"]
    finished = subprocess.run([*command, *switches.split()], capture_output=True, text=True)
    assert finished.stdout, finished.stderr
    return {one["id"]: one for one in json.loads(finished.stdout)["scenarios"]}


def has_localhost():
    try:
        return bool(socket.getaddrinfo("localhost", 80))
    except OSError:
        return False


def told(one):
    return f"{one['id']}: {one['grade']}: {one['reason']} {[[step['text'], step['reply'], step['error']] for step in one['steps']]}"


def check(condition, what):
    if not condition:
        print(f"FAILED {what}", flush=True)
    return bool(condition)


def is_right(one):
    return one["grade"] in ("pass", "info") and all(each["holds"] for each in one["expect"])


def is_wrong(one):
    below = {"must": "fail", "should": "fail", "optimal": "not optimal", "info": "info"}[one["class"]]
    return one["grade"] == below and not all(each["holds"] for each in one["expect"])


def is_not_exercised(one):
    return one["grade"] == "not exercised" and "the situation did not come about" in one["reason"]


def main():
    others = [name for names in [*RIGHT.values(), RATES] for name in names]
    named = {name for names in [*WRONG.values(), *WRONG_TOO.values(), RATES] for name in names}
    good = check(named == SCENARIOS, f"each scenario has a client that does wrong: {named ^ SCENARIOS}")
    jobs = [("", sorted(SCENARIOS - set(others)), is_right)]
    jobs += [(switches, names, is_right) for switches, names in RIGHT.items()]
    jobs += [("", RATES, lambda one: one["grade"] == "info" and one["plays"] == 20)]
    jobs += [(switches, names, is_wrong) for group in (WRONG, WRONG_TOO) for switches, names in group.items()]
    jobs += [(switches, sorted(SCENARIOS - NOBODY_ANSWERS), is_not_exercised) for switches in ("mute", "mute lie")]
    if not has_localhost():
        print("dual-stack is left out: this machine knows no localhost")
        jobs = [(switches, [name for name in names if name != "dual-stack"], rule) for switches, names, rule in jobs]
        jobs = [job for job in jobs if job[1]]
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        for (switches, _, rule), graded in zip(jobs, pool.map(lambda job: played(job[0], job[1]), jobs)):
            for one in graded.values():
                good &= check(rule(one), f"[{switches}] {told(one)}")
    print(f"{len(SCENARIOS)} scenarios, {len(jobs)} audits")
    return 0 if good else 1


sys.exit(main())
