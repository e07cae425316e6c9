#!/usr/bin/env python3
"""What `closelab audit --browser` takes for a browser: it opens the page of its command line, plays the steps that the page
would play, and notes below its profile that it was there. `--away` lets it end without opening anything.
"""

import http.client
import os
import stat
import sys
import urllib.parse

options = dict(word.removeprefix("--").partition("=")[::2] for word in sys.argv[1:-1])
if "away" in options:
    sys.exit("no display")
profile = options["user-data-dir"]
if stat.S_IMODE(os.stat(profile).st_mode) != 0o700:
    sys.exit("others can read the profile")
with open(os.path.join(profile, "lock"), "w", encoding="utf-8") as note:
    note.write("in use")
connections = {}


def fetch(method, url, body=None):
    parts = urllib.parse.urlsplit(url)
    connection = connections.setdefault(parts.netloc, http.client.HTTPConnection(parts.netloc, timeout=60))
    connection.request(method, parts.path, body)
    response = connection.getresponse()
    return response.status, response.read()


page = sys.argv[-1]
assert b"fetch(" in fetch("GET", page)[1]
said = f"ok browser of our own, {'headless' if 'headless' in options else 'with a window'}"
while True:
    number, word, url, *_ = fetch("POST", page + "next", said)[1].decode().split()
    try:
        status, content = fetch(word, url)
        said = f"ok {status} {len(content)}"
    except (OSError, http.client.HTTPException) as error:
        said = f"err {error!r}"
