"""Who has which clip open: two people should not caption the same one."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock
from typing import Final

_AWAY: Final = 15.0  # seconds without a word from a page; it says one every three


class Presence:
    """What is open in each page, as the pages say themselves. Nothing of it is kept on the disk.

    `clock` gives seconds. Methods may be called from several threads.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._pages: dict[str, tuple[float, str, str | None]] = {}

    def see(self, tab: str, by: str, file_name: str | None) -> dict[str, str]:
        """Note what a page has open; returns who has which clip open elsewhere, by file name."""
        with self._lock:
            now = self._clock()
            self._pages[tab] = now, by, file_name
            self._pages = {
                name: page for name, page in self._pages.items() if now - page[0] < _AWAY
            }
            return {
                opened: person or "somebody"
                for name, (_, person, opened) in self._pages.items()
                if name != tab and opened is not None
            }
