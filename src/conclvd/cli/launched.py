"""What several processes that a launcher (torchrun, accelerate launch) started tell only once."""

from __future__ import annotations

import os
import time

AFTER_THE_FIRST = 10.0  # seconds; a launcher ends the other processes when one has failed


def is_first() -> bool:
    """Whether this is the only process, or the first that a launcher started on this machine."""
    return os.environ.get("LOCAL_RANK", "") in ("", "-1", "0")


def let_the_first_speak() -> None:
    """Wait, unless this is the first process: what all fail by is then told by that one alone.

    What only this one fails by is told after that.
    """
    if not is_first():
        time.sleep(AFTER_THE_FIRST)
