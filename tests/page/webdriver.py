"""A headless Chromium through chromedriver (W3C WebDriver), with nothing but Python's own library."""

import base64
import json
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


def missing():
    """Why there is no browser to be had, or None."""
    for names in (("chromium", "chromium-browser", "google-chrome"), ("chromedriver",)):
        if not any(shutil.which(name) for name in names):
            return f"{names[0]} is not installed"
    try:
        socket.socket(socket.AF_INET6).close()
    except OSError:
        return "chromedriver does not tell its port where there is no IPv6"
    return None


class Browser:
    def __init__(self, dark=False):
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.driver = subprocess.Popen([shutil.which("chromedriver"), "--port=0"], stdout=subprocess.PIPE,
                                       stderr=subprocess.DEVNULL, text=True, start_new_session=True)
        self.url = f"http://127.0.0.1:{self._port()}"
        arguments = ["--headless=new", "--disable-gpu", "--no-first-run", "--disable-background-networking",
                     "--disable-component-update", "--disable-dev-shm-usage",
                     # Its sandbox works neither for root nor without user namespaces, and all pages here are our own.
                     "--no-sandbox",
                     # Else chromedriver looks for it at localhost, which a bare machine does not know.
                     "--remote-debugging-pipe", "--disable-sync", "--disable-quic", "--hide-scrollbars",
                     f"--blink-settings=preferredColorScheme={0 if dark else 1}",
                     f"--user-data-dir={self.profile.name}"]
        wanted = {"alwaysMatch": {"goog:chromeOptions": {"args": arguments},
                                  "goog:loggingPrefs": {"browser": "ALL"}}}
        self.session = self._call("POST", "/session", {"capabilities": wanted})["sessionId"]

    def _port(self):
        for line in self.driver.stdout:
            if "started successfully on port" in line:
                return int(line.rsplit(" ", 1)[1].strip(" .\n"))
        raise RuntimeError("chromedriver did not start")

    def _call(self, method, path, body=None):
        data = None if method == "GET" else json.dumps(body or {}).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(" ".join(json.load(error)["value"]["message"].splitlines()[:3])) from None

    def call(self, method, path, body=None):
        return self._call(method, f"/session/{self.session}{path}", body)

    def go(self, url):
        self.call("POST", "/url", {"url": url})

    def resize(self, width, height):
        # Windows are not as narrow as phones; the page's own size is.
        self.call("POST", "/goog/cdp/execute", {"cmd": "Emulation.setDeviceMetricsOverride", "params": {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}})

    def media(self, **features):
        """media(reduced_motion="reduce", type="print")"""
        kind = features.pop("type", "")
        listed = [{"name": "prefers-" + name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.call("POST", "/goog/cdp/execute", {"cmd": "Emulation.setEmulatedMedia",
                                                "params": {"media": kind, "features": listed}})

    def run(self, script, *arguments):
        """The value of a function body."""
        return self.call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def run_async(self, script, *arguments):
        """The script calls its last argument with the value."""
        return self.call("POST", "/execute/async", {"script": script, "args": list(arguments)})

    def wait(self, script, *arguments, seconds=20, what=None):
        """Until the function body's value is true; returns it."""
        end = time.monotonic() + seconds
        while True:
            value = self.run(script, *arguments)
            if value:
                return value
            if time.monotonic() > end:
                raise AssertionError(f"waited in vain for {what or script}")
            time.sleep(0.05)

    def click(self, selector):
        found = self.call("POST", "/element", {"using": "css selector", "value": selector})
        self.call("POST", f"/element/{found[ELEMENT]}/click")

    def keys(self, text):
        """To whatever has the focus."""
        focused = self.call("GET", "/element/active")
        self.call("POST", f"/element/{focused[ELEMENT]}/value", {"text": text})

    def screenshot(self, file):
        file.write_bytes(base64.b64decode(self.call("GET", "/screenshot")))

    def console(self):
        """Messages since the last call: warnings and errors."""
        logged = self.call("POST", "/se/log", {"type": "browser"})
        return [one["message"] for one in logged if one["level"] in ("WARNING", "SEVERE")]

    def close(self):
        try:
            self.call("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait()
            self.driver.stdout.close()
            self.profile.cleanup()
