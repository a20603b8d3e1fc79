"""FFmpeg containers, with FFmpeg's errors as OSError."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def container(path: Path, mode: str = "r", **settings: Any) -> Iterator[Any]:
    """An open PyAV container; whatever FFmpeg raises within the block becomes an OSError."""
    import av

    try:
        with av.open(str(path), mode, **settings) as opened:
            yield opened
    except av.FFmpegError as error:
        if isinstance(error, OSError):
            raise
        raise OSError(error.errno, error.strerror) from error
