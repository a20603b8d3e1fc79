"""The annotation page: one dataset folder, some people."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fastapi import FastAPI, HTTPException, Request, Response

from conclvd.curate.annotations import Annotations, Conflict, version_of
from conclvd.curate.facts import BrokenVideo, measure
from conclvd.curate.presence import Presence
from conclvd.curate.requests import Look, Merge, OnClip, Save, Split, Undo
from conclvd.manifest import ClipRecord
from conclvd.server.app import file_in, page_app, send_video
from conclvd.server.checks import refusal


def annotation_page(notes: Annotations, origins: Iterable[str] = ()) -> FastAPI:
    """The page of one dataset folder; `origins` as of `page_app`."""
    app = page_app("conclvd.curate", "annotate.html", origins)
    app.add_exception_handler(Conflict, lambda _, error: refusal(409, str(error)))
    presence = Presence()

    @app.get("/api/clips")
    def clips() -> dict[str, Any]:
        return {
            "folder": notes.folder.resolve().name,
            "revision": notes.revision,
            "clips": [_shown(record) for record in notes.records()],
        }

    @app.get("/api/facts/{name:path}")
    def facts(name: str) -> dict[str, Any]:
        """What a clip's record may leave out and the page must know to count frames."""
        try:
            found = measure(_listed(notes, name))
        except BrokenVideo as error:
            raise HTTPException(404, str(error)) from error
        return {"fps": str(found.fps), "frames": found.frames}

    @app.api_route("/files/{name:path}", methods=["GET", "HEAD"])
    def files(request: Request, name: str) -> Response:
        return send_video(request, _listed(notes, name))

    @app.post("/api/look")
    def look(at: Look) -> dict[str, Any]:
        others = presence.see(at.tab, at.by, at.file_name)
        return {"revision": notes.revision, "others": others}

    @app.post("/api/save")
    def save(asked: Save) -> dict[str, Any]:
        fields = asked.model_dump(exclude={"file_name", "version", "by"})
        return _shown(notes.save(asked.file_name, asked.version, asked.by, **fields))

    @app.post("/api/reject")
    def reject(asked: OnClip) -> dict[str, Any]:
        notes.reject(asked.file_name, asked.version, asked.by)
        return {}

    @app.post("/api/split")
    def split(asked: Split) -> list[dict[str, Any]]:
        parts = notes.split(asked.file_name, asked.version, asked.by, asked.frame)
        return [_shown(part) for part in parts]

    @app.post("/api/merge")
    def merge(asked: Merge) -> dict[str, Any]:
        return _shown(notes.merge(asked.file_name, asked.version, asked.by, asked.next_version))

    @app.post("/api/undo")
    def undo(asked: Undo) -> dict[str, Any]:
        edit = notes.undo(asked.by)
        names = [record.file_name for record in edit.before]
        return {"action": edit.action, "file_name": names[0] if names else None}

    return app


def _listed(notes: Annotations, name: str) -> Path:
    """A clip's file; HTTPException 404 for what is no clip, or is not in the folder."""
    if all(record.file_name != name for record in notes.records()):
        raise HTTPException(404, "there is no such clip")
    missing = f"{name} is not in the dataset folder; `conclvd dataset check` says more"
    return file_in(notes.folder, name, missing)


def _shown(record: ClipRecord) -> dict[str, Any]:
    plain = record.model_dump(mode="json", exclude={"attributes", "schema_version"})
    return {**plain, "version": version_of(record)}
