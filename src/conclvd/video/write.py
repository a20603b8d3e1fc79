"""Write frames to mp4, gif, webp or a folder of PNG files, with a text embedded."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from itertools import chain, pairwise
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import numpy as np

from conclvd.errors import InvalidRequest, MediaError
from conclvd.files import whole, whole_folder
from conclvd.tensors import Frame
from conclvd.video.container import container
from conclvd.video.formats import Format, format_of, png_folder
from conclvd.video.h264 import CONTAINER, PIXELS, h264_stream
from conclvd.video.sound import sound

_WEBP_QUALITY = 90
_PNG_NAME = re.compile(r"\d{5}\.png")


def write_video(
    path: Path,
    frames: Iterable[Frame],
    fps: Fraction,
    *,
    metadata: str | None = None,
    threads: int = 0,
    sound_of: Path | None = None,
    tags: Mapping[str, str] | None = None,
) -> Path:
    """Write a video by the extension of `path`; returns the path written.

    `frames` are uint8 [h w 3] RGB of one size, taken one by one; `fps` is in frames per second.
    `metadata` is a text (JSON by convention) that `read_metadata` gives back unchanged: the
    comment tag of mp4, the comment of gif, XMP in webp, a text chunk in each PNG.
    mp4 is H.264, yuv420p, BT.709, with the index in front; its sides must be even. `threads` is for
    its encoder, 0 for all cores; files are the same byte for byte only at equal numbers.
    `sound_of` is a video whose first sound track is taken over, `tags` are title, artist and the
    like; mp4 alone has room for them.
    gif has hundredths of a second, webp thousandths: delays alternate so that the mean rate holds;
    neighbouring frames without a difference become one, shown longer.
    A PNG sequence goes to a new folder, or replaces one that holds nothing else.
    Raises MediaError, and leaves nothing behind, when the file cannot be written; InvalidRequest
    for no frames, a rate of 0 or less, or frames that differ in size.
    """
    if fps <= 0:
        raise InvalidRequest(f"fps is {fps}; choose more than 0")
    kind = format_of(path)
    first, stream = _checked(frames)
    target = png_folder(path) if kind is Format.PNG else path
    if kind is Format.MP4:
        _check_even(path, first)
    if kind is Format.PNG:
        _check_replaceable(target)
    if not target.parent.is_dir():
        raise MediaError(
            f"cannot write {target}: the folder {target.parent} does not exist; make it first"
        )
    told = {**(tags or {}), **({} if metadata is None else {"comment": metadata})}
    with (whole_folder if kind is Format.PNG else whole)(target) as partial:
        if kind is Format.MP4:
            _write_mp4(partial, first, stream, fps, threads, sound_of, told)
        elif kind is Format.GIF:
            _write_gif(partial, stream, fps, metadata)
        elif kind is Format.WEBP:
            _write_webp(partial, stream, fps, metadata)
        else:
            _write_png(partial, stream, fps, metadata)
    return target


def _checked(frames: Iterable[Frame]) -> tuple[Frame, Iterator[Frame]]:
    """The first frame, and all of them as an iterator that checks each one."""
    iterator = iter(frames)
    first = next(iterator, None)
    if first is None:
        raise InvalidRequest("there are no frames to write; give at least 1")

    def check(frame: Frame) -> Frame:
        if frame.dtype != np.uint8 or frame.shape != first.shape or frame.shape[2:] != (3,):
            raise InvalidRequest(
                f"a frame is {frame.dtype} {frame.shape}; all must be uint8 "
                f"({first.shape[0]}, {first.shape[1]}, 3)"
            )
        return np.ascontiguousarray(frame)

    return first, map(check, chain([first], iterator))


def _check_even(path: Path, frame: Frame) -> None:
    height, width = frame.shape[:2]
    if width % 2 or height % 2:
        raise MediaError(
            f"cannot write {path}: H.264 in yuv420p needs even sides and the frames are "
            f"{width}x{height}; choose an even size, or .gif, .webp or .png"
        )


def _write_mp4(
    path: Path,
    first: Frame,
    frames: Iterator[Frame],
    fps: Fraction,
    threads: int,
    sound_of: Path | None,
    told: Mapping[str, str],
) -> None:
    import av

    with (
        container(path, "w", **CONTAINER) as file,
        sound(sound_of, file) as sound_until,
    ):
        file.metadata.update(told)
        height, width = first.shape[:2]
        stream = h264_stream(file, width, height, fps, crf=16, preset="medium", threads=threads)
        for index, pixels in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(
                format=PIXELS, dst_colorspace="ITU709"
            )
            frame.pts, frame.time_base = index, 1 / fps
            file.mux(stream.encode(frame))
            sound_until(index / fps)
        file.mux(stream.encode(None))
        sound_until(None)


def _delays(fps: Fraction, unit: int, count: int) -> list[int]:
    """Delays of frames in 1/unit seconds, rounded so that their sum keeps to the rate."""
    return [b - a for a, b in pairwise(round(i * unit / fps) for i in range(count + 1))]


def _write_gif(path: Path, frames: Iterator[Frame], fps: Fraction, metadata: str | None) -> None:
    from PIL import Image

    pictures = [Image.fromarray(frame).quantize(256) for frame in frames]
    delays = [10 * delay for delay in _delays(fps, 100, len(pictures))]
    extra = {} if metadata is None else {"comment": metadata.encode()}
    _save(path, "GIF", pictures, delays, **extra)


def _write_webp(path: Path, frames: Iterator[Frame], fps: Fraction, metadata: str | None) -> None:
    from PIL import Image

    pictures = [Image.fromarray(frame) for frame in frames]
    xmp = b"" if metadata is None else _xmp(metadata)
    delays = _delays(fps, 1000, len(pictures))
    _save(path, "WEBP", pictures, delays, quality=_WEBP_QUALITY, method=4, xmp=xmp)


def _save(path: Path, kind: str, pictures: list[Any], delays: list[int], **how: Any) -> None:
    moving: dict[str, Any] = {"save_all": True, "append_images": pictures[1:], "loop": 0}
    pictures[0].save(path, format=kind, duration=delays, **moving, **how)


def _xmp(metadata: str) -> bytes:
    text = escape(metadata, {"\r": "&#13;", "\n": "&#10;", "\t": "&#9;"})
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:description>'
        f"{text}</dc:description></rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()


def _write_png(folder: Path, frames: Iterator[Frame], fps: Fraction, metadata: str | None) -> None:
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("fps", str(fps))
    if metadata is not None:
        info.add_text("comment", metadata)
    for index, frame in enumerate(frames):
        Image.fromarray(frame).save(folder / f"{index:05d}.png", pnginfo=info)


def _check_replaceable(folder: Path) -> None:
    if folder.is_dir():
        other = [p.name for p in folder.iterdir() if not _PNG_NAME.fullmatch(p.name)]
        if other:
            raise MediaError(
                f"cannot write pictures to {folder}: it holds other files ({other[0]}); choose a "
                "new folder"
            )
    elif folder.exists():
        raise MediaError(f"cannot write pictures to {folder}: it is a file; choose a new folder")
