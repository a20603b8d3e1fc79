"""A page's app, served in a thread, and one request to it."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI

from conclvd.server.serve import listening, server_of


@dataclass(frozen=True)
class Served:
    """`kept` is what the page is about: annotations, or answers."""

    server_port: int
    kept: Any

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"


@contextmanager
def serving(app: FastAPI, kept: Any = None) -> Iterator[Served]:
    server = server_of(app)
    with listening("127.0.0.1", 0) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield Served(listener.getsockname()[1], kept)
        finally:  # also when the test has failed: it would wait forever
            server.should_exit = True
            thread.join()


class Answer:
    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.content = response.read()

    def json(self) -> Any:
        return json.loads(self.content)


def ask(
    server: Served,
    path: str,
    body: Any = None,
    *,
    method: str | None = None,
    **headers: str,
) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if content is not None:
        named.setdefault("Content-Type", "application/json")
    try:
        connection.request(method or ("GET" if body is None else "POST"), path, content, named)
        return Answer(connection.getresponse())
    finally:
        connection.close()
