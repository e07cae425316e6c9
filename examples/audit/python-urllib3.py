#!/usr/bin/env python3
"""closelab audit --driver: urllib3, with a PoolManager."""
import concurrent.futures, sys
import urllib3

pool = urllib3.PoolManager(maxsize=50)
threads = concurrent.futures.ThreadPoolExecutor(50)


def play(word, url, number="0"):
    if word == "BURST":
        return list(threads.map(lambda _: play("GET", url), range(int(number))))[-1]
    method = {"GETU": "GET", "GETC": "GET", "UP": "POST"}.get(word, word)
    body = bytes(int(number)) if word == "UP" else b"ping" if word in ("POST", "PUT") else None
    response = pool.request(method, url, body=body, timeout=8, redirect=False, preload_content=word != "GETU",
                            headers={"Connection": "close"} if word == "GETC" else None)
    return f"ok {response.status} {0 if word == 'GETU' else len(response.data)}"


for line in sys.stdin:
    step, word, *arguments = line.split()
    try:
        answer = play(word, *arguments) if word in "GET HEAD POST PUT DELETE GETU GETC UP BURST".split() else "na"
    except Exception as error:
        answer = f"err {error!r}"
    print(step, f"ok urllib3 {urllib3.__version__}" if word == "VERSION" else answer, flush=True)
