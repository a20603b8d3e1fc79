"""What the annotation page asks for, checked."""

from __future__ import annotations

from pydantic import Field

from conclvd.manifest import Tag
from conclvd.server.app import Asked


class Request(Asked):
    """What every request says: who makes it."""

    by: str = Field(min_length=1, max_length=100)


class Undo(Request):
    """Take back the person's last edit."""


class OnClip(Request):
    """A request about one clip, in the state in which it was read."""

    file_name: str
    version: str


class Save(OnClip):
    """New captions and tags; `confirm` vouches for them."""

    caption: str
    caption_zh: str | None = None
    tags: tuple[Tag, ...] = ()
    confirm: bool


class Split(OnClip):
    """Cut the clip before a frame, counted from 0."""

    frame: int


class Merge(OnClip):
    """Join the clip with the one after it, in the state in which that was read."""

    next_version: str


class Look(Asked):
    """What a page has open, and by whom; nobody has said a name yet when `by` is empty."""

    tab: str = Field(min_length=1, max_length=100)
    by: str = Field(max_length=100)
    file_name: str | None
