#!/usr/bin/env python3
"""closelab audit --driver: httpx, with a Client."""
import concurrent.futures, sys
import httpx

client = httpx.Client(timeout=8)
threads = concurrent.futures.ThreadPoolExecutor(50)


def play(word, url, number="0"):
    if word == "BURST":
        return list(threads.map(lambda _: play("GET", url), range(int(number))))[-1]
    if word == "GETU":
        with client.stream("GET", url) as response:
            return f"ok {response.status_code} 0"
    body = bytes(int(number)) if word == "UP" else b"ping" if word in ("POST", "PUT") else None
    response = client.request({"GETC": "GET", "UP": "POST"}.get(word, word), url, content=body,
                              headers={"Connection": "close"} if word == "GETC" else None)
    return f"ok {response.status_code} {len(response.content)}"


for line in sys.stdin:
    step, word, *arguments = line.split()
    try:
        answer = play(word, *arguments) if word in "GET HEAD POST PUT DELETE GETU GETC UP BURST".split() else "na"
    except Exception as error:
        answer = f"err {error!r}"
    print(step, f"ok httpx {httpx.__version__}" if word == "VERSION" else answer, flush=True)
