"""How to interpolate."""

from __future__ import annotations

from dataclasses import dataclass

from conclvd.errors import InvalidRequest

MODES = ("sofp", "linear")
MAX_PASSES = 5
REACH = 32  # keyframes; a generated clip has no more, so that its last frame is always in reach


@dataclass(frozen=True)
class Settings:
    """How to interpolate.

    `mode` is "sofp", or "linear" for uniform motion everywhere. Each of `passes` doubles the
    frames: after p of them there are 2^p - 1 new ones between two, each made directly out of
    both. The last frame that SOFP looks at is that of the shot, or the one `reach` drawings ahead
    where the shot goes on for longer, so that memory is bounded. `merge_repeats` makes one
    drawing of what is shown two or three times and fills its time with motion. `batch` pairs are
    one tensor; more than 1 pays only on a GPU. Raises InvalidRequest for a value that cannot be
    used.
    """

    mode: str = "sofp"
    passes: int = 1
    reach: int = REACH
    merge_repeats: bool = False
    batch: int = 1

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise InvalidRequest(f"mode must be one of {', '.join(MODES)}, found {self.mode!r}")
        if not 1 <= self.passes <= MAX_PASSES:
            raise InvalidRequest(f"passes must be 1 to {MAX_PASSES}, found {self.passes}")
        if self.reach < 1 or self.batch < 1:
            raise InvalidRequest(
                f"reach and batch must be 1 or more, found {self.reach} and {self.batch}"
            )
