#!/usr/bin/env python3
"""Validates what a running closelab ($CLOSELAB) answers on its admin port against docs/admin.schema.json.

schema_test.py ROOT. Stricter than the schema, which leaves room for further keys: here every key has to be documented.
"""
import http.client
import json
import os
import socket
import subprocess
import sys
from urllib.parse import urlsplit

try:
    import jsonschema
except ImportError:
    print("skipped: python3-jsonschema is not installed")
    sys.exit(77)

JSON_TYPE = {"Content-Type": "application/json"}
patience = 20


def closed(schema):
    """The schema without room for further keys."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    result = {key: closed(value) for key, value in schema.items()}
    if isinstance(schema.get("required"), list) and "properties" in schema:
        result["additionalProperties"] = False
    return result


class Lab:
    def __init__(self, program, schema):
        self.schema = schema
        command = [program, "serve", "--port", "0", "--log-format", "json", "--header-timeout", "100ms"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        listening = json.loads(self.process.stdout.readline())
        self.lab = urlsplit(listening["url"]).netloc
        self.admin = http.client.HTTPConnection(urlsplit(listening["admin_url"]).netloc, timeout=patience)

    def check(self, definition, instance):
        validator = jsonschema.Draft202012Validator({"$ref": f"#/$defs/{definition}", "$defs": self.schema["$defs"]})
        for error in validator.iter_errors(instance):
            sys.exit(f"{definition}: {'/'.join(map(str, error.path))}: {error.message}\n{json.dumps(instance, indent=1)}")
        return instance

    def ask(self, definition, method, path, body=None, status=200):
        content = None if method in ("GET", "DELETE") else json.dumps({} if body is None else body)
        self.admin.request(method, path, content, JSON_TYPE if content else {})
        response = self.admin.getresponse()
        text = response.read()
        if response.status != status:
            sys.exit(f"{method} {path} was answered {response.status} instead of {status}: {text}")
        return self.check(definition, json.loads(text))

    def request(self, path, method="GET", body=None, headers={}):
        """A request on a connection of its own; an error is an ending as good as any."""
        client = http.client.HTTPConnection(self.lab, timeout=patience)
        try:
            client.request(method, path, body, headers)
            client.getresponse().read()
        except (OSError, http.client.HTTPException):
            pass
        client.close()

    def send(self, data):
        host, port = self.lab.split(":")
        with socket.create_connection((host, int(port)), patience) as client:
            client.sendall(data)
            try:
                while client.recv(4096):
                    pass
            except OSError:
                pass


def end_in_many_ways(lab):
    """Connections whose records have, together, most of what a record can hold."""
    endings = 0
    for path in ("/", "/bytes/100000", "/close/immediate", "/close/abortive", "/close/delayed", "/status/404",
                 "/bytes/1000?at=response_body:100&close=abortive", "/bytes/1000?truncate=on"):
        lab.request(path)
        endings += 1
    lab.request("/", headers={"Connection": "close"})
    lab.request("/echo", "POST", b"x" * 1000)
    lab.send(b"nonsense\r\n\r\n")
    lab.send(b"GET /\xff HTTP/1.1\r\nHost: lab\r\n\r\n")
    lab.send(b"GET / HTTP/1.1\r\nHost: la")
    lab.send(b"GET / HTTP/1.0\r\n\r\n")
    for number in range(1, endings + 7):
        lab.ask("connection", "GET", f"/connections/{number}?wait=closed&timeout=20s")


def read_event(response):
    fields = {}
    while line := response.readline().decode().rstrip("\n"):
        name, value = line.split(":", 1)
        fields[name] = value.strip()
    return fields


def check_events(lab):
    reader = http.client.HTTPConnection(lab.admin.host, lab.admin.port, timeout=patience)
    reader.request("GET", "/events")
    response = reader.getresponse()
    read_event(response)
    lab.request("/", headers={"Connection": "close"})
    seen = set()
    while "settled" not in seen:
        event = read_event(response)
        definition = "event_request" if event["event"] == "request" else "event_connection"
        lab.check(definition, json.loads(event["data"]))
        seen.add(event["event"])
    if seen != {"accepted", "request", "closing", "settled"}:
        sys.exit(f"these events came: {seen}")


def check_leak(lab):
    """A client that does not close; and where it is allowed, its packets."""
    host, port = lab.lab.split(":")
    with socket.create_connection((host, int(port)), patience) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: lab\r\nConnection: close\r\n\r\n")
        leaked = lab.ask("connection", "GET", "/connections?wait=leaked&open_for=10ms&timeout=20s")
        owners = leaked["local_client"]["processes"]
        if [owner["pid"] for owner in owners] != [os.getpid()]:
            sys.exit(f"whose the client's end is: {owners}")
        lab.ask("error", "GET", "/connections?wait=all_settled&timeout=1ms", status=504)
        while client.recv(4096):
            pass
    lab.ask("connection", "GET", f"/connections/{leaked['id']}?wait=peer_closed")
    for wrong in ("?wait=leaked&requests=1", "?wait=closed&open_for=1s", "?wait=all_settled&after=1", "?open_for=1s"):
        lab.ask("error", "GET", "/connections" + wrong, status=400)
    lab.ask("error", "GET", "/connections/1?wait=all_settled", status=400)
    lab.ask("error", "DELETE", "/capture", status=409)


def check_commands(lab):
    lab.ask("rules", "PUT", "/rules", [
        {"connection": 1, "request": 2, "path": "/x*", "at": "response_body:100", "close": "abortive", "times": 1},
        {"at": "idle:2s", "stall": True, "probability": 0.5},
        {"delay": "1ms"}, {"truncate": True, "request": 9}, {"slow": "10/100ms", "request": 9}])
    lab.request("/")
    lab.ask("rule_added", "POST", "/rules", {"close": "deferred", "at": "next_request"}, 201)
    lab.ask("rules", "GET", "/rules")
    lab.ask("rules", "DELETE", "/rules/1")
    lab.ask("rules", "DELETE", "/rules")
    client = http.client.HTTPConnection(lab.lab, timeout=patience)
    client.request("GET", "/")
    client.getresponse().read()
    number = lab.ask("connections", "GET", "/connections?phase=idle,active&limit=1")["connections"][0]["id"]
    lab.ask("held", "POST", f"/connections/{number}/hold")
    lab.ask("held", "POST", f"/connections/{number}/release")
    lab.ask("held", "POST", "/hold")
    lab.ask("held", "POST", "/release")
    lab.ask("error", "GET", f"/connections?wait=closed&after={number - 1}&timeout=1ms", status=504)
    check_leak(lab)
    lab.ask("connection_closed", "POST", f"/connections/{number}/close?mode=immediate")
    lab.ask("idle_closed", "POST", "/close-idle")
    lab.ask("drain", "POST", "/drain?idle_after=2s")
    lab.ask("drain", "POST", "/drain?status=503")
    lab.ask("drain", "POST", "/undrain")
    lab.ask("listener", "POST", "/listener?mode=refuse&for=2s")
    lab.ask("listener", "POST", "/listener?mode=accept")
    for wrong in ("/drain?status=200", "/drain?announce=no", "/drain?status=503&announce=off", "/listener",
                  "/listener?mode=off", "/listener?mode=refuse&backlog=1", "/listener?mode=accept&for=1s"):
        lab.ask("error", "POST", wrong, status=400)
    client.close()
    lab.ask("all_settled", "GET", "/connections?wait=all_settled&timeout=20s")


def check_errors(lab):
    lab.ask("error", "GET", "/nothing", status=404)
    lab.ask("error", "GET", "/connections/999", status=404)
    lab.ask("error", "PUT", "/connections", status=405)
    lab.ask("error", "GET", "/connections?limt=1", status=400)
    # A stream of no events would never end.
    lab.ask("error", "GET", "/events?limit=0", status=400)
    lab.ask("error", "GET", "/events?rate=0", status=400)
    lab.ask("error", "GET", "/states?each=maybe", status=400)
    lab.ask("error", "PUT", "/rules", {"close": "abortive"}, status=400)
    lab.ask("error", "GET", "/connections/1?wait=idle", status=409)
    lab.admin.request("PUT", "/rules", "[", JSON_TYPE)
    lab.check("error", json.loads(lab.admin.getresponse().read()))


def main():
    with open(os.path.join(sys.argv[1], "docs/admin.schema.json")) as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    lab = Lab(os.environ["CLOSELAB"], closed(schema))
    try:
        end_in_many_ways(lab)
        check_events(lab)
        check_commands(lab)
        check_errors(lab)
        if len(lab.ask("connections", "GET", "/connections")["connections"]) < 15:
            sys.exit("there are fewer records than connections were made")
        lab.ask("requests", "GET", "/requests")
        lab.ask("states", "GET", "/states")
        if not lab.ask("states", "GET", "/states?each=on")["sockets"]:
            sys.exit("each=on lists no socket")
        lab.ask("conf", "GET", "/conf")
        lab.process.terminate()
        for line in lab.process.stdout:
            event = json.loads(line)
            if event["event"] == "settled":
                lab.check("connection", event["connection"])
            if event["event"] == "request":
                lab.check("request", event["request"])
    finally:
        lab.process.kill()
        lab.process.wait()


main()
