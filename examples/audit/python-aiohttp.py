#!/usr/bin/env python3
"""closelab audit --driver: aiohttp, with a ClientSession. Its event loop goes on while the next step is waited for."""
import asyncio, sys
import aiohttp


async def play(session, word, url, number="0"):
    if word == "BURST":
        return (await asyncio.gather(*(play(session, "GET", url) for _ in range(int(number)))))[-1]
    body = bytes(int(number)) if word == "UP" else b"ping" if word in ("POST", "PUT") else None
    headers = {"Connection": "close"} if word == "GETC" else None
    method = {"GETU": "GET", "GETC": "GET", "UP": "POST"}.get(word, word)
    async with session.request(method, url, data=body, headers=headers) as response:
        return f"ok {response.status} {0 if word == 'GETU' else len(await response.read())}"


async def main():
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(8)) as session:
        while line := await asyncio.to_thread(sys.stdin.readline):
            step, word, *arguments = line.split()
            try:
                known = word in "GET HEAD POST PUT DELETE GETU GETC UP BURST".split()
                answer = await play(session, word, *arguments) if known else "na"
            except Exception as error:
                answer = f"err {error!r}"
            print(step, f"ok aiohttp {aiohttp.__version__}" if word == "VERSION" else answer, flush=True)


asyncio.run(main())
