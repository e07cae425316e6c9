#!/usr/bin/env python3
"""A second request reuses the connection, and the client closes first. CLOSELAB is the program."""
import http.client, json, os, subprocess, urllib.request

program = os.environ.get("CLOSELAB", "build/release/closelab")
server = subprocess.Popen([program, "serve", "--port", "0", "--log-format", "json"], stdout=subprocess.PIPE)
try:
    listening = json.loads(server.stdout.readline())

    client = http.client.HTTPConnection("127.0.0.1", listening["port"])  # here goes the client under test
    for _ in range(2):
        client.request("GET", "/")
        client.getresponse().read()
    client.close()

    with urllib.request.urlopen(listening["admin_url"] + "connections/1?wait=closed") as answer:
        connection = json.load(answer)
    assert connection["request_count"] == 2, connection["text"]
    assert connection["verdict"]["closed_first"] == "client", connection["text"]
    print(connection["text"])
finally:
    server.terminate()
