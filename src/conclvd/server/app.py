"""A page's app: the files of its package, and errors as the page's script reads them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path, PurePath
from typing import Any, Final

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.exceptions import HTTPException as RoutingError

from conclvd.errors import ConclvdError, InvalidRequest
from conclvd.server.checks import Checks, checked_origin, refusal

_KINDS: Final = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}


class Asked(BaseModel):
    """What a page's script sends, without halves of characters, which no file could keep."""

    # with a limit, pydantic looks into texts, too
    model_config = ConfigDict(extra="forbid", str_max_length=10_000)


def page_app(package: str, index: str, origins: Iterable[str] = ()) -> FastAPI:
    """An app that shows what lies in the folder `page` of `package`; `index` is shown at /.

    The caller adds what the page's script asks for: plain functions, which run in threads; those
    that only read take GET, the others POST of an `Asked` as JSON. `origins` are further origins,
    such as "http://museum.local:8000", that may be used beside the loopback names. Errors are
    answered as {"error": message}: HTTPException with its status, a request that does not fit and
    InvalidRequest with 400, other errors of ours with 500.
    Raises InvalidRequest for an origin that is none.
    """
    app = FastAPI(openapi_url=None, redirect_slashes=False)
    app.add_middleware(Checks, origins=[checked_origin(origin) for origin in origins])
    for file in resources.files(package).joinpath("page").iterdir():
        if PurePath(file.name).suffix in _KINDS:
            app.add_route("/" if file.name == index else f"/{file.name}", _shower(file))
    app.add_exception_handler(RoutingError, _refused)
    app.add_exception_handler(RequestValidationError, _does_not_fit)
    app.add_exception_handler(ValidationError, _does_not_fit)
    app.add_exception_handler(InvalidRequest, lambda _, error: refusal(400, str(error)))
    app.add_exception_handler(ConclvdError, lambda _, error: refusal(500, str(error)))
    return app


def file_in(folder: Path, name: str, missing: str) -> Path:
    """The file of that name; HTTPException 404 when there is none, or a link leads out."""
    try:
        path = (folder / name).resolve()
        if path.is_relative_to(folder.resolve()) and path.is_file():
            return path
    except (OSError, ValueError):  # a name that no file can have
        pass
    raise HTTPException(404, missing)


def send_video(request: Request, path: Path) -> FileResponse:
    """An mp4 file, or the range of it that is asked for; HTTPException 416 for no such range."""
    asked, size = request.headers.get("Range"), path.stat().st_size
    if asked is not None and not _is_one_range(asked.strip(), size):
        told = {"Content-Range": f"bytes */{size}"}
        raise HTTPException(416, f"ask for one range of bytes; the file has {size}", told)
    return FileResponse(path, media_type="video/mp4")


def _is_one_range(asked: str, size: int) -> bool:
    """Whether FileResponse sends a part; it sends several as multipart, and its errors as text."""
    match = re.fullmatch(r"bytes=(\d{0,18})-(\d{0,18})", asked)
    if match is None or not match[1]:
        return match is not None and size > 0 and int(match[2] or 0) > 0
    return int(match[1]) < size and (not match[2] or int(match[1]) <= int(match[2]))


def _shower(file: Traversable) -> Callable[[Request], Response]:
    kind = _KINDS[PurePath(file.name).suffix]
    return lambda _: Response(file.read_bytes(), media_type=kind)


def _refused(_: Request, error: Any) -> Response:
    if error.detail in ("Not Found", "Method Not Allowed"):  # as Starlette says it
        return refusal(404, "there is no such page or action")
    return refusal(error.status_code, error.detail, error.headers)


def _does_not_fit(_: Request, error: Any) -> Response:
    first = error.errors()[0]
    place = () if first["type"] == "json_invalid" else first["loc"]
    key = ".".join(str(part) for part in place if part != "body")
    return refusal(400, f"{key or 'the request'} does not fit: {first['msg']}")
