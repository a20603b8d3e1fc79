"""A page of all methods side by side, prompt by prompt, that opens from the disk."""

from __future__ import annotations

import base64
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from importlib import resources
from pathlib import Path
from string import Template
from typing import Final
from urllib.parse import quote

from conclvd.errors import InvalidRequest
from conclvd.evaluate.compare.records import (
    METHODS_FILE,
    MethodRow,
    VideoRow,
    read_methods,
    read_videos,
)
from conclvd.video.beside import beside

PAGE: Final = "gallery.html"

# By one name, then by another: file names, which begin with the number of the prompt, and methods.
Videos = Mapping[str, Mapping[str, VideoRow]]


def write_gallery(folder: Path) -> Path:
    """Write `gallery.html` into a comparison's folder; returns its path.

    It names its videos relative to itself, loads nothing else, and shows prompts as text. Raises
    InvalidRequest when the folder holds no comparison.
    """
    methods = read_methods(folder)
    if not methods:
        raise InvalidRequest(
            f"{folder} holds no {METHODS_FILE}; name a folder that `conclvd evaluate compare` wrote"
        )
    videos = {m.slug: {v.file_name: v for v in read_videos(folder / m.slug)} for m in methods}
    with beside(folder / PAGE) as partial:
        partial.write_text(page(folder.resolve().name, methods, videos), encoding="utf-8")
    return folder / PAGE


def page(title: str, methods: Sequence[MethodRow], videos: Videos) -> str:
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
            _section(*prompt, rows, shown) for prompt, rows in sorted(prompts.items())
        ),
    )


def _by_prompt(videos: Videos) -> dict[tuple[str, str], dict[str, dict[str, VideoRow]]]:
    """Rows by number and text of the prompt, then by name without suffix, then by method."""
    found: dict[tuple[str, str], dict[str, dict[str, VideoRow]]] = defaultdict(
        lambda: defaultdict(dict)
    )
    for slug, rows in videos.items():
        for name, row in rows.items():
            found[name.partition("-")[0], row.caption][Path(name).stem][slug] = row
    return found


def _section(number: str, prompt: str, rows: Videos, shown: Sequence[MethodRow]) -> str:
    by_seed = sorted(rows.values(), key=lambda by: next(iter(by.values())).seed)
    figures = ["".join(_figure(method, by.get(method.slug)) for method in shown) for by in by_seed]
    lines = [f'<div class="row">{row}</div>' for row in figures]
    title = f"<h2><small>{escape(number)}</small>{escape(prompt)}</h2>"
    return f"<section>\n{title}\n" + "\n".join(lines) + "\n</section>"


def _figure(method: MethodRow, video: VideoRow | None) -> str:
    head = f'<figure data-method="{escape(method.slug)}">'
    if video is None:
        picture, facts = '<div class="none">no video</div>', ""
    else:
        picture = _moving(f"{quote(method.slug)}/{quote(video.file_name)}")
        took = "" if video.seconds is None else f" · {video.seconds:.1f} s"
        facts = f" <span>seed {video.seed}{took}</span>"
    return f"{head}{picture}<figcaption>{escape(method.name)}{facts}</figcaption></figure>"


def _moving(source: str) -> str:
    """A video as browsers play it; of a folder of pictures the first one."""
    suffix = Path(source).suffix
    if suffix == ".mp4":
        return f'<video data-src="{source}" preload="none" muted loop playsinline controls></video>'
    return f'<img loading="lazy" alt="" src="{source if suffix else f"{source}/00000.png"}">'


def _absent(methods: Iterable[MethodRow]) -> str:
    """What methods are not there, or not whole, and why; how to get them at a click."""
    return "\n".join(
        f"<details><summary><b>{escape(m.name)}</b> {m.status}: {escape(m.reason or '')}</summary>"
        f"{escape(m.fetch or '')}</details>"
        for m in methods
    )


def _part(name: str) -> str:
    return (resources.files("conclvd.evaluate") / "gallery_page" / name).read_text(encoding="utf-8")


def _allowed(text: str) -> str:
    """The rule of a Content-Security-Policy that allows this inline text alone."""
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"
