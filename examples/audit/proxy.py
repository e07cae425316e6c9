#!/usr/bin/env python3
"""closelab audit --driver examples/audit/proxy.py -- nginx|haproxy [PROGRAM]

A reverse proxy as the client: what the audit's servers see is its pool of upstream connections. In front of it is a client
that makes a new connection for each request and never sends one twice, so that nothing is blamed on the proxy that its
front client did. An error of the proxy's own (502, 503, 504) is its word for an error; how it ended the front connection
otherwise is in the text.
"""
import concurrent.futures, http.client, os, shutil, signal, socket, subprocess, sys, tempfile, time, urllib.parse

NGINX = """user root; daemon off; master_process off; pid {folder}/pid; error_log {folder}/log; worker_processes 1; events {{}}
http {{
  access_log off; client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder}; client_max_body_size 100m;
  proxy_http_version 1.1; proxy_set_header Connection ""; proxy_read_timeout 8s;
  upstream audit {{ server 127.0.0.1:{upstream}; keepalive 16; }}
  server {{ listen 127.0.0.1:{front}; location / {{ proxy_pass http://audit; }} }}
}}
"""
HAPROXY = """defaults
  mode http
  timeout connect 2s
  timeout client 9s
  timeout server 8s
listen front
  bind 127.0.0.1:{front}
  http-reuse always
  server audit 127.0.0.1:{upstream}
"""


class Proxy:
    """One process for each upstream: a proxy knows its upstreams before it starts."""

    def __init__(self, kind, program, upstream):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.front = probe.getsockname()[1]
        self.folder = tempfile.TemporaryDirectory()
        os.chmod(self.folder.name, 0o777)
        file = os.path.join(self.folder.name, "conf")
        with open(file, "w") as conf:
            conf.write((NGINX if kind == "nginx" else HAPROXY).format(folder=self.folder.name, front=self.front, upstream=upstream))
        arguments = ["-c", file] if kind == "nginx" else ["-db", "-f", file]
        self.process = subprocess.Popen([program, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=sys.stderr)
        for _ in range(500):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.front)) == 0:
                    return
            if self.process.poll() is not None:
                raise RuntimeError(f"{kind} ended with exit code {self.process.returncode}")
            time.sleep(0.01)
        raise RuntimeError(f"{kind} does not listen")


def play(proxies, word, url, number="0"):
    parts = urllib.parse.urlsplit(url)
    if parts.port not in proxies:
        for old in proxies.values():
            old.process.send_signal(signal.SIGTERM)
        proxies.clear()
        proxies[parts.port] = Proxy(KIND, PROGRAM, parts.port)
    if word == "BURST":
        with concurrent.futures.ThreadPoolExecutor(int(number)) as pool:
            return list(pool.map(lambda _: play(proxies, "GET", url), range(int(number))))[-1]
    body = bytes(int(number)) if word == "UP" else b"ping" if word in ("POST", "PUT", "EXP") else None
    connection = http.client.HTTPConnection("127.0.0.1", proxies[parts.port].front, timeout=9)
    connection.request({"UP": "POST"}.get(word, word), f"{parts.path}?{parts.query}", body)
    response = connection.getresponse()
    size = len(response.read())
    connection.close()
    return f"err the proxy says {response.status}" if response.status in (502, 503, 504) else f"ok {response.status} {size}"


KIND = sys.argv[1]
PROGRAM = sys.argv[2] if len(sys.argv) > 2 else KIND
PROXIES = {}
if not shutil.which(PROGRAM):
    sys.exit(f"{PROGRAM} is not installed")
for line in sys.stdin:
    step, word, *arguments = line.split()
    if word == "VERSION":
        shown = subprocess.run([PROGRAM, "-v"], capture_output=True, text=True)  # nginx writes it to standard error
        answer = "ok " + (shown.stdout + shown.stderr).splitlines()[0]
    elif word not in "GET HEAD POST PUT DELETE UP BURST".split():
        answer = "na"
    else:
        try:
            answer = play(PROXIES, word, *arguments)
        except (OSError, http.client.HTTPException) as error:
            answer = f"err {error!r}"
    print(step, answer, flush=True)
for proxy in PROXIES.values():
    proxy.process.terminate()
