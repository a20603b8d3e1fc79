"""The gallery: a page that opens from the disk, in a real browser too."""

from __future__ import annotations

import os
import re
import time
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import pytest

from conclvd.cli.main import run
from conclvd.compare.gallery import write_gallery
from conclvd.evaluate.records import MethodRow, VideoRow, write_methods, write_videos
from conclvd.evaluate.video_set import find_videos
from conclvd.files import sha256_of
from conclvd.study.methods import read_methods
from conclvd.video.probe import picture_files, probe
from conclvd.video.read import read_frames
from conclvd.video.write import write_video

HTML = (
    '<b>bold</b> <img src=x onerror="document.title=1"></section><script>document.title=2</script>'
)
PROMPTS = ["a boat drifts", "水墨山水，一叶扁舟", HTML]
FETCH = "give --motion animatelcm=wangfuyun/AnimateLCM & more"
NAMES = {"conclvd": "ConCLVD", "gen-2 小": "Gen-2 <小>"}  # a slug with a space and Chinese


def comparison(folder: Path, prompts: list[str] = PROMPTS) -> Path:
    """Two methods with videos, one without, one that failed after its first."""
    rng = np.random.default_rng(0)
    frames = rng.integers(0, 255, (6, 32, 32, 3)).astype(np.uint8)
    folder.mkdir()
    write_video(folder / "one.mp4", frames, Fraction(6))
    for slug, name in NAMES.items():
        (folder / slug).mkdir()
        rows = []
        for index, prompt in enumerate(prompts):
            file = f"{index:04d}-s0.mp4"
            os.link(folder / "one.mp4", folder / slug / file)
            took = 12.34 if slug == "conclvd" else None
            rows.append(VideoRow(file_name=file, caption=prompt, seed=0, method=name,
                                 seconds=took, settings="", sha256=""))  # fmt: skip
        write_videos(folder / slug, rows[:1] if slug != "conclvd" and prompts is PROMPTS else rows)
    write_methods(folder, [
        *(MethodRow(name=n, slug=s, status="done", videos=len(prompts)) for s, n in NAMES.items()),
        MethodRow(name="AnimateLCM", slug="animatelcm", status="not available", videos=0,
                  reason="its weights were not given", fetch=FETCH),
        MethodRow(name="AnimateDiff", slug="animatediff", status="failed", videos=0,
                  reason="CUDA out of memory"),
    ])  # fmt: skip
    return folder


class Opened:
    """The page in a browser, and what it asked for."""

    def __init__(self, browser: Any, path: Path) -> None:
        self.page = browser.new_page(viewport={"width": 1000, "height": 2400})
        self.page.set_default_timeout(30_000)
        self.wrong: list[str] = []
        self.asked: list[str] = []
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("console", lambda message: self.wrong.append(message.text))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(path.resolve().as_uri())

    def until(self, script: str) -> None:
        # asked from here: what playwright polls within the page, the page's own rules forbid
        limit = time.monotonic() + 60
        while not self.page.evaluate(script):
            assert time.monotonic() < limit, f"not within 60 s: {script}"
            self.page.wait_for_timeout(20)

    def playing(self) -> int:
        return int(self.page.evaluate(f"{VIDEOS}.filter((v) => !v.paused).length"))


VIDEOS = "[...document.querySelectorAll('video')]"


@pytest.mark.slow
def test_it_opens_from_the_disk_and_plays(browser: Any, tmp_path: Path) -> None:
    folder = comparison(tmp_path / "a 山 #1 'folder'")
    opened = Opened(browser, write_gallery(folder))
    page = opened.page
    opened.until(f"{VIDEOS}.every((v) => v.readyState >= 2 && !v.paused)")
    assert page.locator("video").count() == 4
    assert page.locator(".none").count() == 2  # prompts that one method has no video of
    assert all(url.startswith(folder.resolve().as_uri()) for url in opened.asked)
    assert page.locator("h2").all_text_contents() == [f"{i:04d}{p}" for i, p in enumerate(PROMPTS)]
    assert page.title() == folder.name  # no prompt ran
    assert page.locator("h2 b, h2 img").count() == 0
    figures = page.locator("section").nth(0).locator("figcaption").all_text_contents()
    assert figures == ["ConCLVD seed 0 · 12.3 s", "Gen-2 <小> seed 0"]
    absent = page.locator("details").all_text_contents()
    assert absent == [
        f"AnimateLCM not available: its weights were not given{FETCH}",
        "AnimateDiff failed: CUDA out of memory",
    ]
    assert opened.wrong == []
    page.close()


@pytest.mark.slow
def test_prompts_are_found_methods_hidden_and_all_stopped(browser: Any, tmp_path: Path) -> None:
    opened = Opened(browser, write_gallery(comparison(tmp_path / "set")))
    page = opened.page
    opened.until(f"{VIDEOS}.every((v) => !v.paused)")
    page.click("#pause")
    assert opened.playing() == 0
    page.click("#pause")
    opened.until(f"{VIDEOS}.every((v) => !v.paused)")
    page.fill("#find", "扁舟")
    assert page.locator("section:visible").count() == 1
    page.fill("#find", "")
    assert page.locator("section:visible").count() == 3
    page.locator("nav label", has_text="Gen-2").click()
    assert page.locator("figure:visible").count() == 3
    assert opened.wrong == []
    page.close()


@pytest.mark.slow
def test_of_thousands_only_those_on_the_screen_are_loaded(browser: Any, tmp_path: Path) -> None:
    prompts = [f"prompt {number}" for number in range(1000)]
    folder = comparison(tmp_path / "set", prompts)
    opened = Opened(browser, write_gallery(folder))
    opened.until(f"{VIDEOS}.some((v) => !v.paused)")
    count = "document.querySelectorAll('video[src]').length"
    assert opened.page.locator("video").count() == 2000
    assert 2 <= opened.page.evaluate(count) < 40
    opened.page.evaluate("document.querySelector('section:last-child').scrollIntoView()")
    last = "document.querySelector('section:last-child video')"
    opened.until(f"{last}.readyState >= 2 && !{last}.paused")
    assert not opened.page.evaluate("document.querySelector('section video').hasAttribute('src')")
    assert opened.page.evaluate(count) < 40
    assert opened.wrong == []
    opened.page.close()


@pytest.mark.slow
def test_a_video_that_is_gone_is_said_to_be(browser: Any, tmp_path: Path) -> None:
    folder = comparison(tmp_path / "set")
    (folder / "conclvd" / "0000-s0.mp4").unlink()
    opened = Opened(browser, write_gallery(folder))
    opened.until("document.querySelectorAll('figure.broken').length === 1")
    opened.page.close()


@pytest.mark.slow
def test_pictures_that_move_are_loaded_from_the_disk(browser: Any, tmp_path: Path) -> None:
    pictures(tmp_path)
    opened = Opened(browser, write_gallery(tmp_path))
    opened.until("document.querySelector('figure img').naturalWidth === 40")
    assert opened.wrong == []
    opened.page.close()


def test_videos_of_other_prompts_do_not_stand_beside(tmp_path: Path) -> None:
    folder = comparison(tmp_path / "set")
    other = VideoRow(
        file_name="0000-s0.mp4", caption="another", seed=0, method="", settings="", sha256=""
    )
    write_videos(folder / "gen-2 小", [other])
    text = write_gallery(folder).read_text(encoding="utf-8")
    assert text.count("<section>") == 4
    assert text.count("no video") == 4


def pictures(folder: Path, shades: tuple[int, ...] = (20, 120, 220)) -> None:
    """A comparison of one method in folders of PNG files, as --format png makes it."""
    frames = [np.full((33, 40, 3), shade, np.uint8) for shade in shades]
    video = folder / "gen-2 小" / "0000-s0"
    video.parent.mkdir(parents=True, exist_ok=True)
    write_video(video, frames, Fraction(12))
    row = VideoRow(file_name=video.name, caption="a", seed=0, method="Gen-2", settings="",
                   sha256=sha256_of(*picture_files(video)))  # fmt: skip
    write_videos(video.parent, [row])
    write_methods(folder, [MethodRow(name="Gen-2", slug="gen-2 小", status="done", videos=1)])


def test_folders_of_pictures_move(tmp_path: Path) -> None:
    pictures(tmp_path)
    text = write_gallery(tmp_path).read_text(encoding="utf-8")
    (source,) = re.findall(r'<img [^>]*src="([^"]*)"', text)
    made = tmp_path / unquote(source)
    assert (probe(made).frames, probe(made).fps) == (3, 12)
    assert [frame.mean() for frame in read_frames(made)] == pytest.approx([20, 120, 220], abs=4)
    written = made.stat().st_mtime_ns
    write_gallery(tmp_path)
    assert made.stat().st_mtime_ns == written
    pictures(tmp_path, (220, 20))  # made anew
    assert unquote(source) not in unquote(write_gallery(tmp_path).read_text(encoding="utf-8"))
    (other,) = made.parent.iterdir()
    assert probe(other).frames == 2
    assert {entry.name for entry in find_videos(tmp_path, None, None)} == {"gen-2 小/0000-s0"}
    assert {one.name for one in read_methods([str(tmp_path), f"x={made.parent}"])[0]} == {
        "Gen-2", "x"
    }  # fmt: skip
    for file in (tmp_path / "gen-2 小" / "0000-s0").iterdir():
        file.write_bytes(b"no picture")
    other.unlink()
    assert "cannot be played</div>" in write_gallery(tmp_path).read_text(encoding="utf-8")


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = comparison(tmp_path / "set")
    assert run(["evaluate", "gallery", str(folder)]) == 0
    assert capsys.readouterr().out == f"{folder / 'gallery.html'}\n"
    before = {path.name for path in folder.iterdir()}
    assert "gallery.html" in before
    assert run(["evaluate", "gallery", str(tmp_path)]) == 2
    assert "holds no methods.jsonl; name a folder" in capsys.readouterr().err
