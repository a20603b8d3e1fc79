"""The metrics of ink style: what they measure, and that they tell paintings from other pictures."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from conclvd.errors import InvalidRequest
from conclvd.evaluate.entry import Entry
from conclvd.evaluate.measure import measure_videos
from conclvd.evaluate.metrics.blank import blank_parts, blank_space
from conclvd.evaluate.metrics.edges import edges
from conclvd.evaluate.metrics.ink_style import FEATURES
from conclvd.evaluate.metrics.palette import palette
from conclvd.evaluate.metrics.saturation import SATURATION, saturation
from conclvd.evaluate.metrics.style_distance import style_metric
from conclvd.evaluate.metrics.tones import TONES, shades, tones
from conclvd.evaluate.metrics.washes import runs, washes
from conclvd.evaluate.reference import Reference, load_reference
from conclvd.evaluate.registry import METRICS
from conclvd.evaluate.sample import Tools, load_flow
from conclvd.evaluate.style import Feature, Lab, Vector, distance, lab, spaced, style_distance
from conclvd.paint.clip import paint_clip
from conclvd.tensors import Frame, Frames
from conclvd.video.read import read_frames
from conclvd.video.write import write_video
from other_styles import KINDS, draw

FIRST_SEED = 810_000  # held out


@pytest.fixture(scope="module")
def painted() -> Frames:
    return np.concatenate([paint_clip(FIRST_SEED + i, frames=1).frames for i in range(22)])


@pytest.fixture(scope="module")
def reference(painted: Frames) -> Reference:
    return Reference("painted", [lab(frame) for frame in painted[:15]], range(15))


def level(lightness: float) -> int:
    """The grey level of a lightness, 0 to 100."""
    grey = np.full((1, 1, 3), [lightness, 0, 0], np.float32)
    return round(float(cv2.cvtColor(grey, cv2.COLOR_LAB2RGB)[0, 0, 0]) * 255)


def bands(*lightnesses: float) -> Frame:
    """Bands of equal width, side by side."""
    greys = np.repeat(np.array([level(one) for one in lightnesses], np.uint8), 50)
    return np.broadcast_to(greys[None, :, None], (256, len(greys), 3)).copy()


def test_bands_of_the_five_shades_are_a_fifth_each() -> None:
    np.testing.assert_allclose(shades(lab(bands(100, 70, 50, 30, 5))), 0.2, atol=0.01)
    np.testing.assert_allclose(shades(lab(bands(100))), [1, 0, 0, 0, 0])


def test_shades_are_relative_to_the_paper() -> None:
    silk = shades(lab(bands(60, 42, 30, 18, 3)))
    np.testing.assert_allclose(silk, 0.2, atol=0.01)


def test_moving_ink_by_one_shade_is_less_far_than_by_three() -> None:
    plain, pale, burnt = (tones(lab(bands(100, 100, one))) for one in (100, 70, 5))
    assert 0 < np.abs(plain - pale).sum() < np.abs(plain - burnt).sum()


def test_empty_paper_is_blank_and_what_is_drawn_on_it_is_not() -> None:
    paper = np.full((256, 256, 3), 235, np.uint8)
    noise = np.random.default_rng(0).normal(0, 3, paper.shape)
    grain = (paper + noise).clip(0, 255).astype(np.uint8)
    half = grain.copy()
    rows = np.arange(0, 256, 8)[:, None] + np.arange(3)
    half[rows.ravel()[:, None], 128:] = 60
    assert blank_space([lab(grain)]) == 1
    assert blank_space([lab(half)]) == pytest.approx(0.5, abs=0.06)
    dark_sky = grain.copy()
    dark_sky[:128] = 40
    top, _, bottom = blank_parts(lab(dark_sky))
    assert top == 0
    assert bottom > 0.95


def test_saturation_and_palette_know_grey_from_red() -> None:
    grey, red, blue = (np.full((256, 256, 3), one, np.uint8) for one in ((128,) * 3, (200, 30, 30),
                       (30, 30, 200)))  # fmt: skip
    assert saturation(lab(grey)).max() < 0.1
    assert saturation(lab(red)).min() > 50
    pale, strong = (np.abs(palette(lab(grey)) - palette(lab(one))).mean() for one in (grey, red))
    assert pale == 0
    assert strong > 10
    assert np.abs(palette(lab(blue)) - palette(lab(red))).mean() > 20


def test_sharp_outlines_have_steeper_edges_than_washes() -> None:
    line = np.full((256, 256, 3), 240, np.uint8)
    cv2.circle(line, (128, 128), 80, (0, 0, 0), 3)
    soft = cv2.GaussianBlur(line, (0, 0), 12)
    assert edges(lab(line))[4] > 2 * edges(lab(soft))[4]


def test_fills_washes_and_texture_are_told_apart() -> None:
    fill = np.full((256, 256, 3), 200, np.uint8)
    wash = np.tile(np.linspace(20, 240, 256).astype(np.uint8)[None, :, None], (256, 1, 3))
    texture = np.random.default_rng(0).integers(0, 255, fill.shape, np.uint8)
    (fill_run, fill_rough), (wash_run, wash_rough), (_, rough) = (
        runs(lab(one)) for one in (fill, wash, texture)
    )
    assert max(fill_run.max(), fill_rough.max()) < 0.01
    assert wash_run[:, 20:-20].min() > 0.6 > 0.1 > wash_rough[:, 20:-20].max()
    assert np.median(rough) > 0.6
    assert washes(lab(fill))[0] == 1
    assert all(washes(lab(one))[0] < 0.2 for one in (wash, texture))


@pytest.mark.slow
@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.vector.__name__)
def test_features_hardly_depend_on_the_size_of_the_file(painted: Frames, feature: Feature) -> None:
    frame = painted[0]
    larger = cv2.resize(frame, (512, 512), interpolation=cv2.INTER_CUBIC)
    others = np.stack([feature.vector(lab(one)) for one in painted[1:]])
    own = feature.vector(lab(frame))
    apart = np.abs(feature.vector(lab(larger)) - own).mean()
    assert apart < 0.5 * distance(own, others)


def auc(near: np.ndarray, far: np.ndarray) -> float:
    return float(np.mean(far[None] > near[:, None]))


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_style_separates_painted_landscapes_from_other_pictures(
    painted: Frames, reference: Reference, kind: str
) -> None:
    """The mean of all distances; EXPERIMENTS.md has each metric's share, at larger counts."""

    def style(frame: Frame) -> float:
        return float(
            np.mean(
                [style_distance([lab(frame)], each, reference.known(each)) for each in FEATURES]
            )
        )

    own = np.array([style(frame) for frame in painted[15:]])
    others = np.array([style(draw(kind, seed)) for seed in range(8)])
    assert np.median(own) < 1.5
    assert auc(own, others) > 0.85


@pytest.mark.slow
def test_copies_of_the_reference_are_nearer_than_new_paintings(
    painted: Frames, reference: Reference
) -> None:
    known = reference.known(TONES)
    copies = [style_distance([lab(frame)], TONES, known) for frame in painted[:15]]
    new = [style_distance([lab(frame)], TONES, known) for frame in painted[15:]]
    assert np.mean(copies) < np.mean(new)


def paper(picture: Lab) -> Vector:
    return np.array([picture[..., 0].max()])


def test_frames_of_one_video_do_not_stand_for_each_other() -> None:
    pictures = [lab(bands(100, 100 - 8 * i, 5 * i)) for i in range(8)]
    alone = Reference("alone", pictures, range(8)).known(TONES)
    doubled = Reference("twice", [*pictures, *pictures], [*range(8), *range(8)]).known(TONES)
    assert doubled.spread < alone.spread * 1.01
    assert doubled.spread > 0.3 * alone.spread


def test_frames_are_spaced_evenly() -> None:
    video = np.arange(50)[:, None, None, None] * np.ones((1, 2, 2, 3), np.uint8)
    assert spaced(video)[:, 0, 0, 0].tolist() == [0, 7, 14, 21, 28, 35, 42, 49]
    assert len(spaced(video[:3])) == 3
    assert spaced(video, 1)[:, 0, 0, 0].tolist() == [0]


def test_a_reference_folder_is_read_and_what_cannot_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    for i in range(8):
        cv2.imwrite(str(tmp_path / ("more" if i % 2 else ".") / f"{i}.png"), bands(100, 10 * i))
    (tmp_path / "broken.png").write_bytes(b"no picture")
    told: list[str] = []
    found = load_reference(tmp_path, told.append)
    assert len(found.pictures) == 8
    assert "(8 files, " in found.name
    assert len(told) == 1
    assert "broken.png" in told[0]
    (tmp_path / "0.png").unlink()
    with pytest.raises(InvalidRequest, match="7 pictures"):
        load_reference(tmp_path, told.append)


def test_pictures_of_a_reference_are_on_white_as_those_of_videos_are(tmp_path: Path) -> None:
    drawn = np.zeros((64, 96, 4), np.uint8)
    drawn[:16, :, 3] = 255
    for index in range(8):
        Image.fromarray(drawn).save(tmp_path / f"{index}.png")
    found = load_reference(tmp_path, pytest.fail).pictures
    assert np.array_equal(found[0], lab(next(read_frames(tmp_path))))
    assert found[0][100:, :, 0].min() > 99


def test_numbered_pictures_in_a_folder_are_a_video_of_the_reference(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    rng = np.random.default_rng(0)
    for index in range(8):
        noise = rng.integers(0, 255, (3, 24, 24, 3)).astype(np.uint8)
        write_video(tmp_path / "set" / f"clip{index}", noise, Fraction(6))
    found = load_reference(tmp_path / "set", pytest.fail)
    assert "(8 files, " in found.name
    assert list(found.sources) == [index for index in range(8) for _ in range(3)]
    with pytest.raises(InvalidRequest, match="3 pictures"):  # a folder of pictures itself
        load_reference(tmp_path / "set" / "clip0", pytest.fail)


def test_a_new_metric_of_style_is_its_file_and_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # one video stays in this process, which is sent no more of the reference than others are
    metric = style_metric("paper", "paper", Feature(paper, floor=0.1))
    monkeypatch.setitem(METRICS, "paper", metric)
    write_video(tmp_path / "a.gif", bands(90)[None], Fraction(6))
    entry = Entry("ours", "a.gif", tmp_path / "a.gif", None, None)
    known = Reference("bands", [lab(bands(100 - 5 * i)) for i in range(8)], range(8))
    (row,) = measure_videos([entry], [metric], Tools(*load_flow(), reference=known), workers=2)
    assert row.value == pytest.approx((0 + 5 + 5) / 3 / 7.5, abs=0.02)


def test_a_reference_all_alike_is_refused() -> None:
    same = Reference("same", [lab(bands(100, 10))] * 8, range(8))
    with pytest.raises(InvalidRequest, match="all alike"):
        list(measure_videos([], [METRICS["tone-distance"]], Tools(*load_flow(), reference=same)))  # type: ignore[list-item]


def test_a_grey_reference_makes_a_pale_tint_far_and_not_endlessly_so() -> None:
    """Chroma of grey is rounding alone; that reference can still be measured against."""
    greys = [lab(bands(100, 90 - 8 * i, 5 + i)) for i in range(8)]
    known = Reference("grey", greys, range(8))
    warm = bands(100, 50, 20)
    warm[..., 2] -= warm[..., 2] // 20
    assert 1 < style_distance([lab(warm)], SATURATION, known.known(SATURATION)) < 20
    known.check([SATURATION, TONES])
    with pytest.raises(InvalidRequest, match="grey"):
        known.check([SATURATION])


@pytest.mark.slow
def test_painted_scenes_differ_by_more_than_the_floors(reference: Reference) -> None:
    for feature in FEATURES:
        assert reference.known(feature).spread > 3 * feature.floor
