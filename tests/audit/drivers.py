"""The drivers of examples/audit: which of them can run here, and what an audit says of them."""

import json
import pathlib
import subprocess

DRIVERS = pathlib.Path(__file__).resolve().parent / "../../examples/audit"
# What runs a driver's file that may not be run itself.
INTERPRETERS = {".go": ["go", "run"], ".java": ["java"]}
# Those that are one client or another.
ARGUMENTS = {"proxy.py": [["nginx"], ["haproxy"]]}


def all_drivers():
    return sorted(file for file in DRIVERS.resolve().iterdir() if file.is_file() and file.suffix != ".cpp")


def all_clients():
    """Each driver with the arguments for each client that it drives."""
    return [(driver, arguments) for driver in all_drivers() for arguments in ARGUMENTS.get(driver.name, [[]])]


def version(driver, arguments=()):
    """What the driver calls its client, or None with the reason why it can't run here."""
    command = [*INTERPRETERS.get(driver.suffix, []), str(driver), *arguments]
    try:
        done = subprocess.run(command, input="0 VERSION\n", capture_output=True, text=True, timeout=120, check=False)
    except FileNotFoundError:
        return None, f"{command[0]} is not installed"
    if done.stdout.startswith("0 ok "):
        return done.stdout[5:].strip(), ""
    missing = [line for line in done.stderr.splitlines() if any(word in line for word in (
        "No module named", "Can't locate", "No such file", "cannot load", "Cannot find package", "undefined function", "is not installed"))]
    if not missing:
        raise RuntimeError(f"{driver.name} fails: {done.stderr}")
    return None, missing[-1]


def audit(closelab, arguments, driver=None, command=()):
    given = [*(["--driver", str(driver)] if driver else []), *(["--", *command] if command else [])]
    done = subprocess.run([closelab, "audit", "--format", "json", *arguments, *given], capture_output=True, text=True, check=False)
    if not done.stdout:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout)
