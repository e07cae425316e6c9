#!/usr/bin/env python3
"""report_test.py PROGRAM ROOT FOLDER

Has PROGRAM play a few experiments into one page, audit curl into another, and compare three audits in a third, opens them
from their files in Chromium, and compares what is drawn with what --format json says of the same. The screenshots are in
FOLDER afterwards.
"""

import json
import pathlib
import re
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


def audit(program, root, folder, command=("curl", "-qsS")):
    """The same of an audit."""
    hostile = folder / "hostile-scenario.toml"
    hostile.write_text(HOSTILE_SCENARIO)
    page = folder / "audit.html"
    files = [str(root / "conf/audit" / f"{name}.toml") for name in SCENARIOS]
    done = subprocess.run([program, "audit", "--report", str(page), "--format", "json", *files, str(hostile), "--", *command],
                          stdout=subprocess.PIPE, text=True, timeout=150, check=False)
    if done.returncode != 1:
        sys.exit(f"closelab audit ended with {done.returncode}, though a MUST fails")
    return page, json.loads(done.stdout)


def compared(program, folder, audits):
    """The same of several audits."""
    page = folder / "audits.html"
    files = []
    for number, one in enumerate(audits):
        files.append(folder / f"audit-{number}.json")
        files[-1].write_text(json.dumps(one))
    done = subprocess.run([program, "audit", "compare", "--report", str(page), "--format", "json", *files],
                          stdout=subprocess.PIPE, text=True, timeout=150, check=True)
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


def check_audit(report, browser):
    page = browser.run(TEXTS)
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


# Opens every cell of a column, and reads what it shows.
OPENED = """
    const text = node => node.textContent.split(/\\s+/).join(" ").trim();
    return [...document.querySelectorAll("table.matrix tbody tr:not(.kind)")].map(row => {
      const button = row.children[arguments[0] + 1]?.querySelector("button");
      if (!button) return null;
      button.click();
      const opened = document.querySelectorAll(".opened article");
      const seen = {name: text(row.children[0]), grade: text(button), count: opened.length, text: text(opened[0]),
        ladders: opened[0].querySelectorAll("svg.ladder").length, differs: row.className === "differs"};
      button.click();
      return {...seen, left: document.querySelectorAll(".opened").length};
    });"""


def check_matrix(report, browser):
    check_frame(browser.run(TEXTS))
    for column, one in enumerate(report["audits"]):
        seen = {cell["name"]: cell for cell in browser.run(OPENED, column) if cell}
        check(set(seen) == {scenario["id"] for scenario in one["scenarios"]}, f"column {column} has {sorted(seen)}")
        for scenario in one["scenarios"]:
            cell = seen[scenario["id"]]
            check(scenario["grade"] in cell["grade"], f"{scenario['id']} of {column} is {cell['grade']}")
            check((cell["count"], cell["left"]) == (1, 0), f"a click shows {cell['count']}, another leaves {cell['left']}")
            for key in ("reason", "section", "why"):
                check(shown(scenario[key]) in cell["text"], f"{key} of {scenario['id']} is missing of {column}")
            check(cell["ladders"] == len(scenario["connections"]), f"{cell['ladders']} ladders of {scenario['id']}")
            grades = {each["grade"] for audit in report["audits"] for each in audit["scenarios"] if each["id"] == scenario["id"]}
            check(cell["differs"] or len(grades) == 1, f"{scenario['id']} does not differ")
    browser.run("""document.querySelector("#only-differing").click()""")
    alike = browser.run("""return [...document.querySelectorAll(".alike")].filter(row => row.checkVisibility()).length""")
    check(alike == 0, f"{alike} rows that do not differ")


def check_report(report, browser):
    page = browser.run(TEXTS)
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


def check_script(page):
    """The modules share one scope: of two functions with one name the second would be called by all."""
    names = re.findall(r"^function (\w+)", page.read_text(encoding="utf-8"), re.MULTILINE)
    check(len(names) == len(set(names)), f"functions with one name: {[name for name in names if names.count(name) > 1]}")


def look(page, report, folder, compare, drawn="article"):
    check_script(page)
    measure = pathlib.Path(__file__).with_name("measure.js").read_text(encoding="utf-8")
    for dark in (False, True):
        browser = webdriver.Browser(dark=dark)
        scheme = "dark" if dark else "light"
        try:
            for width, size in WIDTHS.items():
                browser.resize(*size)
                browser.go(page.as_uri())
                browser.wait(f"return document.querySelectorAll('{drawn}').length > 0", what="the report to be drawn")
                browser.run("document.querySelector('button.cell.fail')?.click()")
                problems.extend(f"{width}, {scheme}: {one}" for one in browser.run(measure))
                browser.screenshot(folder / f"{page.stem}-{width}-{scheme}.png")
            if not dark:
                compare(report, browser)
            problems.extend(browser.console())
        finally:
            browser.close()


def main():
    program, root, folder = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    if absent := webdriver.missing():
        print(f"skipped: {absent}")
        sys.exit(77)
    folder.mkdir(parents=True, exist_ok=True)
    look(*play(program, root, folder), folder, check_report)
    page, curls = audit(program, root, folder)
    look(page, curls, folder, check_audit)
    # Takes a truncated body for whole, and has markup in its name, which is in the page's title.
    deaf = audit(program, root, folder, ("sh", "-c", "curl -qsS -o /dev/null \"$0\" || true # </title><img src=x>"))
    look(*deaf, folder, check_audit)
    look(*compared(program, folder, [curls, deaf[1], {**curls, "scenarios": curls["scenarios"][1:]}]), folder, check_matrix,
         drawn="table.matrix button")
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)


main()
