"""Frames between keyframes."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from conclvd.interpolation.flow import DisFlow
from conclvd.interpolation.linear import interpolate, middle_frame, warp_half
from conclvd.tensors import Flow, Frame, Frames

SIZE, SQUARE, STEP = 96, 28, 8


def picture(shift: float) -> Frame:
    """A textured square, `shift` pixels right of its place, on a textured ground."""
    rng = np.random.default_rng(0)
    ground = cv2.GaussianBlur(rng.uniform(60, 200, (SIZE, SIZE, 3)), (0, 0), 3)
    texture = cv2.GaussianBlur(rng.uniform(0, 255, (SQUARE, SQUARE, 3)), (0, 0), 1.5)
    start = round(24 + shift)
    ground[34 : 34 + SQUARE, start : start + SQUARE] = texture
    return ground.clip(0, 255).astype(np.uint8)


def exact_flow(source: Frame, target: Frame) -> Flow:
    """Flow of the whole picture as wide as the square's step; for pictures rolled by it."""
    sign = 1 if np.array_equal(np.roll(source, STEP, 1), target) else -1
    flow = np.zeros((*source.shape[:2], 2), np.float32)
    flow[..., 0] = sign * STEP
    return flow


def psnr(first: Frame, second: Frame) -> float:
    error = np.mean((first.astype(np.float64) - second) ** 2)
    return float(10 * np.log10(255**2 / error))


@pytest.fixture(scope="module")
def keyframes() -> Frames:
    return np.stack([picture(index * STEP) for index in range(3)])


def test_keyframes_pass_through_and_frames_come_between(keyframes: Frames) -> None:
    frames = interpolate(keyframes, DisFlow())
    assert frames.shape == (5, SIZE, SIZE, 3)
    assert frames.dtype == np.uint8
    assert np.array_equal(frames[::2], keyframes)


def test_the_middle_is_where_the_square_was(keyframes: Frames) -> None:
    truth = picture(STEP / 2)
    dissolve = ((keyframes[0].astype(np.float32) + keyframes[1]) / 2).astype(np.uint8)
    found = psnr(middle_frame(keyframes[0], keyframes[1], DisFlow()), truth)
    assert found > psnr(dissolve, truth) + 3
    assert found > 26


def test_exact_flow_gives_the_exact_middle() -> None:
    first = picture(0)
    second = np.roll(first, STEP, 1)
    middle = middle_frame(first, second, exact_flow)
    inner = slice(STEP, -STEP)  # at the sides a roll brings in what no flow can
    assert np.array_equal(middle[:, inner], np.roll(first, STEP // 2, 1)[:, inner])


def test_a_still_picture_stays_still() -> None:
    frame = picture(0)
    between = middle_frame(frame, frame, DisFlow())
    assert np.abs(between.astype(int) - frame).max() <= 1


def test_flow_that_does_not_return_is_not_trusted() -> None:
    frame = picture(0)
    away = np.zeros((SIZE, SIZE, 2), np.float32)
    away[..., 1] = 6
    _, trusted = warp_half(frame, away, -away)
    _, doubted = warp_half(frame, away, away)
    assert trusted[6:-6].min() > 0.99
    assert doubted.max() < 1e-3


def test_where_no_flow_holds_the_frames_dissolve() -> None:
    rng = np.random.default_rng(1)
    first, second = rng.integers(0, 256, (2, SIZE, SIZE, 3), np.uint8)

    def nonsense(source: Frame, target: Frame) -> Flow:
        return np.full((SIZE, SIZE, 2), 9, np.float32)  # there and back both move right

    dissolve = np.rint((first.astype(np.float32) + second) / 2)
    assert np.abs(middle_frame(first, second, nonsense) - dissolve).max() <= 1


def test_one_keyframe_has_nothing_between() -> None:
    frames = interpolate(picture(0)[None], DisFlow())
    assert frames.shape == (1, SIZE, SIZE, 3)


def test_progress_counts_the_pairs(keyframes: Frames) -> None:
    calls: list[tuple[int, int]] = []
    interpolate(keyframes, DisFlow(), progress=lambda done, total: calls.append((done, total)))
    assert calls == [(1, 2), (2, 2)]
