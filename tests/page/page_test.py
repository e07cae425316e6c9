#!/usr/bin/env python3
"""page_test.py PROGRAM FOLDER [AXE]

Opens the live page in Chromium, ends real connections, and compares what is shown with the admin port and with ss. Then
measures how it looks at a desk's and a phone's width, light and dark; the screenshots are in FOLDER afterwards. With AXE,
the file axe.min.js, axe-core looks for barriers, too.
"""

import contextlib
import http.client
import json
import pathlib
import socket
import struct
import subprocess
import sys
import threading
import urllib.request

import webdriver

HERE = pathlib.Path(__file__).parent
WIDTHS = {"desktop": (1280, 1000), "phone": (390, 1200)}
problems = []


def check(holds, what):
    if not holds:
        problems.append(what)


class Lab:
    def __init__(self, program, port="0", admin_port="auto"):
        self.process = subprocess.Popen([program, "serve", "--port", str(port), "--admin-port", str(admin_port),
                                         "--log-format", "json"], stdout=subprocess.PIPE, text=True)
        said = json.loads(self.process.stdout.readline())
        self.url, self.admin_url, self.port = said["url"], said["admin_url"], said["port"]
        self.admin_port = int(said["admin_url"].rsplit(":", 1)[1].strip("/"))
        # Somebody has to read the log.
        threading.Thread(target=lambda: [None for _ in self.process.stdout], daemon=True).start()

    def admin(self, path):
        with urllib.request.urlopen(self.admin_url + path, timeout=30) as answer:
            return json.load(answer)

    def closed(self, after):
        return self.admin(f"connections?wait=closed&after={after}&timeout=20s")

    def stop(self):
        self.process.terminate()
        self.process.wait()


def unexpected(browser):
    """Chromium's console tells of what this test provokes, too: a reset, a bad rule, a server that goes."""
    return [one for one in browser.console() if "ERR_" not in one and "/rules - Failed to load resource" not in one]


def curl(*arguments):
    subprocess.run(["curl", "-s", *arguments], stdout=subprocess.DEVNULL, check=False, timeout=30)


def lane(browser, number):
    """What the lane of a connection says, by part."""
    return browser.run("""
        const button = [...document.querySelectorAll(".lane")].find(one => one.querySelector(".id").textContent === arguments[0]);
        if (!button) return null;
        const end = side => button.querySelector(".end." + side);
        return {server: end("server").dataset.state, client: end("client").dataset.state,
                server_text: end("server").textContent, client_text: end("client").textContent,
                bar: [...button.querySelectorAll(".countdown")].filter(bar => !bar.hidden).map(bar => bar.parentElement.className),
                text: button.querySelector(".text").textContent, requests: button.querySelector(".requests").textContent,
                phase: button.dataset.phase};""", str(number))


def wait_lane(browser, number, phase):
    browser.wait("""return [...document.querySelectorAll(".lane")].some(one =>
        one.querySelector(".id").textContent === arguments[0] && one.dataset.phase === arguments[1])""",
                 str(number), phase, what=f"connection {number} to be {phase}")
    return lane(browser, number)


def holders(port, client):
    """Who holds TIME_WAIT of that connection, according to ss."""
    lines = subprocess.run(["ss", "-Htan", "state", "time-wait"], stdout=subprocess.PIPE, text=True, check=True).stdout
    ends = [line.split()[2:4] for line in lines.splitlines()]
    server = f"127.0.0.1:{port}"
    return ([["server"] for local, remote in ends if (local, remote) == (server, client)] and ["server"]) + \
           ([["client"] for local, remote in ends if (local, remote) == (client, server)] and ["client"])


def check_endings(browser, lab):
    """Each of the README's curls: the page, the admin port and ss agree on who holds TIME_WAIT."""
    url = lab.url
    for arguments in ([url], ["-H", "Connection: close", url], [url, url], ["--http1.0", url], [url + "close/abortive"]):
        last = lab.admin("connections?limit=0")["counts"]["accepted"]
        curl(*arguments)
        record = lab.closed(last)
        shown = wait_lane(browser, record["id"], "settled")
        seen = [end for end in ("server", "client") if shown[end] == "TIME_WAIT"]
        check(seen == holders(lab.port, record["client"]), f"curl {arguments}: the page says {seen}, ss {holders(lab.port, record['client'])}")
        told = {"none": [], "server": ["server"], "client": ["client"]}[record["verdict"]["time_wait"]]
        check(seen == told, f"curl {arguments}: the page says {seen}, the record {told}")
        check(shown["bar"] == [f"end {end}" for end in seen], f"curl {arguments}: bars {shown['bar']}")
        check(record["verdict"]["closed_first"] in shown["text"], f"curl {arguments}: {shown['text']}")


def open_lane(browser, number):
    browser.wait("""const lane = [...document.querySelectorAll(".lane")].find(one =>
        one.querySelector(".id").textContent === arguments[0]); lane?.click(); return Boolean(lane)""",
                 str(number), what=f"the lane of connection {number}")
    browser.wait("""const title = document.querySelector("#detail h3"); return title && title.textContent.startsWith("Connection " + arguments[0])""",
                 str(number), what=f"the details of connection {number}")


@contextlib.contextmanager
def answered_client(lab, target="/idle"):
    """A client that has read an answer and stays, with the number of its connection."""
    before = lab.admin("connections?limit=0")["counts"]["accepted"]
    with socket.create_connection(("127.0.0.1", lab.port), 20) as client:
        client.sendall(f"GET {target} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        client.recv(65536)
        yield client, lab.admin(f"connections?wait=accepted&after={before}")["id"]


def check_reset_by_click(browser, lab):
    """A person ends a connection by RST, and sees that nobody is left in TIME_WAIT."""
    with answered_client(lab) as (client, number):
        name = "127.0.0.1:%d" % client.getsockname()[1]
        shown = wait_lane(browser, number, "idle")
        check((shown["server"], shown["client"]) in (("ESTABLISHED", "ESTABLISHED"), ("ESTABLISHED", "unknown")), f"open: {shown}")
        open_lane(browser, number)
        browser.run("""[...document.querySelectorAll("#detail .command button.danger")].find(one =>
            one.textContent === "end by RST").click()""")
        shown = wait_lane(browser, number, "settled")
        check((shown["server"], shown["client"]) == ("CLOSED", "CLOSED"), f"after an RST: {shown}")
        check("server closed first, by RST" in shown["text"], f"after an RST: {shown['text']}")
        check(holders(lab.port, name) == [], f"after an RST: ss says {holders(lab.port, name)}")
        browser.wait("""return document.querySelector("#detail .facts").textContent.includes("by RST")""",
                     what="the details to tell of the RST")
        check(browser.run("""return document.querySelectorAll("#detail svg.ladder .rung").length""") >= 3, "no ladder in the details")


def press(browser, label, sure=False):
    browser.run('''[...document.querySelectorAll("#commands .command button:not(.copy)")].find(one =>
        one.textContent === arguments[0]).click()''', label)
    if sure:
        browser.wait('''return document.querySelector("dialog[open]")''', what=f"the question before {label}")
        browser.run('''document.querySelector("dialog[open] button[value=yes]").click()''')
    browser.wait('''return [...document.querySelectorAll("#commands .command")].some(one =>
        one.querySelector("button").textContent === arguments[0] && one.querySelector(".said").textContent === "done")''',
                 label, what=f"{label} to be done")


def check_drain_and_refuse(browser, lab):
    """A person drains the server, and sees an idle connection closed; then lets nobody in."""
    with answered_client(lab) as (client, number):
        wait_lane(browser, number, "idle")
        press(browser, "drain", sure=True)
        check(client.recv(1) == b"", "a drain does not close an idle connection")
    shown = wait_lane(browser, number, "settled")
    check("the server drains" in shown["text"], f"after a drain: {shown['text']}")
    press(browser, "undrain")
    press(browser, "refuse", sure=True)
    try:
        socket.create_connection(("127.0.0.1", lab.port), 20).close()
        check(False, "refuse lets somebody in")
    except ConnectionRefusedError:
        pass
    press(browser, "accept")
    curl(lab.url)


def check_close_wait(browser, lab):
    """A client that leaves its end open is seen in CLOSE_WAIT, ours in FIN_WAIT_2."""
    with answered_client(lab, "/close/half") as (client, number):
        browser.wait("""const one = [...document.querySelectorAll(".lane")].find(each => each.querySelector(".id").textContent === arguments[0]);
            return one && one.querySelector(".end.client").dataset.state === "CLOSE_WAIT" &&
                   one.querySelector(".end.server").dataset.state === "FIN_WAIT_2" """, str(number), what="CLOSE_WAIT and FIN_WAIT_2")
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def check_lesson(browser):
    browser.click("#tab-lessons")
    browser.wait("""return document.querySelectorAll(".lesson").length === 6""")
    browser.run("""[...document.querySelectorAll(".lesson")][4].querySelectorAll(".answers button")[3].click()""")
    browser.wait("""const said = document.querySelectorAll(".lesson")[4].querySelector(".right, .wrong"); return said && said.textContent""",
                 what="the lesson's answer")
    said = browser.run("""return document.querySelectorAll(".lesson")[4].querySelector(".right, .wrong").textContent""")
    check(said.startswith("Right: TIME_WAIT is held by nobody"), f"the lesson says {said}")
    browser.run("""[...document.querySelectorAll(".lesson")][1].querySelectorAll(".answers button")[1].click()""")
    browser.wait("""return document.querySelectorAll(".lesson")[1].querySelector(".right, .wrong")""", what="the second lesson")
    said = browser.run("""return document.querySelectorAll(".lesson")[1].querySelector(".right, .wrong").textContent""")
    check("line" in browser.run("""return document.querySelectorAll(".lesson")[1].textContent""") or "server" in said, f"the lesson says {said}")


def check_rules(browser, lab):
    browser.click("#tab-rules")
    browser.wait("""return document.querySelector(".rule-form")""")
    browser.run("""const form = document.querySelector(".rule-form");
        form.elements.at.value = "response_body:100"; form.elements.mode.value = "abortive"; form.elements.path.value = "/bytes/*";
        form.dispatchEvent(new Event("input", {bubbles: true})); form.querySelector("button:not(.copy)").click()""")
    browser.wait("""return document.querySelectorAll("#rules .rules button").length === 1""", what="the rule in the list")
    conf = browser.run("""return document.querySelector(".rule-maker pre").textContent""")
    check(conf == '[[rule]]\nat = "response_body:100"\nclose = "abortive"\npath = "/bytes/*"\ntimes = 1', f"the conf line is {conf}")
    rules = [rule["rule"] for rule in lab.admin("rules")["rules"]]
    check(rules == [{"path": "/bytes/*", "at": "response_body:100", "close": "abortive", "times": 1}], f"the rules are {rules}")
    browser.run("""const form = document.querySelector(".rule-form"); form.elements.at.value = "never";
        form.dispatchEvent(new Event("input", {bubbles: true})); form.querySelector("button:not(.copy)").click()""")
    browser.wait("""return document.querySelector(".rule-form [role=alert]").textContent.includes("never")""", what="the error of a bad rule")
    browser.run("""document.querySelector("#rules .rules button").click()""")
    browser.wait("""return document.querySelector("#rules .rules").textContent === "none" """)
    browser.click("#tab-connections")


def check_hostile(browser, lab):
    """What a peer sends is shown as text, and steers neither the page nor the eye."""
    last = lab.admin("connections?limit=0")["counts"]["accepted"]
    with socket.create_connection(("127.0.0.1", lab.port), 20) as client:
        client.sendall(b"GET /<img/src=x/onerror=alert(1)>\"'&lt;%E2%80%AE HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        while client.recv(65536):
            pass
    record = lab.closed(last)
    shown = wait_lane(browser, record["id"], "settled")
    open_lane(browser, record["id"])
    check(browser.run("""return document.querySelectorAll("main img, main iframe, main [onerror]").length""") == 0, "markup of a peer's is in the page")
    check(shown["requests"].startswith("GET /<img") or "400" in shown["requests"], f"a hostile target is shown as {shown['requests']}")


def check_guard(lab):
    """curl still gets the list; a page elsewhere can neither frame this one nor run scripts in it."""
    def get(headers, path="/"):
        connection = http.client.HTTPConnection("127.0.0.1", lab.admin_port, timeout=20)
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer, answer.read().decode()
    answer, body = get({"Accept": "*/*"})
    check(answer.headers["Content-Type"].startswith("text/plain") and "/connections/ID" in body, "curl does not get the list")
    check("/page/" not in body, "the page's files are in the list")
    answer, body = get({"Accept": "text/html,*/*;q=0.8", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"})
    policy = answer.headers["Content-Security-Policy"]
    check(answer.status == 200 and "default-src 'none'" in policy and "frame-ancestors 'none'" in policy, f"policy {policy}")
    check("unsafe" not in policy and "<script>" not in body and "style=" not in body, "something inline")
    answer, _ = get({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script"}, "/page/main.js")
    check(answer.status == 403, f"another site's page gets main.js: {answer.status}")
    answer, _ = get({"Accept": "text/html", "Host": "evil.example"})
    check(answer.status == 421, f"a foreign name gets the page: {answer.status}")


def check_restart(browser, program, lab):
    """The server goes and another comes at its place: the page says both, and forgets the old one's connections."""
    lab.stop()
    browser.wait("""return document.getElementById("link").dataset.link === "lost" """, what="the page to notice that the server has gone")
    again = Lab(program, lab.port, lab.admin_port)
    browser.wait("""return document.getElementById("link").dataset.link === "live" """, seconds=30, what="the page to find the new server")
    browser.wait("""return document.querySelectorAll(".lane").length === 0""", what="the page to forget the old server's connections")
    curl(again.url)
    wait_lane(browser, 1, "settled")
    return again


def check_crowd(browser, lab):
    """More than a page can follow: it stays usable, and says what it left out."""
    last = lab.admin("connections?limit=0")["counts"]["accepted"]
    clients = []
    for _ in range(1500):
        client = socket.create_connection(("127.0.0.1", lab.port), 20)
        client.sendall(b"GET / HTTP/1.0\r\n\r\n")
        clients.append(client)
    for client in clients:
        client.close()
    browser.wait("""return [...document.querySelectorAll(".lane .id")].some(one => Number(one.textContent) >= arguments[0])""", last + 1500,
                 what="the newest connection to be shown")
    browser.wait("""return document.getElementById("notices").textContent.includes("not shown")""", what="the page to say what it left out")
    check(browser.run("""return document.querySelectorAll(".lane").length""") <= 200, "too many lanes")


def axe(browser, file, where):
    if not file:
        return
    # The policy forbids foreign scripts to the page, not to the driver.
    browser.run(file.read_text(encoding="utf-8"))
    found = browser.run_async("""const done = arguments[arguments.length - 1];
        axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21aa"]}).then(
            result => done(result.violations.map(one => one.id + ": " + one.nodes.map(node => node.target.join(" ")).slice(0, 3).join(", "))))""")
    problems.extend(f"{where}: axe: {one}" for one in found)


def look(browser, lab, folder, scheme, axe_file):
    """Every panel, at every width."""
    measure = (HERE / "measure.js").read_text(encoding="utf-8")
    for width, size in WIDTHS.items():
        browser.resize(*size)
        for tab in ("connections", "lessons", "rules"):
            browser.click(f"#tab-{tab}")
            browser.wait(f"""return document.getElementById("{tab}").childElementCount > 0""")
            where = f"{width}, {scheme}, {tab}"
            problems.extend(f"{where}: {one}" for one in browser.run(measure))
            axe(browser, axe_file, where)
            browser.screenshot(folder / f"{tab}-{width}-{scheme}.png")
    browser.click("#tab-connections")


def show_variety(browser, lab):
    for arguments in ([lab.url], ["-H", "Connection: close", lab.url], [lab.url + "close/abortive"], [lab.url + "bytes/5000?slow=2500/50ms"]):
        curl(*arguments)
    browser.wait("""return document.querySelectorAll(".lane[data-phase=settled]").length >= 4""")
    open_lane(browser, lab.admin("connections?limit=0")["counts"]["accepted"] - 2)


def keyboard(browser):
    """A lane can be reached and opened without a mouse."""
    browser.run("""document.querySelector("#detail .close")?.click(); document.querySelector(".lane").focus()""")
    browser.keys("\ue007")
    browser.wait("""return document.querySelector("#detail h3")""", what="Enter to open a lane")
    browser.run("""document.getElementById("tab-connections").focus()""")
    browser.keys("\ue014")
    browser.wait("""return document.activeElement.id === "tab-lessons" && !document.getElementById("lessons").hidden""", what="the arrow key to change the tab")
    browser.click("#tab-connections")


@contextlib.contextmanager
def opened(lab, dark):
    browser = webdriver.Browser(dark=dark)
    try:
        browser.resize(*WIDTHS["desktop"])
        browser.go(lab.admin_url)
        browser.wait("""return document.getElementById("link").dataset.link === "live" """, what="the page to be live")
        yield browser
    finally:
        browser.close()


def play(program, folder, axe_file):
    lab = Lab(program)
    try:
        with opened(lab, dark=False) as browser:
            problems.extend(browser.run_async(
                f"const done = arguments[arguments.length - 1]; (async () => {{ {(HERE / 'model_test.js').read_text()} }})()"
                ".then(done, error => done([String(error)]))"))
            check_endings(browser, lab)
            check_reset_by_click(browser, lab)
            check_close_wait(browser, lab)
            check_drain_and_refuse(browser, lab)
            check_lesson(browser)
            check_rules(browser, lab)
            check_hostile(browser, lab)
            check_guard(lab)
            keyboard(browser)
            problems.extend(unexpected(browser))
            lab = check_restart(browser, program, lab)
            show_variety(browser, lab)
            look(browser, lab, folder, "light", axe_file)
            browser.resize(*WIDTHS["desktop"])
            check_crowd(browser, lab)
            problems.extend(unexpected(browser))
        with opened(lab, dark=True) as browser:
            show_variety(browser, lab)
            look(browser, lab, folder, "dark", axe_file)
            problems.extend(browser.console())
    finally:
        lab.stop()


def main():
    program, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    axe_file = pathlib.Path(sys.argv[3]) if len(sys.argv) > 3 and pathlib.Path(sys.argv[3]).exists() else None
    if absent := webdriver.missing():
        print(f"skipped: {absent}")
        sys.exit(77)
    folder.mkdir(parents=True, exist_ok=True)
    if not axe_file:
        print("axe-core is not here: its rules are not checked")
    play(program, folder, axe_file)
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)


main()
