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
    one tensor; None: as many as pay on the device, 1 on a CPU. Raises InvalidRequest for a value
    that cannot be used.
    """

    mode: str = "sofp"
    passes: int = 1
    reach: int = REACH
    merge_repeats: bool = False
    batch: int | None = None

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise InvalidRequest(f"mode must be one of {', '.join(MODES)}, found {self.mode!r}")
        if not 1 <= self.passes <= MAX_PASSES:
            raise InvalidRequest(f"passes must be 1 to {MAX_PASSES}, found {self.passes}")
        for name, value in (("reach", self.reach), ("batch", self.batch)):
            if value is not None and value < 1:
                raise InvalidRequest(f"{name} must be 1 or more, found {value}")
