#!/usr/bin/env python3
"""closelab audit --driver: Python's http.client, with one kept connection for each origin."""
import http.client, platform, sys, urllib.parse

connections = {}


def play(word, url, number=0):
    parts = urllib.parse.urlsplit(url)
    method = {"GETC": "GET", "UP": "POST"}.get(word, word)
    body = bytes(int(number)) if word == "UP" else b"ping" if word in ("POST", "PUT") else None
    connection = connections.setdefault(parts.netloc, http.client.HTTPConnection(parts.netloc, timeout=8))
    connection.request(method, parts.path + "?" + parts.query, body, {"Connection": "close"} if word == "GETC" else {})
    response = connection.getresponse()
    return f"ok {response.status} {len(response.read())}"


for line in sys.stdin:
    step, word, *arguments = line.split()
    try:
        known = ("GET", "HEAD", "POST", "PUT", "DELETE", "GETC", "UP")
        answer = play(word, *arguments) if word in known else "na"
    except Exception as error:
        answer = f"err {error!r}"
    print(step, f"ok http.client of Python {platform.python_version()}" if word == "VERSION" else answer, flush=True)
