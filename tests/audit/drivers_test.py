#!/usr/bin/env python3
"""drivers_test.py CLOSELAB [AUDIT_LIBCURL]: the clients that are installed play a short set of scenarios to its end, each by its driver
of examples/audit, or as a proxy or a browser. What they do is theirs; that the situations come about, and that a driver
keeps to the protocol, is ours.
"""

import sys

import drivers

closelab = sys.argv[1]
libcurl = sys.argv[2] if len(sys.argv) > 2 else None
SHORT = ["reuse-length", "reset-body", "fresh-post-fin", "large-body"]
failed = []
played = 0
for name, options in drivers.all_clients(libcurl):
    why_not = drivers.missing(options)
    if why_not:
        print(f"{name}: not here: {why_not}")
        continue
    report = drivers.audit(closelab, SHORT, options)
    grades = {one["id"]: one["grade"] for one in report["scenarios"]}
    reasons = "; ".join(f"{one['id']}: {one['reason']}" for one in report["scenarios"])
    print(f"{name}: {report['client']['version']}: {grades}", flush=True)
    played += 1
    if not set(grades.values()) <= {"pass", "fail", "not optimal"} or grades["large-body"] != "pass":
        failed.append(f"{name}: {reasons}")
# Python is everywhere where this runs.
if played == 0:
    failed.append("no driver could be played")
print("\n".join(failed))
sys.exit(1 if failed else 0)
