"""A client whose kept connection goes stale must send a GET again, and not a POST.

python3 -m pytest examples/with_pytest
"""

import http.client

import pytest

STALE = (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError)


def exchange(connection, method, path="/"):  # here goes the client under test
    connection.request(method, path, b"order" if method == "POST" else None)
    return connection.getresponse().read()


@pytest.fixture
def connection(closelab):
    connection = http.client.HTTPConnection(closelab.url.split("/")[2])
    yield connection
    connection.close()


def test_a_stale_connection_may_be_retried(closelab, connection):
    closelab.rules({"connection": 1, "at": "next_request", "close": "abortive"})
    exchange(connection, "GET")
    with pytest.raises(STALE):
        exchange(connection, "GET")
    assert closelab.closed(1)["retry"] == "safe"
    assert closelab.unused_rules() == []


def test_a_post_that_was_read_must_not_be_retried(closelab, connection):
    closelab.rules({"connection": 1, "request": 2, "at": "before_response", "close": "lingering"})
    exchange(connection, "GET")
    with pytest.raises(STALE):
        exchange(connection, "POST", "/echo")
    assert closelab.closed(1)["retry"] == "if_idempotent"


def test_the_connection_is_reused(closelab, connection):
    exchange(connection, "GET")
    closelab.idle(1)
    exchange(connection, "GET")
    assert closelab.connections_of_requests() == [1, 1]


@pytest.mark.closelab("--idle-timeout", "50ms")
def test_the_server_closes_an_idle_connection(closelab, connection):
    exchange(connection, "GET")
    assert connection.sock.recv(1) == b""
    connection.close()
    assert closelab.closed(1)["close_reason"] == "idle_timeout"
