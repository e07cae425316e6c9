"""The clients that can be audited: by the drivers of examples/audit, its templates of proxies, and a browser."""

import json
import pathlib
import shutil
import subprocess

PLACE = (pathlib.Path(__file__).resolve().parent / "../../examples/audit").resolve()
# What runs a driver's file that may not be run itself.
INTERPRETERS = {".go": ["go", "run"], ".java": ["java"]}
PROXIES = [".conf", ".cfg"]


def all_clients(libcurl=None):
    """Name and options of `closelab audit` for each: ("nginx.conf", ["--proxy", ".../nginx.conf"]). `libcurl` is the program
    that was made of libcurl.cpp, if any.
    """
    files = sorted(file for file in PLACE.iterdir() if file.is_file() and file.suffix not in (".cpp", ".txt"))
    clients = [(file.name, ["--proxy" if file.suffix in PROXIES else "--driver", str(file)]) for file in files]
    compiled = [("libcurl.cpp", ["--driver", str(libcurl)])] if libcurl else []
    return [*clients, *compiled, ("chromium", ["--browser", "chromium"])]


def missing(options):
    """Why it can't be audited here; empty when it can."""
    kind, value = options
    if kind == "--driver":
        return missing_for_driver(pathlib.Path(value))
    if kind == "--proxy":
        run = next(line for line in pathlib.Path(value).read_text(encoding="utf-8").splitlines() if line.startswith("# run: "))
        value = run.split()[2]
    return "" if shutil.which(value) else f"{value} is not installed"


def missing_for_driver(driver):
    command = [*INTERPRETERS.get(driver.suffix, []), str(driver)]
    try:
        done = subprocess.run(command, input="0 VERSION\n", capture_output=True, text=True, timeout=120, check=False)
    except OSError:  # also one in a folder of PATH that is not ours to enter
        return f"{command[0]} is not installed"
    if done.stdout.startswith("0 ok "):
        return ""
    lines = [line for line in done.stderr.splitlines() if any(word in line for word in (
        "No module named", "Can't locate", "No such file", "Permission denied", "cannot load", "Cannot find package", "undefined function"))]
    if not lines:
        raise RuntimeError(f"{driver.name} fails: {done.stderr}")
    return lines[-1]


def audit(closelab, arguments, options=(), command=()):
    given = [*options, *(["--", *command] if command else [])]
    done = subprocess.run([closelab, "audit", "--format", "json", *arguments, *given], capture_output=True, text=True, check=False)
    if not done.stdout:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout)
