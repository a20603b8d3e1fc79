"""A page of all methods side by side, prompt by prompt, that opens from the disk."""

from __future__ import annotations

import base64
import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from html import escape
from importlib import resources
from pathlib import Path
from string import Template
from typing import Final
from urllib.parse import quote

from conclvd.errors import InvalidRequest, MediaError
from conclvd.evaluate.folder_videos import rate_of
from conclvd.evaluate.records import (
    METHODS_FILE,
    MethodRow,
    VideoRow,
    read_methods,
    read_videos,
)
from conclvd.files import make_folder, write_text
from conclvd.video.probe import probe
from conclvd.video.read import read_frames
from conclvd.video.write import write_video

PAGE: Final = "gallery.html"
# Hidden: what looks for the folders of methods, here or in a study, is not to find it.
CACHE: Final = ".animations"
DIGITS: Final = 16

# By one name, then by another: file names, which begin with the number of the prompt, and methods.
Videos = Mapping[str, Mapping[str, VideoRow]]
# What shows each video, by slug and file name, relative to the page; None where nothing can.
Sources = Mapping[tuple[str, str], str | None]


def write_gallery(
    folder: Path, report: Callable[[int, int], None] = lambda done, total: None
) -> Path:
    """Write `gallery.html` into a comparison's folder; returns its path.

    It names its videos relative to itself, loads nothing else, and shows prompts as text. Folders
    of pictures are made files that move, in `CACHE` beside it; `report` is called with those done
    and their number. Raises InvalidRequest when the folder holds no comparison, MediaError when
    nothing can be written into it.
    """
    methods = read_methods(folder)
    if not methods:
        raise InvalidRequest(
            f"{folder} holds no {METHODS_FILE}; name a folder that `conclvd evaluate compare` wrote"
        )
    videos = {m.slug: {v.file_name: v for v in read_videos(folder / m.slug)} for m in methods}
    sources = _sources(folder, videos, report)
    text = page(folder.resolve().name, methods, videos, sources)
    write_text(folder / PAGE, text, MediaError)
    return folder / PAGE


def _sources(folder: Path, videos: Videos, report: Callable[[int, int], None]) -> Sources:
    """What shows each video: itself, or what is made of a folder of pictures."""
    named = [(slug, row) for slug, rows in videos.items() for row in rows.values()]
    sources: dict[tuple[str, str], str | None] = {
        (slug, row.file_name): f"{slug}/{row.file_name}" for slug, row in named
    }
    of_pictures = [(slug, row) for slug, row in named if not Path(row.file_name).suffix]
    for done, (slug, row) in enumerate(of_pictures, 1):
        pictures, cache = folder / slug / row.file_name, folder / CACHE / slug
        try:
            made = animation(pictures, row.sha256, cache).relative_to(folder).as_posix()
        except MediaError:
            made = None  # the page says so in its place
        sources[slug, row.file_name] = made
        report(done, len(of_pictures))
    forget_others(folder / CACHE, {folder / source for source in sources.values() if source})
    return sources


def page(title: str, methods: Sequence[MethodRow], videos: Videos, sources: Sources) -> str:
    """The page of a comparison called `title`."""
    shown = [method for method in methods if videos[method.slug]]
    style, script = _part("gallery.css"), _part("gallery.js")
    prompts = _by_prompt(videos)
    count = sum(map(len, videos.values()))
    return Template(_part("gallery.html")).substitute(
        title=escape(title),
        rules=f"style-src {_allowed(style)}; script-src {_allowed(script)}",
        style=style,
        script=script,
        summary=f"{count} videos of {len(prompts)} prompts by {len(shown)} methods.",
        absent=_absent([method for method in methods if method.reason]),
        choices="\n".join(
            f'<label><input type="checkbox" checked value="{escape(m.slug)}"> {escape(m.name)}'
            "</label>"
            for m in shown
        ),
        prompts="\n".join(
            _section(*prompt, rows, shown, sources) for prompt, rows in sorted(prompts.items())
        ),
    )


def _by_prompt(videos: Videos) -> dict[tuple[str, str], dict[int, dict[str, VideoRow]]]:
    """Rows by number and text of the prompt, then by the seed or number in the name, by method."""
    found: dict[tuple[str, str], dict[int, dict[str, VideoRow]]] = defaultdict(
        lambda: defaultdict(dict)
    )
    for slug, rows in videos.items():
        for name, row in rows.items():
            number, _, seed = Path(name).stem.partition("-")
            found[number, row.caption][int(seed.removeprefix("s"))][slug] = row
    return found


def _section(
    number: str,
    prompt: str,
    rows: Mapping[int, Mapping[str, VideoRow]],
    shown: Sequence[MethodRow],
    sources: Sources,
) -> str:
    figures = [
        "".join(_figure(method, by.get(method.slug), sources) for method in shown)
        for _, by in sorted(rows.items())
    ]
    lines = [f'<div class="row">{row}</div>' for row in figures]
    title = f"<h2><small>{escape(number)}</small>{escape(prompt)}</h2>"
    return f"<section>\n{title}\n" + "\n".join(lines) + "\n</section>"


def _figure(method: MethodRow, video: VideoRow | None, sources: Sources) -> str:
    head = f'<figure data-method="{escape(method.slug)}">'
    if video is None:
        picture, facts = '<div class="none">no video</div>', ""
    else:
        picture = _moving(sources[method.slug, video.file_name])
        seed = "seed not told" if video.seed is None else f"seed {video.seed}"
        took = "" if video.seconds is None else f" · {video.seconds:.1f} s"
        facts = f" <span>{seed}{took}</span>"
    return f"{head}{picture}<figcaption>{escape(method.name)}{facts}</figcaption></figure>"


def _moving(source: str | None) -> str:
    """A video, or moving picture, as browsers play it."""
    if source is None:
        return '<div class="none">cannot be played</div>'
    if Path(source).suffix == ".mp4":
        return (
            f'<video data-src="{quote(source)}" preload="none" muted loop playsinline controls>'
            "</video>"
        )
    return f'<img loading="lazy" alt="" src="{quote(source)}">'


def _absent(methods: Iterable[MethodRow]) -> str:
    """What methods are not there, or not whole, and why; how to get them at a click."""
    return "\n".join(
        f"<details><summary><b>{escape(m.name)}</b> {m.status}: {escape(m.reason or '')}</summary>"
        f"{escape(m.fetch or '')}</details>"
        for m in methods
    )


def _part(name: str) -> str:
    return (resources.files("conclvd.compare") / "gallery_page" / name).read_text(encoding="utf-8")


def _allowed(text: str) -> str:
    """The rule of a Content-Security-Policy that allows this inline text alone."""
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def animation(pictures: Path, sha256: str, cache: Path) -> Path:
    """The pictures as one WebP in the folder `cache`, made unless it is there already.

    `sha256` is that of the pictures: others get a file of another name. WebP needs no PyAV, as
    comparisons in pictures do not. Raises MediaError when pictures cannot be read, or the file
    cannot be written.
    """
    target = cache / f"{pictures.name}-{sha256[:DIGITS]}.webp"
    if target.is_file():
        return target
    rate = rate_of(probe(pictures))
    make_folder(cache, MediaError)
    return write_video(target, read_frames(pictures), rate)


def forget_others(cache: Path, kept: set[Path]) -> None:
    """Remove animations of pictures that are no longer shown, where the folder lets us."""
    for path in cache.rglob("*.webp"):
        if path not in kept:
            with suppress(OSError):
                path.unlink()
