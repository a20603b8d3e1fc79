"""People at the annotation page, each with a browser of their own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from conclvd.curate.annotations import Annotations
from conclvd.curate.server import annotation_page
from serving import Served, serving


@contextmanager
def annotating(folder: Path) -> Iterator[Served]:
    notes = Annotations(folder)
    with serving(annotation_page(notes), notes) as opened:
        yield opened


@contextmanager
def busy(server: Served) -> Iterator[None]:
    """No edit is done, and no clip is told of, before this is over."""
    with server.kept._lock:
        yield


class Person:
    """Somebody at a browser of their own."""

    def __init__(self, browser: Any, server: Served, name: str) -> None:
        self.context = browser.new_context()
        self.page = self.context.new_page()
        self.page.set_default_timeout(30_000)
        self.wrong: list[str] = []
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.goto(server.url)
        self.page.wait_for_selector("#clips [aria-current]")
        self.keys(name, "Escape")  # the name is asked for first: its field has the focus

    def keys(self, *keys: str) -> None:
        for key in keys:
            if len(key) > 1 and key not in ("Escape", "Enter", "Space") and "Control+" not in key:
                self.page.keyboard.insert_text(key)
            else:
                self.page.keyboard.press(key)

    def see(self, place: str, text: str) -> None:
        """Wait until a part of the page has a text."""
        self.wait(lambda: text in self.text(place), f"{text!r} in {place}")

    def playing(self) -> None:
        """Wait until the clip's first frame is there."""
        script = "document.querySelector('video').readyState >= 2"
        self.wait(lambda: bool(self.page.evaluate(script)), "the clip")

    def wait(self, seen: Callable[[], bool], what: str) -> None:
        # asked from here: what playwright polls within the page, the page's own rules forbid
        limit = time.monotonic() + 60
        while not seen():
            assert time.monotonic() < limit, f"no {what} within 60 s"
            self.page.wait_for_timeout(20)

    @contextmanager
    def far_away(self) -> Iterator[None]:
        """What is saved from this page is at the server when this is over, not before."""
        sent: list[Any] = []
        self.page.route("**/api/save", lambda save: sent.append(save))
        yield
        for save in sent:
            save.continue_()
        self.page.unroute("**/api/save")

    def saved(self) -> None:
        """Wait until the server has everything."""
        self.see("#saved", "all saved")

    def text(self, place: str) -> str:
        return str(self.page.text_content(place))
