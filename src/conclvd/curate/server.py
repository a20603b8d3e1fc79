"""The annotation page's HTTP server: one folder, some people, no other web page.

A browser sends the Host that was typed and, with every request that changes something, the Origin
of the page that made it. Both must be our own: a page of somebody else's cannot edit a dataset
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
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from pydantic import ValidationError

from conclvd.curate.annotations import Annotations, Conflict, version_of
from conclvd.curate.check import outside
from conclvd.curate.requests import Merge, OnClip, Request, Save, Split
from conclvd.errors import ConclvdError, DatasetError, InvalidRequest
from conclvd.manifest import ClipRecord

_PAGE: Final = {
    "/": ("annotate.html", "text/html; charset=utf-8"),
    "/annotate.js": ("annotate.js", "text/javascript; charset=utf-8"),
    "/annotate.css": ("annotate.css", "text/css; charset=utf-8"),
}
_MOST: Final = 1_000_000  # bytes of a request
_BLOCK: Final = 1 << 18
_LOCAL: Final = ("127.0.0.1", "localhost", "[::1]")
_RULES: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "media-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class AnnotationServer(ThreadingHTTPServer):
    """Serves one dataset folder's page at `host`:`port` (0: a free one).

    `origins` are further origins, such as "http://museum.local:8000", that may be used beside the
    loopback names. Raises DatasetError when the address cannot be had, InvalidRequest for an origin
    that is none.
    """

    daemon_threads = True

    def __init__(
        self, annotations: Annotations, host: str, port: int, origins: tuple[str, ...] = ()
    ) -> None:
        self.annotations = annotations
        further = [_checked(origin) for origin in origins]
        try:
            super().__init__((host, port), _Handler)
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


def _checked(origin: str) -> str:
    parts = urlsplit(origin)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.path.strip("/"):
        raise InvalidRequest(f"{origin!r} is no origin; write one such as http://museum.local:8000")
    return f"{parts.scheme}://{parts.netloc}"


class _Refused(Exception):
    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


class _Handler(BaseHTTPRequestHandler):
    server: AnnotationServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(self._get)

    def do_HEAD(self) -> None:
        self._answer(self._get)

    def do_POST(self) -> None:
        self._answer(self._post)

    def log_message(self, format: str, *args: Any) -> None:
        """The history keeps what was done; nothing else is noted."""

    # --- asking ----------------------------------------------------------------------------------

    def _get(self, path: str) -> None:
        notes = self.server.annotations
        if path in _PAGE:
            name, kind = _PAGE[path]
            self._send(resources.files("conclvd.curate").joinpath("page", name).read_bytes(), kind)
        elif path == "/api/clips":
            self._send_json(_state(notes))
        elif path == "/api/revision":
            self._send_json({"revision": notes.revision})
        elif path.startswith("/files/"):
            self._send_clip(unquote(path.removeprefix("/files/")))
        else:
            raise _Refused(HTTPStatus.NOT_FOUND, "there is no such page")

    def _send_clip(self, name: str) -> None:
        """A listed clip, or the part that the browser asks for."""
        notes = self.server.annotations
        if all(record.file_name != name for record in notes.records()):
            raise _Refused(HTTPStatus.NOT_FOUND, "there is no such clip")
        if outside(notes.folder, name):
            raise _Refused(HTTPStatus.NOT_FOUND, f"{name} {outside(notes.folder, name)}")
        path = notes.folder / name
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

    # --- changing --------------------------------------------------------------------------------

    def _post(self, path: str) -> None:
        actions: Mapping[str, tuple[type[Request], Callable[[Any], object]]] = {
            "/api/save": (Save, self._save),
            "/api/reject": (OnClip, self._reject),
            "/api/split": (Split, self._split),
            "/api/merge": (Merge, self._merge),
            "/api/undo": (Request, self._undo),
        }
        if path not in actions:
            raise _Refused(HTTPStatus.NOT_FOUND, "there is no such action")
        if self.headers.get_content_type() != "application/json":
            raise _Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "send application/json")
        model, act = actions[path]
        self._send_json(act(model.model_validate_json(self._body())))

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > _MOST:
            self.close_connection = True
            raise _Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"send at most {_MOST} bytes")
        return self.rfile.read(int(length))

    def _save(self, request: Save) -> object:
        fields = request.model_dump(exclude={"file_name", "version", "by"})
        saved = self.server.annotations.save(
            request.file_name, request.version, request.by, **fields
        )
        return _shown(saved)

    def _reject(self, request: OnClip) -> object:
        self.server.annotations.reject(request.file_name, request.version, request.by)
        return {}

    def _split(self, request: Split) -> object:
        parts = self.server.annotations.split(
            request.file_name, request.version, request.by, request.frame
        )
        return [_shown(part) for part in parts]

    def _merge(self, request: Merge) -> object:
        merged = self.server.annotations.merge(
            request.file_name, request.version, request.by, request.next_version
        )
        return _shown(merged)

    def _undo(self, request: Request) -> object:
        edit = self.server.annotations.undo(request.by)
        names = [record.file_name for record in edit.before]
        return {"action": edit.action, "file_name": names[0] if names else None}

    # --- answering -------------------------------------------------------------------------------

    def _answer(self, act: Callable[[str], None]) -> None:
        try:
            self._check_sender()
            act(urlsplit(self.path).path)
        except _Refused as error:
            self._send_error(error.status, str(error))
        except Conflict as error:
            self._send_error(HTTPStatus.CONFLICT, str(error))
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(str(part) for part in first["loc"])
            self._send_error(HTTPStatus.BAD_REQUEST, f"{key} does not fit: {first['msg']}")
        except InvalidRequest as error:
            self._send_error(HTTPStatus.BAD_REQUEST, str(error))
        except ConclvdError as error:
            self._send_error(HTTPStatus.INTERNAL_SERVER_ERROR, str(error))
        except ConnectionError:
            self.close_connection = True  # the browser went away

    def _check_sender(self) -> None:
        if self.headers.get("Host") not in self.server.hosts:
            self.close_connection = True
            raise _Refused(HTTPStatus.FORBIDDEN, "this host is not allowed; see --origin")
        origin = self.headers.get("Origin")
        if origin is not None and origin not in self.server.origins:
            self.close_connection = True
            raise _Refused(HTTPStatus.FORBIDDEN, "this origin is not allowed; see --origin")

    def _send_error(self, status: HTTPStatus, message: str) -> None:
        self.close_connection = True  # what is left of the request is not read
        self._send(json.dumps({"error": message}).encode(), "application/json", status)

    def _send_json(self, value: object) -> None:
        self._send(json.dumps(value, ensure_ascii=False).encode(), "application/json")

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
        raise _Refused(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, "ask for one range of bytes")
    first = int(match[1]) if match[1] else max(0, size - int(match[2]))
    last = int(match[2]) if match[1] and match[2] else size - 1
    if first > last or first >= size:
        raise _Refused(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, f"the clip has {size} bytes")
    return first, min(last, size - 1)


def _shown(record: ClipRecord) -> dict[str, Any]:
    plain = record.model_dump(mode="json", exclude={"attributes", "schema_version"})
    return {**plain, "version": version_of(record)}


def _state(notes: Annotations) -> dict[str, Any]:
    return {
        "folder": notes.folder.resolve().name,
        "revision": notes.revision,
        "clips": [_shown(record) for record in notes.records()],
    }
