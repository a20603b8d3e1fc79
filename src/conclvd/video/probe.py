"""What a video file says of itself: size, length, rate, and the text embedded in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from conclvd.errors import MediaError
from conclvd.video.container import container
from conclvd.video.formats import PICTURE_KINDS, Format, input_format, png_folder

if TYPE_CHECKING:
    from PIL import Image

_PICTURES = (Format.GIF, Format.WEBP)
# What is said of the file rather than of the video; the comment is what we embed ourselves.
_OF_THE_FILE = ("comment", "encoder", "major_brand", "minor_version", "compatible_brands")


@dataclass(frozen=True)
class VideoInfo:
    """`fps` is in frames per second, `metadata` the embedded text or None.

    `sound` is whether there is any, `tags` what else a video file says: title, artist, date. The
    size is that of the upright picture. The rate of gif and webp is the mean over their frames,
    for they keep delays alone; `rate_told` is false for pictures whose folder does not tell theirs.
    """

    format: Format
    frames: int
    width: int
    height: int
    fps: Fraction
    metadata: str | None
    sound: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)
    rate_told: bool = True

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
    from PIL import Image, UnidentifiedImageError

    try:
        yield
    except FileNotFoundError as error:
        raise MediaError(f"there is no video at {path}; check the name") from error
    except UnidentifiedImageError as error:
        raise MediaError(f"cannot read {path}: it is no {path.suffix} file") from error
    except Image.DecompressionBombError as error:
        raise MediaError(
            f"cannot read {path}: a picture has more than {2 * (Image.MAX_IMAGE_PIXELS or 0):,} "
            "pixels; make it smaller"
        ) from error
    except (OSError, ValueError, SyntaxError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise MediaError(f"cannot read {path} as a video: {reason}") from error


def video_stream(path: Path, file: Any) -> Any:
    """The first video stream of an open container; MediaError when there is only sound."""
    if not file.streams.video:
        raise MediaError(f"{path} has no video stream; name a video file")
    return file.streams.video[0]


def picture_files(folder: Path) -> list[Path]:
    """The pictures of a sequence, 9.png before 10.png; MediaError when there are none."""
    if not folder.is_dir():
        raise FileNotFoundError(folder)
    for suffixes in PICTURE_KINDS:
        files = [file for file in folder.iterdir() if file.suffix.lower() in suffixes]
        files.sort(key=_by_number)
        if files:
            return files
    raise MediaError(
        f"the folder {folder} holds no .png or .jpg files; name a video or a sequence of pictures"
    )


def _by_number(file: Path) -> tuple[list[str | int], str]:
    """Numbers in a name as numbers: text and digits take turns."""
    parts = re.split(r"([0-9]+)", file.stem)
    return [int(part) if part.isdigit() else part for part in parts], file.name


def quarter_turns(frame: Any) -> int:
    """How many quarter turns anticlockwise a decoded frame (av.VideoFrame) is to be shown at."""
    turns: int = round(frame.rotation / 90) % 4
    return turns


def picture_delays(path: Path) -> list[Fraction]:
    """For how many seconds each frame of a gif or webp is shown."""
    from PIL import Image, ImageSequence

    delays = []
    with Image.open(path) as picture:
        for shown in ImageSequence.Iterator(picture):
            shown.load()  # webp tells the delay only then
            delays.append(Fraction(int(shown.info.get("duration", 0)), 1000))
    return delays


def _probe_mp4(path: Path) -> VideoInfo:
    with container(path) as file:
        stream = video_stream(path, file)
        fps = stream.average_rate or stream.guessed_rate
        if fps is None:
            raise MediaError(f"{path} does not say its frame rate; write it again as mp4")
        sides = stream.codec_context.width, stream.codec_context.height
        first = next(file.decode(stream), None)
        width, height = sides[::-1] if first is not None and quarter_turns(first) % 2 else sides
        return VideoInfo(
            format=Format.MP4,
            frames=stream.frames or _packets(path),
            width=width,
            height=height,
            fps=Fraction(fps),
            metadata=file.metadata.get("comment"),
            sound=bool(file.streams.audio),
            tags={key: text for key, text in file.metadata.items() if key not in _OF_THE_FILE},
        )


def _packets(path: Path) -> int:
    with container(path) as file:
        return sum(1 for packet in file.demux(file.streams.video[0]) if packet.size)


def _probe_picture(path: Path, kind: Format) -> VideoInfo:
    from PIL import Image

    with Image.open(path) as picture:
        if picture.format != kind.name:
            raise MediaError(f"{path} is a {picture.format} file; name it by its format")
        text = _picture_text(picture)
        width, height = picture.size
    delays = picture_delays(path)
    total = sum(delays, Fraction(0))
    fps = len(delays) / total if total else Fraction(1)
    return VideoInfo(
        kind, len(delays), width, height, fps.limit_denominator(1001), text, rate_told=total > 0
    )


def _probe_png(folder: Path) -> VideoInfo:
    from PIL import Image, ImageOps

    files = picture_files(folder)
    with Image.open(files[0]) as picture:
        picture.load()
        text = {str(key): value for key, value in picture.info.items()}
        ImageOps.exif_transpose(picture, in_place=True)
        width, height = picture.size
    fps = Fraction(str(text.get("fps", "1")))
    told = "fps" in text
    comment = text.get("comment")
    return VideoInfo(Format.PNG, len(files), width, height, fps, comment, rate_told=told)


def _picture_text(picture: Image.Image) -> str | None:
    comment = picture.info.get("comment")
    if comment is not None:
        return bytes(comment).decode(errors="replace")
    packet = picture.info.get("xmp")
    if not packet:
        return None
    tag = "{http://purl.org/dc/elements/1.1/}description"
    return next((node.text or "" for node in ElementTree.fromstring(packet).iter(tag)), None)
