"""`benchmarks/drift.py`: which way a boat drifts."""

from __future__ import annotations

import numpy as np
import pytest

from conclvd.paint.clip import paint_clip
from drift import drift


@pytest.mark.parametrize("seed", [610_003, 610_004])
def test_a_painted_boat_drifts_the_way_it_was_painted_and_its_mirror_image_the_other(
    seed: int,
) -> None:
    clip = paint_clip(seed, frames=8, composition="lake", boat="boat" if seed % 2 else "sailboat")
    motions = [e.motion for e in clip.attributes.elements if e.kind in ("boat", "sailboat")]
    assert motions[0] in ("left", "right")
    sign = 1 if motions[0] == "right" else -1
    assert sign * drift(clip.frames) > 1
    assert sign * drift(np.ascontiguousarray(clip.frames[:, :, ::-1])) < -1


def test_a_clip_that_stands_still_does_not_drift() -> None:
    clip = paint_clip(610_003, frames=1, composition="lake", boat="boat")
    assert abs(drift(np.repeat(clip.frames, 8, axis=0))) < 0.05
