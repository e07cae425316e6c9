#!/usr/bin/env python3
"""closelab audit --driver: aiohttp, with a ClientSession. Its event loop goes on while the next step is waited for."""
import asyncio, sys
import aiohttp

METHODS = {"GETU": "GET", "GETC": "GET", "GETF": "GET", "UP": "POST"}
KNOWN = "GET HEAD POST PUT DELETE GETU GETC GETF UP".split()

async def play(session, word, url="", number="0"):
    if word == "VERSION": return f"ok aiohttp {aiohttp.__version__}"
    if word == "BURST": return (await asyncio.gather(*(play(session, "GET", url) for _ in range(int(number)))))[-1]
    if word not in KNOWN: return "na"
    body = bytes(int(number)) if word == "UP" else b"ping" if word in ("POST", "PUT") else None
    headers = {"Connection": "close"} if word == "GETC" else None
    async with session.request(METHODS.get(word, word), url, data=body, headers=headers) as response:
        return f"ok {response.status} {0 if word == 'GETU' else len(await response.read())}"

async def main():
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(8)) as session:
        while line := await asyncio.to_thread(sys.stdin.readline):
            step, *words = line.split()
            answer = (await asyncio.gather(play(session, *words), return_exceptions=True))[0]
            print(step, answer if isinstance(answer, str) else f"err {answer!r}", flush=True)

asyncio.run(main())
