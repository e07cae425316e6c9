"""Looks at a page in a headless Chromium: at the width of a desk and of a phone, light and dark."""

import html
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

WIDTHS = {"desktop": 1280, "phone": 390}
SCHEMES = {"dark": 0, "light": 1}
# Much of the page is below; a screenshot shows the beginning.
HEIGHT = 2400

# The inner page, at a width of its own, is measured by measure.js, which tells the outer one, whose DOM is printed.
FRAMES = """<!DOCTYPE html>
<meta name="color-scheme" content="light dark">
<style>body { margin: 0 } iframe { border: 0; display: block; height: HEIGHTpx }</style>
<pre id="found"></pre>
<script>
const found = [];
addEventListener("message", event => {
  found.push(event.data);
  document.getElementById("found").textContent = JSON.stringify(found);
});
</script>
"""


def find():
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if shutil.which(name):
            return name
    return None


def run(browser, profile, scheme, *arguments):
    command = [browser, "--headless", "--disable-gpu", "--hide-scrollbars", "--enable-logging=stderr",
               f"--user-data-dir={profile}", f"--blink-settings=preferredColorScheme={SCHEMES[scheme]}", *arguments]
    # Chromium's sandbox does not work for root.
    if os.geteuid() == 0:
        command.insert(1, "--no-sandbox")
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


def measured_copy(page, folder):
    """The page with measure.js in it, which its own policy would refuse."""
    text = re.sub(r"<meta http-equiv=\"Content-Security-Policy\"[^>]*>", "", page.read_text(encoding="utf-8"))
    script = pathlib.Path(__file__).with_name("measure.js").read_text(encoding="utf-8")
    copy = folder / "measured.html"
    copy.write_text(text.replace("</body>", f"<script>{script}</script></body>"), encoding="utf-8")
    return copy


def measure(browser, profile, scheme, page, folder):
    """What measure.js finds at each width."""
    copy = measured_copy(page, folder)
    frames = folder / "frames.html"
    text = FRAMES.replace("HEIGHT", str(HEIGHT))
    for width in WIDTHS.values():
        text += f'<iframe src="{copy.name}" style="width: {width}px"></iframe>\n'
    frames.write_text(text, encoding="utf-8")
    dom, errors = run(browser, profile, scheme, "--window-size=1280,800", "--virtual-time-budget=10000", "--dump-dom",
                      frames.as_uri())
    found = re.search(r'<pre id="found">(.*?)</pre>', dom, re.DOTALL)
    results = json.loads(html.unescape(found.group(1)) or "[]") if found else []
    problems = [f"{scheme}: {error}" for error in errors]
    if sorted(one["width"] for one in results) != sorted(WIDTHS.values()):
        problems.append(f"{scheme}: measured at {[one['width'] for one in results]}")
    for one in results:
        if one["dark"] != (scheme == "dark"):
            problems.append(f"{scheme}: the page does not follow prefers-color-scheme")
        problems += [f"{scheme}, {one['width']} wide: {problem}" for problem in one["problems"]]
    return problems


def screenshot(browser, profile, scheme, width, page, folder):
    """Of the page itself, in a frame, for windows are not as narrow as phones."""
    frame = folder / "frame.html"
    style = f"width: {WIDTHS[width]}px; height: {HEIGHT}px; border: 0; display: block"
    frame.write_text('<!DOCTYPE html><meta name="color-scheme" content="light dark">'
                     f'<body style="margin: 0"><iframe src="{page.name}" style="{style}"></iframe>', encoding="utf-8")
    file = folder / f"{width}-{scheme}.png"
    file.unlink(missing_ok=True)
    _, errors = run(browser, profile, scheme, f"--window-size={max(WIDTHS[width], 500)},{HEIGHT}",
                    f"--screenshot={file}", frame.as_uri())
    problems = [f"{file.name}: {error}" for error in errors]
    return problems if file.exists() else [*problems, f"there is no {file.name}"]


def starts(browser, profile):
    """Where it is not allowed a sandbox, for example, it does not."""
    dom, _ = run(browser, profile, "light", "--dump-dom", "data:text/html,<p>here</p>")
    return "<p>here</p>" in dom


def look_at(page, folder):
    """What is wrong with it, as a list of texts."""
    browser = find()
    problems = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        if not browser or not starts(browser, profile):
            print("no Chromium is installed, or it does not start: how the page looks is not checked")
            return []
        for scheme in SCHEMES:
            problems += measure(browser, profile, scheme, page, folder)
            for width in WIDTHS:
                problems += screenshot(browser, profile, scheme, width, page, folder)
    return problems
