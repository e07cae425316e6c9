#!/usr/bin/env python3
"""drivers_test.py CLOSELAB: the drivers whose clients are installed play a short set of scenarios to its end. What their
clients do is theirs; that the situations come about, and that the driver keeps to the protocol, is ours.
"""

import sys

import drivers

closelab = sys.argv[1]
SHORT = ["reuse-length", "reset-body", "fresh-post-fin", "large-body"]
failed = []
played = 0
for driver, arguments in drivers.all_clients():
    name, missing = drivers.version(driver, arguments)
    if name is None:
        print(f"{driver.name}: not here: {missing}")
        continue
    report = drivers.audit(closelab, SHORT, driver, arguments)
    grades = {one["id"]: one["grade"] for one in report["scenarios"]}
    reasons = "; ".join(f"{one['id']}: {one['reason']}" for one in report["scenarios"])
    print(f"{driver.name}: {name}: {grades}", flush=True)
    played += 1
    if not set(grades.values()) <= {"pass", "fail", "not optimal"} or grades["large-body"] != "pass":
        failed.append(f"{driver.name}: {reasons}")
# Python is everywhere where this runs.
if played == 0:
    failed.append("no driver could be played")
print("\n".join(failed))
sys.exit(1 if failed else 0)
