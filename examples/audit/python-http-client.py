#!/usr/bin/env python3
"""closelab audit --driver: Python's http.client, with one kept connection for each origin."""
import http.client, platform, sys, urllib.parse

connections = {}
METHODS = {"GETC": "GET", "UP": "POST"}
KNOWN = "GET HEAD POST PUT DELETE GETC UP".split()

def play(word, url="", number="0"):
    if word == "VERSION": return f"ok http.client of Python {platform.python_version()}"
    if word not in KNOWN: return "na"
    parts = urllib.parse.urlsplit(url)
    body = bytes(int(number)) if word == "UP" else b"ping" if word in ("POST", "PUT") else None
    headers = {"Connection": "close"} if word == "GETC" else {}
    connection = connections.setdefault(parts.netloc, http.client.HTTPConnection(parts.netloc, timeout=8))
    connection.request(METHODS.get(word, word), url.partition(parts.netloc)[2], body, headers)
    response = connection.getresponse()
    return f"ok {response.status} {len(response.read())}"

for line in sys.stdin:
    step, *words = line.split()
    try: answer = play(*words)
    except Exception as error: answer = f"err {error!r}"
    print(step, answer, flush=True)
