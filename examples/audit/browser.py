#!/usr/bin/env python3
"""closelab audit --driver examples/audit/browser.py [-- PROGRAM]

A browser as the client: a page that this driver serves fetches one step after the other, by fetch(), and posts what came
of it. Chromium without a window is the default. It runs without the same-origin policy, because the audit's servers are
other origins than the page's, and send no CORS fields.
"""
import http.server, queue, shutil, subprocess, sys, tempfile, threading

PAGE = b"""<!DOCTYPE html><script>
const METHODS = {GETU: "GET", UP: "POST", CANCEL: "GET"};
async function play(word, url, number) {
  if (word === "BURST") return (await Promise.all(Array.from({length: number}, () => play("GET", url)))).pop();
  const body = word === "UP" ? new Uint8Array(+number) : ["POST", "PUT"].includes(word) ? "ping" : undefined;
  const signal = AbortSignal.timeout(word === "CANCEL" ? +number : 8000);
  const response = await fetch(url, {method: METHODS[word] ?? word, body, signal, redirect: "manual", cache: "no-store"});
  if (word === "GETU") { await response.body.cancel(); return `ok ${response.status} 0`; }
  return `ok ${response.status} ${(await response.arrayBuffer()).byteLength}`;
}
(async () => {
  let said = `ok ${navigator.userAgent}`;
  while (true) {
    const step = await (await fetch("/next", {method: "POST", body: said})).text();
    if (!step) return;
    const [, word, url, number] = step.split(" ");
    said = ["GET", "HEAD", "POST", "PUT", "DELETE", "GETU", "UP", "BURST", "CANCEL"].includes(word)
      ? await play(word, url, number).catch(error => `err ${error}`) : "na";
  }
})();
</script>"""
steps, answers = queue.Queue(), queue.Queue()


class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer(PAGE if self.path == "/" else b"")

    def do_POST(self):
        answers.put(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.answer(steps.get().encode())

    def log_message(self, *_):
        pass


program = sys.argv[1] if len(sys.argv) > 1 else "chromium"
if not shutil.which(program):
    sys.exit(f"{program} is not installed")
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
    browser = subprocess.Popen(
        [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-web-security", "--disable-background-networking",
         "--no-first-run", "--no-proxy-server", f"--user-data-dir={profile}", f"http://127.0.0.1:{server.server_port}/"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    version = answers.get(timeout=50)
    for line in sys.stdin:
        step, word = line.split()[:2]
        if word == "VERSION":
            print(step, version, flush=True)
        else:
            steps.put(line.strip())
            print(step, answers.get().splitlines()[0], flush=True)
    browser.kill()
    browser.wait()
