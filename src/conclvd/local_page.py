"""A local web page's HTTP server: a folder's files, some people, no other web page.

A browser sends the Host that was typed and, with every request that changes something, the Origin
of the page that made it. Both must be our own: a page of somebody else's cannot change anything
through the browser of a person who has this one open, nor by a name that it lets point to us.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from pathlib import Path
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit

from pydantic import ValidationError

from conclvd.errors import ConclvdError, DatasetError, InvalidRequest

_MOST: Final = 1_000_000  # bytes of a request
_BLOCK: Final = 1 << 18
_LOCAL: Final = ("127.0.0.1", "localhost", "[::1]")
_KINDS: Final = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
}
_RULES: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "media-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class LocalServer(ThreadingHTTPServer):
    """Serves a page at `host`:`port` (0: a free one); `handler` knows what is on it.

    `origins` are further origins, such as "http://museum.local:8000", that may be used beside the
    loopback names. Raises DatasetError when the address cannot be had, InvalidRequest for an origin
    that is none.
    """

    daemon_threads = True

    def __init__(
        self, handler: type[LocalHandler], host: str, port: int, origins: tuple[str, ...] = ()
    ) -> None:
        further = [checked_origin(origin) for origin in origins]
        try:
            super().__init__((host, port), handler)
        except (OSError, OverflowError) as error:
            raise DatasetError(
                f"cannot listen at {host}:{port}: {getattr(error, 'strerror', None) or error}; "
                "choose another --port or --host"
            ) from error
        own = [f"http://{name}:{self.server_port}" for name in _LOCAL]
        self.origins = frozenset((*own, *further))
        self.hosts = frozenset(urlsplit(origin).netloc for origin in self.origins)

    @property
    def url(self) -> str:
        """What to open in a browser on this machine."""
        return f"http://127.0.0.1:{self.server_port}/"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that went away while a clip was sent is nothing to report."""


def checked_origin(origin: str) -> str:
    """An origin as browsers send it; InvalidRequest for what is none."""
    parts = urlsplit(origin)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.path.strip("/"):
        raise InvalidRequest(f"{origin!r} is no origin; write one such as http://museum.local:8000")
    return f"{parts.scheme}://{parts.netloc}"


class Refused(Exception):
    """A request that is answered with a status and a message."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


class LocalHandler(BaseHTTPRequestHandler):
    """Answers one browser; a subclass says what is at which path.

    `package` has a folder `page` with the files of `pages`, by path.
    """

    package: ClassVar[str]
    pages: ClassVar[Mapping[str, str]]
    server: LocalServer
    protocol_version = "HTTP/1.1"

    def get(self, path: str) -> None:
        """Answer a GET of what is no page, or raise Refused."""
        raise NotImplementedError

    def post(self, path: str) -> object:
        """Do what a POST of JSON asks for and return what to answer, or raise Refused."""
        raise NotImplementedError

    def status_of(self, error: ConclvdError) -> HTTPStatus:
        """The status that answers an error which is not the request's own fault."""
        return HTTPStatus.INTERNAL_SERVER_ERROR

    def do_GET(self) -> None:
        """Called by http.server."""
        self._answer(self._page_or_get)

    def do_HEAD(self) -> None:
        """Called by http.server."""
        self._answer(self._page_or_get)

    def do_POST(self) -> None:
        """Called by http.server."""
        self._answer(lambda path: self.send_json(self.post(path)))

    def log_message(self, format: str, *args: Any) -> None:
        """What was done is kept by those who do it; nothing else is noted."""

    # --- reading ---------------------------------------------------------------------------------

    def body(self) -> bytes:
        """The JSON text of a request."""
        if self.headers.get_content_type() != "application/json":
            raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "send application/json")
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > _MOST:
            self.close_connection = True
            raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"send at most {_MOST} bytes")
        return self.rfile.read(int(length))

    def _page_or_get(self, path: str) -> None:
        if path in self.pages:
            file = resources.files(self.package).joinpath("page", self.pages[path])
            self._send(file.read_bytes(), _KINDS[Path(self.pages[path]).suffix])
        else:
            self.get(path)

    def _answer(self, act: Callable[[str], None]) -> None:
        try:
            self._check_sender()
            act(urlsplit(self.path).path)
        except Refused as error:
            self._send_error(error.status, str(error))
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(str(part) for part in first["loc"])
            self._send_error(HTTPStatus.BAD_REQUEST, f"{key} does not fit: {first['msg']}")
        except InvalidRequest as error:
            self._send_error(HTTPStatus.BAD_REQUEST, str(error))
        except ConclvdError as error:
            self._send_error(self.status_of(error), str(error))
        except ConnectionError:
            self.close_connection = True  # the browser went away

    def _check_sender(self) -> None:
        if self.headers.get("Host") not in self.server.hosts:
            self.close_connection = True
            raise Refused(HTTPStatus.FORBIDDEN, "this host is not allowed; see --origin")
        origin = self.headers.get("Origin")
        if origin is not None and origin not in self.server.origins:
            self.close_connection = True
            raise Refused(HTTPStatus.FORBIDDEN, "this origin is not allowed; see --origin")

    # --- answering -------------------------------------------------------------------------------

    def send_json(self, value: object) -> None:
        """Answer with JSON."""
        self._send(json.dumps(value, ensure_ascii=False).encode(), "application/json")

    def send_clip(self, path: Path) -> None:
        """Answer with an mp4 file, or the part that the browser asks for."""
        size = path.stat().st_size
        first, last = _range(self.headers.get("Range"), size)
        whole = self.headers.get("Range") is None
        self._head(
            HTTPStatus.OK if whole else HTTPStatus.PARTIAL_CONTENT,
            {
                "Content-Type": "video/mp4",
                "Content-Length": str(last - first + 1),
                "Accept-Ranges": "bytes",
                **({} if whole else {"Content-Range": f"bytes {first}-{last}/{size}"}),
            },
        )
        if self.command != "HEAD":
            self._pour(path, first, last)

    def _pour(self, path: Path, first: int, last: int) -> None:
        with path.open("rb") as file:
            file.seek(first)
            left = last - first + 1
            while left > 0:
                block = file.read(min(left, _BLOCK))
                if not block:
                    break
                self.wfile.write(block)
                left -= len(block)

    def _send_error(self, status: HTTPStatus, message: str) -> None:
        self.close_connection = True  # what is left of the request is not read
        self._send(json.dumps({"error": message}).encode(), "application/json", status)

    def _send(self, content: bytes, kind: str, status: HTTPStatus = HTTPStatus.OK) -> None:
        self._head(status, {"Content-Type": kind, "Content-Length": str(len(content))})
        if self.command != "HEAD":
            self.wfile.write(content)

    def _head(self, status: HTTPStatus, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, **_RULES, "Cache-Control": "no-store"}.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()


def _range(asked: str | None, size: int) -> tuple[int, int]:
    """First and last byte of what a Range header asks for."""
    if asked is None:
        return 0, size - 1
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", asked.strip())
    if match is None or not (match[1] or match[2]):
        raise Refused(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, "ask for one range of bytes")
    first = int(match[1]) if match[1] else max(0, size - int(match[2]))
    last = int(match[2]) if match[1] and match[2] else size - 1
    if first > last or first >= size:
        raise Refused(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, f"the clip has {size} bytes")
    return first, min(last, size - 1)
