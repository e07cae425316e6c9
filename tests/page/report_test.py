#!/usr/bin/env python3
"""report_test.py PROGRAM ROOT FOLDER

Has PROGRAM play a few experiments into one page, and audit curl into another, opens them from their files in Chromium, and
compares what is drawn with what --format json says of the same run. The screenshots are in FOLDER afterwards.
"""

import json
import pathlib
import subprocess
import sys

import webdriver

EXPERIMENTS = ["b-segments", "c1-who-waits", "d1-only-the-client", "g-reuse-address", "h-lost-ack", "m-unread"]
# Longer ladders are drawn without their middle.
LONGEST_LADDER = 160
WIDTHS = {"desktop": (1280, 1000), "phone": (390, 1200)}
HOSTILE = '''
title = "<script>alert(1)</script> & \\"quotes\\" \\u202e"
claims = ["B5"]
claim = "</p><img src=x onerror=alert(2)> it's over </script><!-- <script>"
conclusion = "refuted"
rfc = "]]> <!-- RFC 9293"
explanation = "</style><style>* { display: none }"
[[case]]
when = "<svg onload='alert(3)'>"
play = """
client connect
client get /<b>&amp;
client read response
client close
"""
claim = ["closed_first = server"]
'''
SCENARIOS = ["short-length", "close-wait", "handled-post-fin", "undrained-small"]
HOSTILE_SCENARIO = '''
title = "<script>alert(1)</script> & \\"quotes\\" \\u202e"
class = "must"
section = "]]> <!-- RFC 9112"
why = "</style><style>* { display: none }"
plan = "GET /<b>&amp;"
expect = ["step.1.result = err"]
good = "</p><img src=x onerror=alert(2)>"
bad = "it's over </script><!-- <script>"
'''
problems = []


def check(holds, what):
    if not holds:
        problems.append(what)


def play(program, root, folder):
    """The page's file and the same as JSON."""
    hostile = folder / "hostile.toml"
    hostile.write_text(HOSTILE)
    page = folder / "report.html"
    files = [str(root / "conf/experiments" / f"{name}.toml") for name in EXPERIMENTS]
    done = subprocess.run([program, "run", "--report", str(page), "--format", "json", *files, str(hostile)],
                          stdout=subprocess.PIPE, text=True, timeout=150, check=False)
    # 1: something came out unexpectedly, or can't be shown here. Then the page says so.
    if done.returncode not in (0, 1):
        sys.exit(f"closelab run ended with {done.returncode}")
    return page, json.loads(done.stdout)


def audit(program, root, folder):
    """The same of an audit of curl."""
    hostile = folder / "hostile-scenario.toml"
    hostile.write_text(HOSTILE_SCENARIO)
    page = folder / "audit.html"
    files = [str(root / "conf/audit" / f"{name}.toml") for name in SCENARIOS]
    done = subprocess.run([program, "audit", "--report", str(page), "--format", "json", *files, str(hostile), "--", "curl", "-qsS"],
                          stdout=subprocess.PIPE, text=True, timeout=150, check=False)
    if done.returncode != 1:
        sys.exit(f"closelab audit ended with {done.returncode}, though a MUST fails")
    return page, json.loads(done.stdout)


TEXTS = """
    const text = node => node.textContent.split(/\\s+/).join(" ").trim();
    return {
      claims: [...document.querySelectorAll("table.claims tbody tr")].map(text),
      scenarios: [...document.querySelectorAll("table.scenarios tbody tr")].map(text),
      articles: [...document.querySelectorAll("article")].map(article => ({
        title: text(article.querySelector("h2")), text: text(article), ladders: article.querySelectorAll("svg.ladder").length,
        cases: [...article.querySelectorAll("section")].map(section => ({
          text: text(section),
          arrows: [...section.querySelectorAll("svg.ladder g.arrow")].map(group => text(group.querySelector("text[text-anchor=middle]"))),
        })),
      })),
      foreign: document.querySelectorAll("img, iframe, object, main script, main style, [onload], [onerror]").length,
      addresses: [...document.querySelectorAll("[href], [src]")].map(one => one.getAttribute("href") ?? one.getAttribute("src")),
      ids: [...document.querySelectorAll("[id]")].map(one => one.id),
    };"""


def words(text):
    return " ".join(text.split())


def shown(text):
    """As the page spells out what would turn the direction of writing."""
    return words(text).replace("\u202e", "\\u{202e}")


def check_case(one, drawn):
    check(shown(one["when"]) in drawn["text"], f"no case \"{one['when']}\"")
    if one["not_shown"]:
        return check(words(one["not_shown"]) in drawn["text"], f"it is not said why \"{one['when']}\" is not shown")
    for judged in one["claim"] + one["expect"]:
        check(words(judged["text"]) in drawn["text"], f"{judged['text']} is missing in \"{one['when']}\"")
    for step in one["transcript"]:
        check(words(step) in drawn["text"], f"the step \"{step}\" is missing in \"{one['when']}\"")
    rungs = one["picture"]["rungs"]
    if not one["drawn"] or not rungs or len(rungs) > LONGEST_LADDER:
        return None
    travelled = [rung["text"] for rung in rungs if rung["kind"] in ("syn", "request", "response", "data", "fin", "rst")]
    begun = [text[:65] for text in drawn["arrows"]]
    return check(sorted(begun) == sorted(text[:65] for text in travelled), f"\"{one['when']}\" has {travelled}, drawn are {begun}")


def check_frame(page):
    check(page["foreign"] == 0, f"{page['foreign']} elements that a text has made")
    check(len(page["ids"]) == len(set(page["ids"])), "ids that are there twice")
    for address in page["addresses"]:
        check(address == "data:," or (address.startswith("#") and address[1:] in page["ids"]), f"{address} leads out or nowhere")


def check_audit(report, page):
    check_frame(page)
    check(len(page["articles"]) == len(report["scenarios"]) == len(SCENARIOS) + 1, f"{len(page['articles'])} scenarios")
    for one, article, row in zip(report["scenarios"], page["articles"], page["scenarios"], strict=True):
        check(article["title"] == shown(one["title"]), f"the title of {one['id']} is {article['title']}")
        for key in ("grade", "class", "title", "reason"):
            check(shown(one[key]) in row, f"the {key} of {one['id']} is missing in {row}")
        for text in [one["why"], one["section"], *(judged["text"] for judged in one["given"] + one["expect"]),
                     *(step["text"] for step in one["steps"])]:
            check(shown(text) in article["text"], f"{text} is missing of {one['id']}")
        check(article["ladders"] == len(one["connections"]), f"{article['ladders']} ladders of {one['id']}")


def check_report(report, page):
    check_frame(page)
    check(len(page["articles"]) == len(report["experiments"]) == len(EXPERIMENTS) + 1, f"{len(page['articles'])} experiments")
    for experiment, article in zip(report["experiments"], page["articles"]):
        check(article["title"] == shown(experiment["title"]), f"the title of {experiment['name']} is {article['title']}")
        for key in ("claim", "explanation", "rfc", "conclusion"):
            check(shown(experiment[key]) in article["text"], f"the {key} of {experiment['name']} is missing")
        check(("Unexpected" in article["text"]) != experiment["as_expected"], f"{experiment['name']}: as expected or not?")
        check(len(article["cases"]) == len(experiment["cases"]), f"{experiment['name']} has {len(article['cases'])} cases")
        for one, drawn in zip(experiment["cases"], article["cases"]):
            check_case(one, drawn)
    for claim, row in zip(report["claims"], page["claims"], strict=True):
        check(shown(claim["text"]) in row and claim["conclusion"] in row, f"claim {claim['id']}: {row}")


def look(page, report, folder, compare):
    measure = pathlib.Path(__file__).with_name("measure.js").read_text(encoding="utf-8")
    for dark in (False, True):
        browser = webdriver.Browser(dark=dark)
        scheme = "dark" if dark else "light"
        try:
            for width, size in WIDTHS.items():
                browser.resize(*size)
                browser.go(page.as_uri())
                browser.wait("""return document.querySelectorAll("article").length > 0""", what="the report to be drawn")
                problems.extend(f"{width}, {scheme}: {one}" for one in browser.run(measure))
                browser.screenshot(folder / f"{page.stem}-{width}-{scheme}.png")
            if not dark:
                compare(report, browser.run(TEXTS))
            problems.extend(browser.console())
        finally:
            browser.close()


def main():
    program, root, folder = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    if absent := webdriver.missing():
        print(f"skipped: {absent} is not installed")
        sys.exit(77)
    folder.mkdir(parents=True, exist_ok=True)
    look(*play(program, root, folder), folder, check_report)
    look(*audit(program, root, folder), folder, check_audit)
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)


main()
