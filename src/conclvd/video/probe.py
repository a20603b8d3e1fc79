"""What a video file says of itself: size, length, rate, and the text embedded in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from conclvd.errors import MediaError
from conclvd.video.container import container
from conclvd.video.formats import Format, input_format, png_folder

if TYPE_CHECKING:
    from PIL import Image

_PICTURES = (Format.GIF, Format.WEBP)
_SEQUENCES = ((".png",), (".jpg", ".jpeg"))
PICTURE_SUFFIXES = tuple(suffix for kind in _SEQUENCES for suffix in kind)


@dataclass(frozen=True)
class VideoInfo:
    """`fps` is in frames per second, `metadata` the embedded text or None.

    `sound` is whether there is any. The rate of gif and webp is the mean over their frames, for
    they keep delays alone.
    """

    format: Format
    frames: int
    width: int
    height: int
    fps: Fraction
    metadata: str | None
    sound: bool = False

    @property
    def seconds(self) -> float:
        """How long it plays."""
        return float(self.frames / self.fps)


def probe(path: Path) -> VideoInfo:
    """Read what a video says of itself; MediaError when it is missing or not a video."""
    kind = input_format(path)
    with reading(path):
        if kind is Format.PNG:
            return _probe_png(png_folder(path))
        return _probe_picture(path, kind) if kind in _PICTURES else _probe_mp4(path)


def read_metadata(path: Path) -> str | None:
    """The text that `write_video` embedded, unchanged; None when there is none."""
    return probe(path).metadata


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn whatever goes wrong while a video is read into a MediaError."""
    from PIL import UnidentifiedImageError

    try:
        yield
    except FileNotFoundError as error:
        raise MediaError(f"there is no video at {path}; check the name") from error
    except UnidentifiedImageError as error:
        raise MediaError(f"cannot read {path}: it is no {path.suffix} file") from error
    except (OSError, ValueError, SyntaxError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise MediaError(f"cannot read {path} as a video: {reason}") from error


def picture_files(folder: Path) -> list[Path]:
    """The pictures of a sequence in the order of their names; MediaError when there are none."""
    if not folder.is_dir():
        raise FileNotFoundError(folder)
    for suffixes in _SEQUENCES:
        files = sorted(file for file in folder.iterdir() if file.suffix.lower() in suffixes)
        if files:
            return files
    raise MediaError(
        f"the folder {folder} holds no .png or .jpg files; name a video or a sequence of pictures"
    )


def _probe_mp4(path: Path) -> VideoInfo:
    with container(path) as file:
        if not file.streams.video:
            raise MediaError(f"{path} has no video stream; name a video file")
        stream = file.streams.video[0]
        fps = stream.average_rate or stream.guessed_rate
        if fps is None:
            raise MediaError(f"{path} does not say its frame rate; write it again as mp4")
        count = stream.frames or sum(1 for packet in file.demux(stream) if packet.size)
        return VideoInfo(
            format=Format.MP4,
            frames=count,
            width=stream.codec_context.width,
            height=stream.codec_context.height,
            fps=Fraction(fps),
            metadata=file.metadata.get("comment"),
            sound=bool(file.streams.audio),
        )


def _probe_picture(path: Path, kind: Format) -> VideoInfo:
    from PIL import Image

    with Image.open(path) as picture:
        if picture.format != kind.name:
            raise MediaError(f"{path} is a {picture.format} file; name it by its format")
        count = int(getattr(picture, "n_frames", 1))
        text = _picture_text(picture)
        milliseconds = 0
        for index in range(count):
            picture.seek(index)
            picture.load()  # webp tells the delay only then
            milliseconds += int(picture.info.get("duration", 0))
        width, height = picture.size
    fps = Fraction(1000 * count, milliseconds) if milliseconds else Fraction(1)
    return VideoInfo(kind, count, width, height, fps.limit_denominator(1001), text)


def _probe_png(folder: Path) -> VideoInfo:
    from PIL import Image

    files = picture_files(folder)
    with Image.open(files[0]) as picture:
        picture.load()
        text = {str(key): value for key, value in picture.info.items()}
        width, height = picture.size
    fps = Fraction(str(text.get("fps", "1")))
    return VideoInfo(Format.PNG, len(files), width, height, fps, text.get("comment"))


def _picture_text(picture: Image.Image) -> str | None:
    comment = picture.info.get("comment")
    if comment is not None:
        return bytes(comment).decode(errors="replace")
    packet = picture.info.get("xmp")
    if not packet:
        return None
    tag = "{http://purl.org/dc/elements/1.1/}description"
    return next((node.text or "" for node in ElementTree.fromstring(packet).iter(tag)), None)
