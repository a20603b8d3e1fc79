"""What an error has to name, in any order and whatever its sentence says beside it."""

from __future__ import annotations

import re


def named(words: str) -> str:
    """A pattern for `match=`: every one of the space-separated words stands in the message."""
    return "(?s)" + "".join(rf"(?=.*(?<!\w){re.escape(word)}(?!\w))" for word in words.split())
