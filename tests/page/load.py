#!/usr/bin/env python3
"""What the live page costs the server, and whether it stays usable, under load: a table.

    tests/page/load.py [PROGRAM] [--idle 10000] [--endings 2000] [--seconds 8] [--rounds 3]

In each round the same load runs twice, without and with the page open in a headless Chromium: so many idle connections,
and so many more a second that are opened, served and closed. The server's CPU time for an ending is compared within the
round. Usable: how long the page takes to answer a script, and how long its longest frame takes."""
import argparse
import json
import multiprocessing
import os
import pathlib
import resource
import socket
import statistics
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import webdriver  # noqa: E402

REQUEST = b"GET / HTTP/1.1\r\nHost: lab\r\n%s\r\n"
WORKERS = 2


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def open_idle(port, count, ready, over):
    clients = []
    for _ in range(count):
        client = socket.create_connection(("127.0.0.1", port), 60)
        client.sendall(REQUEST % b"")
        client.recv(4096)
        clients.append(client)
    ready.wait()
    over.wait()


def end_connections(port, rate, seconds, done):
    begin = time.monotonic()
    count = 0
    while (now := time.monotonic() - begin) < seconds:
        if count >= now * rate:
            time.sleep(0.002)
            continue
        with socket.create_connection(("127.0.0.1", port), 60) as client:
            client.sendall(REQUEST % b"Connection: close\r\n")
            while client.recv(4096):
                pass
        count += 1
    done.put(count)


def start(target, *arguments):
    process = multiprocessing.Process(target=target, args=arguments, daemon=True)
    process.start()
    return process


class Lab:
    def __init__(self, program):
        self.process = subprocess.Popen([program, "serve", "--port", "0", "--admin-port", "0", "--log-format", "json",
                                         "--witness", "off", "--idle-timeout", "10m", "--max-connections", "20000"],
                                        stdout=subprocess.PIPE)
        said = json.loads(self.process.stdout.readline())
        self.port, self.admin = int(said["url"].rsplit(":", 1)[1].strip("/")), said["admin_url"]
        threading.Thread(target=lambda: [None for _ in self.process.stdout], daemon=True).start()

    def stop(self):
        self.process.terminate()
        self.process.wait()


def watch_frames(browser):
    browser.run("""window.longest = 0; let last = performance.now();
        const frame = now => { window.longest = Math.max(window.longest, now - last); last = now; requestAnimationFrame(frame); };
        requestAnimationFrame(frame);""")


def ask(browser, over):
    answers = []
    while not over.wait(0.5):
        begin = time.monotonic()
        browser.run("return 1")
        answers.append((time.monotonic() - begin) * 1000)
    return answers


def play(options, browser):
    lab = Lab(options.program)
    ready, over = multiprocessing.Barrier(WORKERS + 1), multiprocessing.Event()
    idle = [start(open_idle, lab.port, options.idle // WORKERS, ready, over) for _ in range(WORKERS)]
    try:
        ready.wait(300)
        if browser:
            browser.go(lab.admin)
            watch_frames(browser)
        done, before = multiprocessing.Queue(), cpu_seconds(lab.process.pid)
        workers = [start(end_connections, lab.port, options.endings / WORKERS, options.seconds, done) for _ in range(WORKERS)]
        loaded, answers = threading.Event(), []
        asking = threading.Thread(target=lambda: answers.extend(ask(browser, loaded))) if browser else None
        if asking:
            asking.start()
        count = sum(done.get(timeout=options.seconds * 20 + 60) for _ in workers)
        cpu = (cpu_seconds(lab.process.pid) - before) / count * 1e6
        loaded.set()
        if asking:
            asking.join()
        page = {} if not browser else {
            "answer": statistics.median(answers), "worst": max(answers), "frame": browser.run("return window.longest"),
            "said": browser.run("return document.querySelector('main').innerText.slice(0, 4000)"),
            "lanes": browser.run("return document.querySelectorAll('.lane').length")}
        return cpu, count / options.seconds, page
    finally:
        over.set()
        for process in idle:
            process.join()
        lab.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", nargs="?", default="build/release/closelab")
    for name, default in (("idle", 10000), ("endings", 2000), ("seconds", 8), ("rounds", 3)):
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    if missing := webdriver.missing():
        sys.exit(missing)
    print("round  endings/s     server's CPU time an ending    the page answers   longest frame  lanes shown")
    print("                  without   with the page   ratio   median   worst")
    for number in range(1, options.rounds + 1):
        without, _, _ = play(options, None)
        browser = webdriver.Browser()
        try:
            with_page, rate, page = play(options, browser)
        finally:
            browser.close()
        print(f"{number:5}  {rate:9.0f}  {without:7.1f} us  {with_page:10.1f} us  {with_page / without:6.2f}  "
              f"{page['answer']:4.0f} ms {page['worst']:5.0f} ms  {page['frame']:9.0f} ms  {page['lanes']:11}", flush=True)


main()
