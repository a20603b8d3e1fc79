"""Groups of mountains: masses in brushwork with their companions, and far rows in washes."""

import numpy as np

from conclvd.paint.scene.page import Page
from conclvd.paint.scene.scene import Peak, Range, Veil

# Ways to build a mountain, by its kind, and the half width of its sheet in heights by the way.
_PLANS = {
    "steep": (("host", "cliff", "lean", "plateau"), (0.42, 0.22, 0.28, 0.08)),
    "round": (("host", "lean", "range"), (0.48, 0.30, 0.22)),
    "karst": (("columns", "host"), (0.75, 0.25)),
    "ridge": (("range", "lean", "host", "plateau"), (0.36, 0.30, 0.26, 0.08)),
}
_HALF = {
    "host": (0.66, 0.84), "cliff": (0.66, 0.86), "lean": (0.72, 0.90), "plateau": (0.86, 1.1),
    "range": (1.05, 1.5), "columns": (0.62, 0.95),
}  # fmt: skip


def mass(
    rng: np.random.Generator, kind: str, x: float, height: float, *, plan: str = "",
    widest: float = 9.0,
) -> Peak:  # fmt: skip
    """One mountain in brushwork; `plan` names a way to build it, `widest` bounds its half width."""
    plans, shares = _PLANS[kind]
    drawn = str(rng.choice(plans, p=shares))
    plan = plan or drawn
    low, high = _HALF[plan]
    return Peak(x, height, min(height * float(rng.uniform(low, high)), widest), kind, plan)


def gentle(kind: str) -> str:
    """The kind of the low hills that go with mountains of a kind."""
    return "round" if kind == "round" else "ridge"


def tails(
    rng: np.random.Generator, kind: str, left: float, right: float, height: float
) -> tuple[Peak, ...]:
    """Long low slopes at both ends of a group, so that it runs out over the land."""
    wide = right - left
    made = []
    for x in (left, right):
        tall = height * float(rng.uniform(0.7, 1.1))
        half = wide * float(rng.uniform(0.26, 0.42))
        made.append(Peak(x + float(rng.normal(0, 0.06)) * wide, tall, half, gentle(kind), "slope"))
    return tuple(made)


def company(
    rng: np.random.Generator, chief: Peak, count: int, *, reach: float = 1.0
) -> tuple[Peak, ...]:
    """A mountain with lower ones beside it, the lowest in front; they overlap and hold together."""
    guests = []
    out = {-1: 0.55 * chief.half_width, 1: 0.55 * chief.half_width}
    first = int(rng.choice([-1, 1]))
    for i in range(count):
        side = first if i % 2 == 0 else -first
        height = chief.height * float(rng.uniform(0.40, 0.66)) * 0.9 ** (i // 2)
        plan = "columns" if chief.kind == "karst" else str(rng.choice(["host", "lean"]))
        guest = mass(rng, chief.kind, 0.0, height, plan=plan)
        away = out[side] + 0.35 * guest.half_width * reach
        out[side] = away + 0.45 * guest.half_width
        guests.append(Peak(chief.x + side * away, height, guest.half_width, guest.kind, plan))
    guests.sort(key=lambda peak: -peak.height)
    behind = [g for g in guests if rng.random() < 0.45]
    return (*behind, chief, *(g for g in guests if g not in behind))


def distant(
    rng: np.random.Generator, kind: str, left: float, right: float, height: float
) -> tuple[Peak, ...]:
    """A low far row of hills, highest somewhere within and falling to its ends."""
    slim = kind == "karst"
    count = max(3, round((right - left) / max(height, 0.04) / (1.1 if slim else 1.9)))
    middle, peaks = float(rng.uniform(0.25, 0.75)), []
    for t in np.linspace(0, 1, count):
        q = float(np.clip(t + rng.normal(0, 0.35 / count), 0, 1))
        share = float(np.clip(1 - 1.1 * abs(q - middle), 0.35, 1)) * float(rng.uniform(0.55, 1.1))
        tall = height * share
        wide = tall * float(rng.uniform(0.35, 0.6) if slim else rng.uniform(1.7, 3.2))
        peaks.append(Peak(left + q * (right - left), tall, wide, kind))
    if slim:  # towers stand on low land
        span = right - left
        low = Peak(left + middle * span, 0.3 * height, 0.5 * span, "ridge")
        peaks.append(low)
    return tuple(peaks)


def add_wash(page: Page, depth: float, base: float, peaks: tuple[Peak, ...]) -> Range:
    """A row of hills in washes, behind what comes later."""
    made = Range(f"range {len(page.ranges)}", depth, base, peaks, "wash")
    page.ranges.append(made)
    return made


def add_masses(
    page: Page, depth: float, base: float, peaks: tuple[Peak, ...], distance: float = 0.0,
    sink: float = 0.1,
) -> Range:  # fmt: skip
    """Mountains in brushwork on one layer."""
    made = Range(
        f"range {len(page.ranges)}", depth, base, peaks, "massif", distance=distance, sink=sink
    )
    page.ranges.append(made)
    return made


def add_mist(
    page: Page, behind: Range, thickness: float, density: float, lift: float = 0.3
) -> None:
    """A veil before a range: `lift` thicknesses above its base, `density` 0 to about 1."""
    rng = page.rng(f"mist {behind.name}")
    drift = float(rng.choice([-1, 1]) * rng.uniform(0.03, 0.08)) * page.unit
    y = behind.base - lift * thickness
    name = f"mist {len(page.veils)}"
    page.veils.append(
        Veil(name, y, thickness, density, drift, "mist", behind.name, behind.parallax)
    )
