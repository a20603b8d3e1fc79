"""The reference set that style is measured against: pictures and videos that the user names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from conclvd.errors import InvalidRequest, MediaError
from conclvd.evaluate.folder_videos import natural
from conclvd.evaluate.style import FRAMES, Feature, Known, Lab, lab, spaced, spread
from conclvd.files import short_hash
from conclvd.tensors import Frames
from conclvd.video.formats import PICTURE_SUFFIXES, VIDEO_SUFFIXES
from conclvd.video.probe import picture_files
from conclvd.video.read import read_frames, read_picture

LEAST = 8  # pictures and videos
PICTURES = 400  # about as many in all: a video gives up to 8 of its frames, and at least one
FIRST_FRAME = "00000.png"


@dataclass(frozen=True)
class Reference:
    """Reference pictures in CIELAB, and for each which file it is from.

    `name` says which set: the folder, how many files and the first digits of their SHA-256.
    """

    name: str
    pictures: Sequence[Lab]
    sources: Sequence[int]
    _known: dict[Feature, Known] = field(default_factory=dict, repr=False)

    def known(self, feature: Feature) -> Known:
        """The set as a feature sees it."""
        if feature not in self._known:
            vectors = np.stack([feature.vector(picture) for picture in self.pictures])
            self._known[feature] = Known(vectors, max(spread(vectors, self.sources), feature.floor))
        return self._known[feature]

    def check(self, features: Iterable[Feature]) -> None:
        """Raise InvalidRequest when the pictures look the same to all the features."""
        if all(self.known(feature).spread <= feature.floor for feature in features):
            raise InvalidRequest(
                f"the pictures of the reference {self.name} are all alike; a style needs "
                "different ones"
            )

    def without_pictures(self, features: Sequence[Feature]) -> Reference:
        """What is known of the set by `features`, which other processes are sent."""
        return Reference(self.name, (), (), {feature: self.known(feature) for feature in features})


def load_reference(
    folder: Path,
    refused: Callable[[str], None],
    report: Callable[[int, int], None] = lambda done, total: None,
) -> Reference:
    """All pictures and videos in a folder and the folders inside it.

    A folder inside it whose pictures are numbered as conclvd writes them, 00000.png, is a video.
    `refused` is told of each file that cannot be read. Raises InvalidRequest when fewer than 8
    files can.
    """
    if not folder.is_dir():
        raise InvalidRequest(f"--reference must be a folder; there is none at {folder}")
    suffixes = (*VIDEO_SUFFIXES, *PICTURE_SUFFIXES)
    found = [path for path in folder.rglob("*") if path.suffix.lower() in suffixes]
    videos = {path.parent for path in found if path.name == FIRST_FRAME} - {folder}
    files = sorted(
        {path.parent if path.parent in videos else path for path in found},
        key=lambda path: natural(path.as_posix()),
    )
    pictures: list[Lab] = []
    sources: list[int] = []
    read: list[Path] = []
    for done, path in enumerate(files, 1):
        try:
            frames = spaced(_frames(path), max(1, min(FRAMES, PICTURES // len(files))))
        except MediaError as error:
            refused(str(error))
            continue
        pictures += [lab(frame) for frame in frames]
        sources += [len(read)] * len(frames)
        read.append(path)
        report(done, len(files))
    if len(read) < LEAST:
        raise InvalidRequest(
            f"the reference {folder} holds {len(read)} pictures and videos that can be read; "
            f"a style needs {LEAST} or more"
        )
    parts = [picture_files(path) if path.is_dir() else [path] for path in read]
    contents = [file for part in parts for file in part]
    name = f"{folder.resolve().name} ({len(read)} files, {short_hash(*contents)})"
    return Reference(name, pictures, sources)


def _frames(path: Path) -> Frames:
    if path.is_dir() or path.suffix.lower() not in PICTURE_SUFFIXES:
        return np.stack(list(read_frames(path)))
    frames: Frames = read_picture(path)[None]
    return frames
