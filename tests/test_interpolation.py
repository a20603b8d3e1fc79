"""Frames between keyframes: known motions have known midpoints."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import Tensor

from conclvd.interpolation.between import Motion, in_between
from conclvd.interpolation.flow import DisFlow
from conclvd.interpolation.pairs import MOST
from conclvd.interpolation.settings import Settings
from conclvd.interpolation.sofp import Tally, interpolate, stream
from conclvd.tensors import Frame, Frames
from moving import KnownFlow, disc, disc_cover, miss, psnr, sliding, turned

LINEAR, SOFP = Settings(mode="linear"), Settings()
MARGIN = 20


def slide(speed: float, acceleration: float, count: int = 5) -> list[float]:
    """Places along a line at times 0, 1, ..."""
    return [speed * t + acceleration * t * t / 2 for t in range(count)]


def middle(start: float, speed: float, acceleration: float) -> float:
    """Where it is half an interval after `start`."""
    time = start + 0.5
    return speed * time + acceleration * time * time / 2


@pytest.mark.parametrize("passes", [1, 2])
def test_keyframes_pass_through_and_frames_come_between(passes: int) -> None:
    keyframes = np.stack([sliding(place) for place in slide(3, 1, 4)])
    frames = interpolate(keyframes, DisFlow(), Settings(passes=passes))
    assert frames.shape == (2**passes * 3 + 1, *keyframes.shape[1:])
    assert frames.dtype == np.uint8
    assert np.array_equal(frames[:: 2**passes], keyframes)


@pytest.mark.parametrize("settings", [LINEAR, SOFP])
@pytest.mark.parametrize("speed", [0.6, 4.3, 30.0])
def test_uniform_motion_is_half_way(settings: Settings, speed: float) -> None:
    places = slide(speed, 0)
    keyframes = np.stack([sliding(place) for place in places])
    frames = interpolate(keyframes, KnownFlow(keyframes, places), settings)
    for index, (first, second) in enumerate(pairwise(places)):
        assert abs(miss(frames[2 * index + 1], sliding, (first + second) / 2, 40)) <= 0.04


@pytest.mark.parametrize("acceleration", [2.4, -2.0])
def test_accelerated_motion_is_where_it_is_and_linear_is_off_by_an_eighth(
    acceleration: float,
) -> None:
    speed = 3.0 if acceleration > 0 else 12.0
    places = slide(speed, acceleration)
    keyframes = np.stack([sliding(place) for place in places])
    known = KnownFlow(keyframes, places)
    linear, sofp = (interpolate(keyframes, known, mode) for mode in (LINEAR, SOFP))
    for index in range(3):  # the last pair has no later frame to project on
        wanted = middle(index, speed, acceleration)
        assert abs(miss(sofp[2 * index + 1], sliding, wanted, MARGIN)) <= 0.05
        assert miss(linear[2 * index + 1], sliding, wanted, MARGIN) == pytest.approx(
            acceleration / 8, abs=0.05
        )
    assert np.array_equal(sofp[7], linear[7])


def test_two_passes_follow_the_same_path() -> None:
    places = slide(3.0, 2.4)
    keyframes = np.stack([sliding(place) for place in places])
    frames = interpolate(keyframes, KnownFlow(keyframes, places), Settings(passes=2))
    for step in (1, 2, 3):
        time = step / 4
        wanted = 3.0 * time + 1.2 * time * time
        assert abs(miss(frames[step], sliding, wanted, MARGIN)) <= 0.05


def test_dis_finds_the_accelerated_middle_of_a_slanted_slide() -> None:
    speed, acceleration = 1.0, 1.6
    slanted = partial(sliding, angle=0.6)
    keyframes = np.stack([slanted(place) for place in slide(speed, acceleration, 4)])
    linear, sofp = (interpolate(keyframes, DisFlow(), mode) for mode in (LINEAR, SOFP))
    for index in range(2):
        wanted = middle(index, speed, acceleration)
        assert abs(miss(sofp[2 * index + 1], slanted, wanted, MARGIN)) <= 0.1
        assert miss(linear[2 * index + 1], slanted, wanted, MARGIN) == pytest.approx(0.2, abs=0.06)


@pytest.mark.parametrize("settings", [LINEAR, SOFP])
@pytest.mark.parametrize("known", [True, False])
def test_a_disc_that_covers_and_uncovers_is_at_its_place(settings: Settings, known: bool) -> None:
    places = [40.0 + 10 * index for index in range(4)]
    keyframes = np.stack([disc(place) for place in places])
    estimator = KnownFlow(keyframes, places, cover=disc_cover) if known else DisFlow()
    frames = interpolate(keyframes, estimator, settings)
    for index in range(3):
        truth = disc(45 + 10 * index)
        found = frames[2 * index + 1]
        dissolved = keyframes[index : index + 2].astype(float).mean(0)
        assert psnr(found, truth) > psnr(dissolved, truth) + (10 if known else 6)
        assert abs(miss(found, disc, 45 + 10 * index, 2)) <= (0.1 if known else 0.25)


def test_a_turning_picture_turns() -> None:
    keyframes = np.stack([turned(0.08 * index) for index in range(4)])
    frames = interpolate(keyframes, DisFlow(), SOFP)
    truth = turned(0.04)
    assert psnr(frames[1][24:-24, 24:-24], truth[24:-24, 24:-24]) > 33


def test_still_pixels_stay_still_beside_a_moving_disc() -> None:
    keyframes = np.stack([disc(40 + 8 * index, radius=14) for index in range(3)])
    frames = interpolate(keyframes, DisFlow(), SOFP)
    assert np.array_equal(frames[1][:40], keyframes[0][:40])
    assert np.array_equal(frames[1][-40:], keyframes[0][-40:])


def test_a_still_picture_stays_still_though_the_flow_says_otherwise() -> None:
    keyframes = np.stack([sliding(0)] * 2)
    keyframes[1, :8] += 1  # else equal frames would be passed on without looking

    class Restless:
        def flows(self, sources: Tensor, targets: Tensor) -> Tensor:
            return torch.full((len(sources), 2, *sources.shape[-2:]), 3.0)

    between = interpolate(keyframes, Restless(), LINEAR)[1]
    assert np.array_equal(between[16:], keyframes[0][16:])


def test_where_no_flow_holds_the_frames_dissolve() -> None:
    rng = np.random.default_rng(1)
    first, second = torch.from_numpy(rng.random((2, 1, 3, 256, 256), np.float32))
    there = torch.full((1, 2, 256, 256), 8.0)
    motion = Motion(
        first, second, there, there, torch.zeros(1, 1, 256, 256), torch.empty(1, 0, 1, 1, 1)
    )
    between = in_between(motion, torch.tensor([0.25]))
    dissolved = first * 0.75 + second * 0.25
    assert (between - dissolved)[..., 20:-20].abs().mean() < 0.01
    assert (first - dissolved)[..., 20:-20].abs().mean() > 0.07


@pytest.mark.parametrize(
    ("shown", "wanted"),
    [([False, True, False, False], 0.25), ([True, False], 0.5), ([True, True, False, False], 0.5)],
)
def test_what_one_keyframe_alone_shows_is_fainter_between(shown: list[bool], wanted: float) -> None:
    """A petal that the flow cannot follow: half as strong as half of it, when others tell."""
    ground = sliding(0)
    covered = np.where(disc_cover(64, 5)[..., None] > 0.5, 255 - ground, ground)
    keyframes = np.stack([covered if there else ground for there in shown])
    pair = shown.index(True) if sum(shown) == 1 else 1

    class Lost:
        def flows(self, sources: Tensor, targets: Tensor) -> Tensor:
            return torch.zeros(len(sources), 2, *sources.shape[-2:])

    linear, between = (
        interpolate(keyframes, Lost(), mode)[2 * pair + 1].astype(float) for mode in (LINEAR, SOFP)
    )
    difference = covered.astype(float) - ground
    inner = (np.abs(difference) > 40) & (disc_cover(64, 3)[..., None] > 0.5)
    strength = (between - ground)[inner] / difference[inner]
    assert np.median(strength) == pytest.approx(wanted, abs=0.02)
    assert np.abs(linear - keyframes[pair : pair + 2].mean(0)).max() <= 1  # it knows only the two


def test_what_neither_frame_shows_is_taken_from_the_nearer() -> None:
    first, second = torch.full((1, 3, 64, 64), 0.2), torch.full((1, 3, 64, 64), 0.2)
    second[..., :8] = 0.9  # makes the two differ, so that the flow counts
    apart = torch.zeros(1, 2, 64, 64)
    apart[:, 1] = 200.0  # everything leaves the picture
    motion = Motion(
        first, second, apart, apart, torch.zeros(1, 1, 64, 64), torch.empty(1, 0, 1, 1, 1)
    )
    early, late = in_between(motion.rows([0, 0]), torch.tensor([0.25, 0.75]))
    assert early[0, 32, 1] < late[0, 32, 1]


def test_nothing_is_invented_across_a_cut() -> None:
    shots = [sliding(0), sliding(3), disc(60) // 3, disc(66) // 3]
    tally = Tally()
    frames = list(stream(shots, DisFlow(), SOFP, tally=tally))
    assert tally.cuts == [2]
    assert np.array_equal(frames[3], shots[1])
    assert not np.array_equal(frames[1], shots[0])
    assert not np.array_equal(frames[5], shots[2])


def test_the_last_frame_is_that_of_the_shot() -> None:
    """A cut changes nothing before it."""
    shot = [sliding(place) for place in slide(3.0, 2.4, 4)]
    alone = list(stream(shot, DisFlow(), SOFP))
    followed = list(stream([*shot, disc(60) // 3], DisFlow(), SOFP))
    assert all(np.array_equal(a, b) for a, b in zip(alone, followed[:7], strict=True))


def test_a_drawing_shown_twice_becomes_motion_and_is_counted() -> None:
    places = slide(6, 0, 3)
    drawings = np.stack([sliding(place) for place in places])
    twos = np.repeat(drawings, 2, 0)
    tally = Tally()
    known = KnownFlow(drawings, places)
    frames = list(stream(twos, known, Settings(merge_repeats=True), tally=tally))
    assert (tally.frames, tally.repeats) == (6, 3)
    assert len(frames) == 11
    for index in range(9):
        assert abs(miss(frames[index], sliding, 1.5 * index, MARGIN)) <= 0.04
    assert all(np.array_equal(frame, drawings[2]) for frame in frames[8:])
    kept = list(stream(twos, known, SOFP))
    assert np.array_equal(np.stack(kept[::2]), twos)


def test_what_stands_still_for_long_is_not_slowed_down() -> None:
    places = [0.0, 4.0]
    drawings = np.stack([sliding(place) for place in places])
    held = [drawings[0]] * 6 + [drawings[1]]
    frames = list(stream(held, KnownFlow(drawings, places), Settings(merge_repeats=True)))
    assert len(frames) == 13
    assert all(np.array_equal(frame, drawings[0]) for frame in frames[:11])
    assert abs(miss(frames[11], sliding, 2.0, MARGIN)) <= 0.04


@pytest.mark.slow
@pytest.mark.parametrize("batch", [2, 3, 8])
def test_the_batch_changes_nothing(batch: int) -> None:
    places = slide(3.0, 1.2, 6)
    keyframes = np.stack([sliding(place) for place in places])
    one = interpolate(keyframes, DisFlow(), Settings(passes=2))
    many = interpolate(keyframes, DisFlow(), Settings(passes=2, batch=batch))
    assert np.abs(one.astype(int) - many).max() <= 1  # sums in another order


def test_threads_change_nothing() -> None:
    keyframes = np.stack([sliding(place) for place in slide(3.0, 1.2, 6)])
    threads = torch.get_num_threads()
    found = []
    for count in (1, 3):
        torch.set_num_threads(count)
        found.append(interpolate(keyframes, DisFlow(), Settings(passes=2)))
        with ThreadPoolExecutor(1) as others:
            assert others.submit(torch.get_num_threads).result() == count
    torch.set_num_threads(threads)
    assert np.array_equal(found[0], found[1])


def test_a_stream_reads_no_further_than_its_reach() -> None:
    read = 0

    def endless() -> object:
        nonlocal read
        while True:
            read += 1
            yield sliding(float(read))

    frames = stream(endless(), DisFlow(), Settings(reach=4))  # type: ignore[arg-type]
    for _ in range(5):
        next(frames)
    assert read <= 2 + 4 + 1 + 2 * MOST  # up to MOST pairs are in work, and as many were before


def test_a_nearer_last_frame_still_finds_the_path() -> None:
    speed, acceleration = 3.0, 1.2
    places = slide(speed, acceleration, 8)
    keyframes = np.stack([sliding(place) for place in places])
    frames = interpolate(keyframes, KnownFlow(keyframes, places), Settings(reach=2))
    for index in range(6):
        wanted = middle(index, speed, acceleration)
        assert abs(miss(frames[2 * index + 1], sliding, wanted, 30)) <= 0.05


@pytest.mark.parametrize(
    ("frames", "count"), [(np.empty((0, 16, 16, 3), np.uint8), 0), (sliding(0, side=16)[None], 1)]
)
def test_nothing_comes_between_one_frame_and_none(frames: Frames, count: int) -> None:
    assert len(list(stream(frames, DisFlow(), SOFP))) == count


def test_progress_counts_the_pairs() -> None:
    calls: list[tuple[int, int]] = []
    keyframes = np.stack([sliding(place) for place in (0, 3, 6)])
    interpolate(
        keyframes, DisFlow(), SOFP, progress=lambda done, total: calls.append((done, total))
    )
    assert calls == [(1, 2), (2, 2)]


@pytest.mark.parametrize("size", [(17, 23), (64, 40), (16, 130)])
def test_any_size(size: tuple[int, int]) -> None:
    frames: list[Frame] = [sliding(place, side=140)[: size[0], : size[1]] for place in (0, 1, 3)]
    assert list(stream(frames, DisFlow(), SOFP))[1].shape == (*size, 3)
