"""One pass over a source: its shots, and what was measured in each.

Samples, every half second, are held only until their shot has ended: memory does not grow with the
length of the film.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
from jaxtyping import UInt8

from conclvd.curate import bars, overlays
from conclvd.curate.bars import Crop, Light
from conclvd.curate.boundaries import Boundaries
from conclvd.curate.facts import VideoFacts, pictures
from conclvd.curate.hashes import hash_of
from conclvd.curate.scene_file import Measures, Scene

_INTERVAL: Final = Fraction(1, 2)  # seconds between two samples
_THUMB: Final = (256, 144)
_MOST_SAMPLES: Final = 240  # of one shot; a longer one is sampled less often
_LIVELIEST: Final = 0.05  # part of the steps from frame to frame in which a slide-show does it all

Luma = UInt8[np.ndarray, "h w"]
_Shot = tuple[Scene, Light]


@dataclass(frozen=True)
class _Sample:
    frame: int
    thumb: Luma
    light: Light
    text: overlays.Text | None


def find_scenes(path: Path, facts: VideoFacts) -> list[Scene]:
    """Every shot of a source with its measures, in order. Raises MediaError."""
    logos = overlays.LogoFinder()
    shots = list(_shots(path, facts, logos))
    logo = logos.finish()
    crops = bars.agreed([scene.crop for scene, _ in shots], [light for _, light in shots])
    found = []
    for (scene, _), crop in zip(shots, crops, strict=True):
        measures = scene.measures.model_copy(update={"lines": crop.height})
        found.append(scene.model_copy(update={"crop": crop, "measures": measures, "logo": logo}))
    return found


def _shots(path: Path, facts: VideoFacts, logos: overlays.LogoFinder) -> Iterator[_Shot]:
    """Shots as they end, each as a scene of its own, with its light."""
    boundaries = Boundaries(facts.fps)
    samples: list[_Sample] = []
    steps = array("f")
    turns = facts.rotation // 90
    interval = max(1, round(_INTERVAL * facts.fps))
    last: Luma | None = None

    def close(shots: list[tuple[int, int]]) -> Iterator[_Shot]:
        for start, stop in shots:
            within = [sample for sample in samples if start <= sample.frame < stop]
            if within:  # a shot between two samples is too short for anybody
                logos.see([sample.thumb for sample in within])
                yield _measured(start, stop, within, steps[start + 1 : stop])
            samples[:] = [sample for sample in samples if sample.frame >= stop]

    every, held = interval, 0
    for number, frame in pictures(path, facts):
        small = boundaries.picture_of(frame)
        steps.append(0.0 if last is None else float(np.abs(small - last).mean()))
        last = small
        if number % every == 0:
            samples.append(_sample(number, frame, turns))
            held += 1
        done = boundaries.ended()
        if done:
            yield from close(done)
            every, held = interval, len(samples)
        elif held >= _MOST_SAMPLES:
            del samples[::2]
            every, held = 2 * every, len(samples)
    yield from close(boundaries.finish())


def _sample(number: int, frame: Any, turns: int) -> _Sample:
    luma = np.rot90(frame.reformat(format="gray").to_ndarray(), turns)
    import cv2

    height, width = luma.shape
    size = overlays.TEXT_WIDTH, max(2, round(height * overlays.TEXT_WIDTH / width))
    medium = cv2.resize(np.ascontiguousarray(luma), size, interpolation=cv2.INTER_AREA)
    thumb = cv2.resize(medium, _THUMB, interpolation=cv2.INTER_AREA)
    return _Sample(number, thumb, bars.light_of(luma), overlays.find_text(medium))


def _measured(start: int, stop: int, samples: Sequence[_Sample], steps: Sequence[float]) -> _Shot:
    light = bars.brightest([sample.light for sample in samples])
    crop = bars.crop_of(light)
    thumbs = [_inside(sample.thumb, crop, light) for sample in samples]
    moved = [np.abs(b.astype(np.int16) - a).mean() for a, b in pairwise(thumbs)]
    middle = thumbs[len(thumbs) // 2]
    measures = Measures(
        lines=crop.height,
        brightness=_round(np.mean([thumb.mean() for thumb in thumbs])),
        contrast=_round(middle.std()),
        motion=_round(np.median(moved) if moved else sum(steps)),
        jumps=_round(_jumps(steps)),
        text=_round(overlays.share_of_text([sample.text for sample in samples])),
    )
    hashes = tuple(hash_of(thumb) for thumb in thumbs)
    return Scene(start=start, stop=stop, crop=crop, measures=measures, hashes=hashes), light


def _jumps(steps: Sequence[float]) -> float:
    """The part of all change that the liveliest steps make up."""
    ordered = np.sort(np.asarray(steps, np.float32))
    most = ordered[len(ordered) - max(1, round(_LIVELIEST * len(ordered))) :]
    return float(most.sum() / max(ordered.sum(), 1e-6))


def _inside(thumb: Luma, crop: Crop, light: Light) -> Luma:
    across, down = _THUMB[0] / len(light.columns), _THUMB[1] / len(light.rows)
    left, right = round(crop.x * across), round((crop.x + crop.width) * across)
    top, bottom = round(crop.y * down), round((crop.y + crop.height) * down)
    return thumb[top : max(bottom, top + 1), left : max(right, left + 1)]


def _round(value: Any) -> float:
    return round(float(value), 3)
