"""Cuts, repeats and stills of a video."""

from __future__ import annotations

import numpy as np
import pytest

from conclvd.interpolation.keyframes import is_cut, is_repeat, keyframes
from conclvd.paint.clip import paint_clip
from conclvd.tensors import Frame
from moving import disc, sliding

A, B, C = sliding(0), sliding(5), sliding(9)
OTHER = disc(60) // 3


def runs(frames: list[Frame], *, merge: bool = True) -> list[tuple[int, int, int]]:
    return [(key.start, key.shown, key.shot) for key in keyframes(frames, merge_repeats=merge)]


@pytest.mark.parametrize(
    ("frames", "wanted"),
    [
        ([A, B, C], [(0, 1, 0), (1, 1, 0), (2, 1, 0)]),
        ([A, A, B, B, B, C], [(0, 2, 0), (2, 3, 0), (5, 1, 0)]),
        ([A] * 5 + [B, B], [(0, 1, 0), (1, 1, 0), (2, 1, 0), (3, 1, 0), (4, 1, 0), (5, 2, 0)]),
        ([A, A, OTHER, B], [(0, 2, 0), (2, 1, 1), (3, 1, 2)]),
        ([A], [(0, 1, 0)]),
        ([], []),
    ],
)
def test_runs(frames: list[Frame], wanted: list[tuple[int, int, int]]) -> None:
    assert runs(frames) == wanted


def test_without_merging_every_frame_is_a_drawing() -> None:
    assert runs([A, A, B], merge=False) == [(0, 1, 0), (1, 1, 0), (2, 1, 0)]


def test_stills_keep_their_own_frames() -> None:
    still = [A.copy() for _ in range(6)]
    for index, frame in enumerate(still):
        frame[0, 0] = index
    found = [key.frame for key in keyframes(still, merge_repeats=True)]
    assert all(np.array_equal(a, b) for a, b in zip(found, still, strict=True))


def test_traces_of_encoding_are_a_repeat_and_a_small_motion_is_not() -> None:
    noise = (
        np.random.default_rng(0).integers(-1, 2, A.shape)
        * (np.arange(A.shape[1]) % 4 == 0)[:, None]
    )
    assert is_repeat(A, (A.astype(int) + noise).clip(0, 255).astype(np.uint8))
    moved = A.copy()
    moved[60:66, 60:66] = 255 - moved[60:66, 60:66]
    assert not is_repeat(A, moved)
    assert not is_repeat(A, sliding(0.2))


def test_cuts_between_painted_clips_and_none_within() -> None:
    clips = [paint_clip(seed, frames=3, width=96, height=96).frames for seed in range(5)]
    for clip in clips:
        assert not is_cut(clip[0], clip[1])
        assert not is_cut(clip[0], clip[2])
    for first in clips:
        for second in clips:
            assert first is second or is_cut(first[-1], second[0])


def test_fading_and_panning_are_no_cuts() -> None:
    assert not is_cut(A, A // 2)
    assert not is_cut(A, sliding(30))
    black = np.zeros_like(A)
    assert not is_cut(black, black)
    assert is_cut(black, A)
