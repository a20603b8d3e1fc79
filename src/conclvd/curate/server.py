"""The annotation page: one dataset folder, some people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any, ClassVar, Final
from urllib.parse import unquote

from pydantic import BaseModel

from conclvd.curate.annotations import Annotations, Conflict, version_of
from conclvd.curate.check import outside
from conclvd.curate.facts import BrokenVideo, measure
from conclvd.curate.presence import Presence
from conclvd.curate.requests import Look, Merge, OnClip, Request, Save, Split
from conclvd.errors import ConclvdError
from conclvd.local_page import LocalHandler, LocalServer, Refused
from conclvd.manifest import ClipRecord


class AnnotationServer(LocalServer):
    """Serves one dataset folder's page; the rest is `LocalServer`'s."""

    def __init__(
        self, annotations: Annotations, host: str, port: int, origins: tuple[str, ...] = ()
    ) -> None:
        self.annotations = annotations
        self.presence = Presence()
        super().__init__(_Handler, host, port, origins)


_SCRIPTS: Final = ("annotate", "clips", "server", "tags", "video", "words")


class _Handler(LocalHandler):
    server: AnnotationServer
    package = "conclvd.curate"
    pages: ClassVar[Mapping[str, str]] = {
        "/": "annotate.html",
        "/annotate.css": "annotate.css",
        **{f"/{name}.js": f"{name}.js" for name in _SCRIPTS},
    }

    def get(self, path: str) -> None:
        notes = self.server.annotations
        if path == "/api/clips":
            self.send_json(_state(notes))
        elif path.startswith("/api/facts/"):
            self.send_json(_facts(self._listed(unquote(path.removeprefix("/api/facts/")))))
        elif path.startswith("/files/"):
            self.send_clip(self._listed(unquote(path.removeprefix("/files/"))))
        else:
            raise Refused(HTTPStatus.NOT_FOUND, "there is no such page")

    def _listed(self, name: str) -> Path:
        notes = self.server.annotations
        if all(record.file_name != name for record in notes.records()):
            raise Refused(HTTPStatus.NOT_FOUND, "there is no such clip")
        if outside(notes.folder, name):
            raise Refused(HTTPStatus.NOT_FOUND, f"{name} {outside(notes.folder, name)}")
        return notes.folder / name

    def post(self, path: str) -> object:
        actions: Mapping[str, tuple[type[BaseModel], Callable[[Any], object]]] = {
            "/api/look": (Look, self._look),
            "/api/save": (Save, self._save),
            "/api/reject": (OnClip, self._reject),
            "/api/split": (Split, self._split),
            "/api/merge": (Merge, self._merge),
            "/api/undo": (Request, self._undo),
        }
        if path not in actions:
            raise Refused(HTTPStatus.NOT_FOUND, "there is no such action")
        model, act = actions[path]
        return act(model.model_validate_json(self.body()))

    def status_of(self, error: ConclvdError) -> HTTPStatus:
        return HTTPStatus.CONFLICT if isinstance(error, Conflict) else super().status_of(error)

    def _look(self, look: Look) -> object:
        others = self.server.presence.see(look.tab, look.by, look.file_name)
        return {"revision": self.server.annotations.revision, "others": others}

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


def _facts(path: Path) -> dict[str, Any]:
    """What a clip's record may leave out and the page must know to count frames."""
    try:
        facts = measure(path)
    except BrokenVideo as error:
        raise Refused(HTTPStatus.NOT_FOUND, str(error)) from error
    return {"fps": str(facts.fps), "frames": facts.frames}


def _shown(record: ClipRecord) -> dict[str, Any]:
    plain = record.model_dump(mode="json", exclude={"attributes", "schema_version"})
    return {**plain, "version": version_of(record)}


def _state(notes: Annotations) -> dict[str, Any]:
    return {
        "folder": notes.folder.resolve().name,
        "revision": notes.revision,
        "clips": [_shown(record) for record in notes.records()],
    }
