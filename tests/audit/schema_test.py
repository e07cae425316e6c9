#!/usr/bin/env python3
"""schema_test.py CLOSELAB SCHEMA: what `closelab audit --format json` prints is what docs/audit.schema.json describes,
and has no key that is not documented.
"""

import json
import subprocess
import sys

try:
    import jsonschema
except ImportError:
    print("skipped: python3-jsonschema is not installed")
    sys.exit(77)


def closed(schema):
    """The schema without room for further keys."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    result = {key: closed(value) for key, value in schema.items()}
    if isinstance(schema.get("required"), list) and "properties" in schema:
        result["additionalProperties"] = False
    return result


program, file = sys.argv[1:]
with open(file, encoding="utf-8") as opened:
    schema = closed(json.load(opened))
command = [program, "audit", "--format", "json", "short-length", "close-wait", "undrained-small", "--", "curl", "-qsS"]
report = json.loads(subprocess.run(command, capture_output=True, text=True, check=False).stdout)
jsonschema.Draft202012Validator(schema).validate(report)
grades = [scenario["grade"] for scenario in report["scenarios"]]
assert grades[0] == "pass" and grades[2] == "not applicable", grades
assert report["scenarios"][0]["connections"][0]["picture"]["rungs"], "no ladder"
