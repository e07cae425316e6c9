#!/usr/bin/env python3
"""report_test.py PROGRAM ROOT FOLDER

Has PROGRAM play a few experiments into one page, and compares the page with what --format json says of the same run.
Where a Chromium is installed, it also looks at it; the screenshots are in FOLDER afterwards.
"""

import json
import pathlib
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import browser

EXPERIMENTS = ["b-segments", "c1-who-waits", "d1-only-the-client", "g-reuse-address", "h-lost-ack", "m-unread"]
# Longer ladders are drawn without their middle.
LONGEST_LADDER = 160

HOSTILE = '''
title = "<script>alert(1)</script> & \\"quotes\\""
claims = ["B5"]
claim = "</p><img src=x onerror=alert(2)> it's over"
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
                          stdout=subprocess.PIPE, text=True, timeout=120, check=False)
    # 1: something came out unexpectedly, or can't be shown here. Then the page says so.
    if done.returncode not in (0, 1):
        sys.exit(f"closelab run ended with {done.returncode}")
    return page, json.loads(done.stdout)["experiments"]


def text_of(element):
    return " ".join("".join(element.itertext()).split())


def check_that_it_needs_nothing(tree):
    ids = [element.get("id") for element in tree.iter() if element.get("id")]
    check(len(ids) == len(set(ids)), f"ids that are there twice: {sorted({i for i in ids if ids.count(i) > 1})}")
    for element in tree.iter():
        check(element.tag not in ("script", "link", "img", "iframe", "object", "base"), f"<{element.tag}> in the page")
        for name, value in element.attrib.items():
            check(not name.startswith("on"), f"<{element.tag} {name}>")
            check("//" not in value, f"an address: {name}={value}")
            if name in ("href", "src", "aria-labelledby", "aria-describedby"):
                check(value.removeprefix("#") in ids, f"{name}={value} leads nowhere")
    style = tree.find("head/style").text
    check(not re.search(r"url\(|@import|@font-face|//", style), "the style sheet asks for something else")


def check_case(one, section):
    text = text_of(section)
    check(" ".join(one["when"].split()) in text, f"no case \"{one['when']}\"")
    if one["not_shown"]:
        return check(one["not_shown"] in text, f"it is not said why \"{one['when']}\" is not shown")
    for judged in one["claim"] + one["expect"]:
        check(" ".join(judged["text"].split()) in text, f"{judged['text']} is missing in \"{one['when']}\"")
    for step in one["transcript"]:
        check(" ".join(step.split()) in text, f"the step \"{step}\" is missing in \"{one['when']}\"")
    ladder = section.find(".//svg[@class='ladder']")
    if ladder is not None and len(one["picture"]["rungs"]) <= LONGEST_LADDER:
        segments = [rung["text"] for rung in one["picture"]["rungs"] if rung["kind"] in ("syn", "data", "fin", "rst")]
        drawn = [text_of(group.find("text")) for group in ladder.findall("g")]
        check(sorted(drawn) == sorted(segments), f"\"{one['when']}\" has {segments}, drawn are {drawn}")


def check_experiment(experiment, article):
    text = text_of(article)
    check(text_of(article.find("h2")) == experiment["title"], f"the title of {experiment['name']}")
    for key in ("claim", "explanation", "rfc", "conclusion"):
        check(" ".join(experiment[key].split()) in text, f"the {key} of {experiment['name']} is missing")
    check(("Unexpected" in text) != experiment["as_expected"], f"{experiment['name']}: as expected or not?")
    sections = article.findall("section")
    check(len(sections) == len(experiment["cases"]), f"{experiment['name']} has {len(sections)} cases")
    for one, section in zip(experiment["cases"], sections):
        check_case(one, section)


def check_claims(experiments, tree):
    rows = {text_of(row.find("th")): text_of(row) for row in tree.findall(".//table[@class='claims']/tbody/tr")}
    for experiment in experiments:
        for claim in experiment["claims"]:
            check(experiment["title"] in rows.get(claim, ""), f"claim {claim} without {experiment['name']}")


def main():
    program, root, folder = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    folder.mkdir(parents=True, exist_ok=True)
    page, experiments = play(program, root, folder)
    tree = ElementTree.fromstring(page.read_text(encoding="utf-8"))
    check_that_it_needs_nothing(tree)
    articles = tree.findall(".//article")
    check(len(articles) == len(experiments) == len(EXPERIMENTS) + 1, f"{len(articles)} experiments are in the page")
    for experiment, article in zip(experiments, articles):
        check_experiment(experiment, article)
    check_claims(experiments, tree)
    problems.extend(browser.look_at(page, folder))
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)


main()
