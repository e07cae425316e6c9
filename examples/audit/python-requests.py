#!/usr/bin/env python3
"""closelab audit --driver: requests, with a Session."""
import concurrent.futures, sys
import requests

session = requests.Session()
threads = concurrent.futures.ThreadPoolExecutor(50)
METHODS = {"GETU": "GET", "GETC": "GET", "GETF": "GET", "UP": "POST"}
KNOWN = "GET HEAD POST PUT DELETE GETU GETC GETF UP".split()

def play(word, url="", number="0"):
    if word == "VERSION": return f"ok requests {requests.__version__}"
    if word == "BURST": return list(threads.map(lambda _: play("GET", url), range(int(number))))[-1]
    if word not in KNOWN: return "na"
    body = bytes(int(number)) if word == "UP" else b"ping" if word in ("POST", "PUT") else None
    headers = {"Connection": "close"} if word == "GETC" else None
    response = session.request(METHODS.get(word, word), url, data=body, timeout=8, stream=word == "GETU", headers=headers)
    return f"ok {response.status_code} {0 if word == 'GETU' else len(response.content)}"

for line in sys.stdin:
    step, *words = line.split()
    try: answer = play(*words)
    except Exception as error: answer = f"err {error!r}"
    print(step, answer, flush=True)
