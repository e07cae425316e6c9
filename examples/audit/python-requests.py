#!/usr/bin/env python3
"""closelab audit --driver: requests, with a Session."""
import concurrent.futures, sys
import requests

session = requests.Session()
pool = concurrent.futures.ThreadPoolExecutor(50)


def play(word, url, number="0"):
    if word == "BURST":
        return list(pool.map(lambda _: play("GET", url), range(int(number))))[-1]
    method = {"GETU": "GET", "GETC": "GET", "UP": "POST", "EXP": "POST"}.get(word, word)
    body = bytes(int(number)) if word == "UP" else b"ping" if word in ("POST", "PUT") else None
    response = session.request(method, url, data=body, timeout=8, stream=word == "GETU",
                               headers={"Connection": "close"} if word == "GETC" else None)
    return f"ok {response.status_code} {0 if word == 'GETU' else len(response.content)}"


for line in sys.stdin:
    step, word, *arguments = line.split()
    try:
        answer = play(word, *arguments) if word in "GET HEAD POST PUT DELETE GETU GETC UP BURST".split() else "na"
    except Exception as error:
        answer = f"err {error!r}"
    print(step, f"ok requests {requests.__version__}" if word == "VERSION" else answer, flush=True)
