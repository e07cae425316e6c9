"""With at=next_request the stale keep-alive race is lost every time, and the record says that a retry is safe."""

import http.client
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "examples"))
from closelab import Closelab  # noqa: E402

RUNS = 100

with Closelab() as server:
    for run in range(1, RUNS + 1):
        mode = ("lingering", "immediate", "abortive")[run % 3]
        server.rules({"at": "next_request", "close": mode})
        client = http.client.HTTPConnection("127.0.0.1", server.port)
        client.request("GET", "/")
        assert client.getresponse().read()
        try:
            client.request("GET", "/")
            sys.exit(f"run {run}, {mode}: the second request was answered {client.getresponse().status}")
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            client.close()
        record = server.closed(run)
        assert record["close_reason"] == "rule", record["text"]
        assert record["retry"] == "safe", record["text"]
        assert record["request_count"] == 1, record["text"]
print(f"{RUNS} of {RUNS} second requests failed, and each could safely be sent again")
