"""Which requests are let in, and the rules that browsers are told with every answer."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import urlsplit

from fastapi.responses import JSONResponse
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from conclvd.errors import InvalidRequest

_MOST: Final = 1_000_000  # bytes of a request
_LOCAL: Final = ("127.0.0.1", "localhost", "[::1]")
_RULES: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "media-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def checked_origin(origin: str) -> str:
    """An origin as browsers send it; InvalidRequest for what is none."""
    parts = urlsplit(origin)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.path.strip("/"):
        raise InvalidRequest(f"{origin!r} is no origin; write one such as http://museum.local:8000")
    return f"{parts.scheme}://{parts.netloc}"


def refusal(status: int, message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """What a page's script is told when a request is not done."""
    return JSONResponse({"error": message}, status, headers)


class Checks:
    """ASGI middleware: refuses strangers, and what is too large or of another kind than JSON.

    `origins` may be used beside the loopback names. A connection ends with an error: what is left
    of the request is not read, and must not be taken for the next one.
    """

    def __init__(self, app: ASGIApp, origins: Iterable[str]) -> None:
        self._app = app
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Called by the server, once a request."""
        begun = False

        async def send_with_rules(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(scope=message)
                headers.update(_RULES)
                if message["status"] >= 400:
                    headers["Connection"] = "close"
            await send(message)

        try:
            await (self._refused(scope) or self._app)(scope, receive, send_with_rules)
        except Exception:
            logging.getLogger(__name__).exception("a request failed")
            if begun:
                raise
            failed = refusal(500, "the server failed; where it was started it says more")
            await failed(scope, receive, send_with_rules)

    def _refused(self, scope: Scope) -> JSONResponse | None:
        headers = Headers(scope=scope)
        port = scope["server"][1]
        origins = self._origins.union(f"http://{name}:{port}" for name in _LOCAL)
        if headers.get("Host") not in {urlsplit(origin).netloc for origin in origins}:
            return refusal(403, "this host is not allowed; see --origin")
        if headers.get("Origin") not in {None, *origins}:
            return refusal(403, "this origin is not allowed; see --origin")
        if scope["method"] not in ("GET", "HEAD", "POST"):
            return refusal(501, f"{scope['method']} is not known here")
        if scope["method"] == "POST":
            kind = headers.get("Content-Type", "").partition(";")[0].strip().lower()
            if kind != "application/json":
                return refusal(415, "send application/json")
            length = headers.get("Content-Length", "")  # none: sent in chunks, without an end
            if not length.isdecimal() or int(length) > _MOST:
                return refusal(413, f"send at most {_MOST} bytes")
        return None
