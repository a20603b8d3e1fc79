"""Where the mountains of a scene stand."""

from dataclasses import dataclass

import numpy as np

from conclvd.paint.scene.choices import Choices
from conclvd.paint.scene.scene import Peak, Range, element_rng

# Half width of a peak in its heights, by kind: of the main peak, and of the others.
_MAIN_WIDTH = {"steep": 0.80, "round": 1.05, "karst": 0.28, "ridge": 0.90}
_WIDTH = {"steep": 1.0, "round": 1.3, "karst": 0.30, "ridge": 1.4}


@dataclass(frozen=True)
class Plan:
    """The decisions all ranges of a scene share."""

    composition: str
    kind: str
    aspect: float
    horizon: float
    water: bool
    count: int
    main: int
    main_x: float
    stacked: bool


def _plan(seed: int, choices: Choices, aspect: float, horizon: float) -> Plan:
    rng = element_rng(seed, "ranges")
    composition = choices.composition
    low = composition in ("branch", "lotus")
    stacked = composition in ("stack", "clouds") or (composition == "lake" and rng.random() < 0.3)
    count = 3 if low else int(rng.integers(4, 7))
    if composition == "meadow":
        count = int(rng.integers(3, 5))
    if stacked:
        count = int(rng.integers(5, 8))
    main = count // 2 + int(rng.integers(0, max(1, count - count // 2 - 1)))
    main_x = float(rng.uniform(0.2, 0.8))
    if composition == "monument":
        main_x = float(rng.choice([0.22, 0.35, 0.5, 0.65, 0.78]))
    return Plan(
        composition=composition, kind=choices.mountains, aspect=aspect, horizon=horizon,
        water=choices.water, count=count, main=main, main_x=main_x * aspect, stacked=stacked,
    )  # fmt: skip


def _base_line(plan: Plan, i: int, rng: np.random.Generator) -> float:
    """The height on the picture at which range `i` stands."""
    depth = i / (plan.count - 1)
    if plan.stacked:
        return float(np.interp(depth**0.95, [0, 1], [rng.uniform(0.27, 0.34), plan.horizon + 0.02]))
    if plan.water or plan.composition == "meadow":
        return float(np.interp(depth**0.85, [0, 1], [plan.horizon * 0.7, plan.horizon + 0.015]))
    return float(np.interp(depth, [0, 1], [plan.horizon * 0.62, 1.02]))


def _height(plan: Plan, i: int, base: float, rng: np.random.Generator) -> float:
    """Height of the highest peak of range `i`."""
    depth = i / (plan.count - 1)
    usual = (0.26 - 0.06 * depth) * rng.uniform(0.85, 1.3)
    tall = rng.uniform(0.38, 0.58)
    last = rng.uniform(0.08, 0.15)
    if plan.composition == "monument" and i == plan.main:
        return float(rng.uniform(0.62, 0.74)) * base / 0.75
    if i == plan.main:
        height = min(tall, 0.44) if plan.stacked else tall
    elif i == plan.count - 1:
        height = last
    else:
        height = rng.uniform(0.14, 0.24) if plan.stacked else usual
    if plan.composition in ("branch", "lotus"):
        height *= 0.6
    if plan.composition == "meadow":
        height *= 0.85
    return float(height)


def _row(plan: Plan, i: int, height: float, rng: np.random.Generator) -> tuple[Peak, ...]:
    """The lesser peaks of a range, spread over the width and a little beyond."""
    spread = 7 if plan.kind == "karst" else 3.5
    count = max(2, round(rng.uniform(0.6, 1.5) * spread * (0.4 + 0.6 * plan.aspect)))
    places = np.linspace(-0.2, plan.aspect + 0.2, count) + rng.normal(0, 0.10, count)
    peaks = []
    for x in rng.permutation(places):
        tall = height * rng.uniform(0.45, 0.85) * (0.55 if i == plan.main else 1.0)
        kind = plan.kind if rng.random() < 0.85 else "ridge"
        width = _WIDTH[kind] * tall * rng.uniform(0.9, 1.7)
        if i == plan.count - 1:
            kind = "ridge" if rng.random() < 0.6 else "round"
            width = tall * rng.uniform(2.2, 3.6)
            if plan.water and rng.random() < 0.35:
                continue
        elif plan.stacked and i != plan.main and kind != "karst":
            width = tall * rng.uniform(1.6, 3.2)
        peaks.append(Peak(float(x), float(tall), float(width), kind))
    return tuple(peaks)


def _main_peaks(plan: Plan, height: float, rng: np.random.Generator) -> tuple[Peak, ...]:
    """The highest mountain of the picture with its shoulders."""
    kind, x = plan.kind, plan.main_x
    width = _MAIN_WIDTH[kind] * height * float(rng.uniform(0.9, 1.25))
    peaks = []
    if kind == "karst":
        for dx in (-0.17, 0.15, -0.05):
            tall = height * float(rng.uniform(0.55, 0.85))
            place = x + dx * float(rng.uniform(0.7, 1.3))
            peaks.append(Peak(place, tall, width * float(rng.uniform(0.7, 1.0)), kind))
    peaks.append(Peak(x, height, width, kind))
    if plan.composition == "monument":
        peaks.extend(_massif(plan, height, max(width, 0.3), rng))
    for side in (-1, 1):
        tall = height * float(rng.uniform(0.45, 0.72))
        place = x + side * width * float(rng.uniform(0.45, 0.9))
        peaks.append(Peak(place, tall, width * 0.62, kind))
    return tuple(peaks)


def _massif(plan: Plan, height: float, width: float, rng: np.random.Generator) -> list[Peak]:
    """The 10 to 17 overlapping peaks of a monumental mountain, lower ones in front."""
    peaks = []
    for step in range(int(rng.integers(10, 18))):
        q = (step + 1) / 16
        dx = float(rng.normal(0, 0.9)) * width * (0.25 + 0.75 * q)
        share = 0.92 - 0.62 * q - 0.35 * abs(dx) / width + float(rng.normal(0, 0.05))
        tall = height * float(np.clip(share, 0.12, 0.9))
        other = str(rng.choice([plan.kind, "steep", "ridge", "round"]))
        kind = "ridge" if other == "karst" else other
        if plan.kind == "karst" and rng.random() < 0.4:
            kind = "karst"
        wide = tall * float(rng.uniform(0.35, 0.75)) + 0.05
        peaks.append(Peak(plan.main_x + dx, tall, wide, kind))
    return peaks


def _walls(plan: Plan, rng: np.random.Generator) -> tuple[Peak, ...]:
    """Two rock walls at the sides of a gorge."""
    peaks = []
    for side in (0, 1):
        for step in range(3):
            reach = float(rng.uniform(-0.06, 0.05)) + 0.12 * step
            x = reach if side == 0 else plan.aspect - reach
            tall = float(rng.uniform(0.5, 0.72)) * (1.0 - 0.27 * step)
            kind = "steep" if plan.kind == "round" and rng.random() < 0.3 else plan.kind
            wide = 0.17 if kind == "karst" else 0.26
            peaks.append(Peak(x, tall, wide * float(rng.uniform(0.85, 1.2)), kind))
    return tuple(peaks)


def compose_ranges(
    seed: int, choices: Choices, aspect: float, horizon: float
) -> tuple[tuple[Range, ...], Range, Peak]:
    """All ranges, farthest first, the one with the main peak, and that peak."""
    plan = _plan(seed, choices, aspect, horizon)
    ranges = []
    for i in range(plan.count):
        rng = element_rng(seed, f"range {i}")
        base = _base_line(plan, i, rng)
        height = _height(plan, i, base, rng)
        peaks = _row(plan, i, height, rng)
        if i == plan.main:
            main = (
                _walls(plan, rng) if plan.composition == "gorge" else _main_peaks(plan, height, rng)
            )
            peaks += main
        depth = i / (plan.count - 1)
        trees = int(rng.integers(4, 14)) if depth > 0.45 and rng.random() < 0.85 else 0
        ranges.append(Range(f"range {i}", depth, base, peaks, trees))
    chosen = ranges[plan.main]
    return tuple(ranges), chosen, max(chosen.peaks, key=lambda peak: peak.height)
