"""What moves in a picture and what is in its sky: sun and moon, birds, boats, waterfalls."""

from dataclasses import replace

from conclvd.paint.scene.page import CLIP_SECONDS, Page, Span
from conclvd.paint.scene.scene import Element, Motion, Peak, Range


def place_disc(page: Page, x: Span) -> None:
    """The one light of the picture, in free sky within `x`."""
    kind, scene = page.choices.disc, page.scene
    if kind == "none":
        return
    rng = page.rng("disc")
    radius = float(rng.uniform(0.040, 0.060)) * page.unit
    lowest = 0.26 if scene.format != "hanging" else 0.22
    lowest = max(min(lowest, scene.horizon - 0.36), radius + 0.05)  # too high to be mirrored
    px, y, _ = page.free(
        rng, x, (min(1.6 * radius + 0.03, lowest), lowest), radius, radius, sky=True, tries=80
    )
    move = str(rng.choice(["still", "rise", "set"], p=[0.4, 0.35, 0.25]))
    if scene.palette in ("dawn", "dusk") and move != "still":
        move = "rise" if scene.palette == "dawn" else "set"
    speed = {"still": 0.0, "rise": -1.0, "set": 1.0}[move]
    speed *= float(rng.uniform(0.040, 0.060)) * page.unit
    variant = str(rng.choice(["red", "golden"], p=[0.72, 0.28])) if kind == "sun" else "full"
    if kind == "moon" and rng.random() < 0.25:
        variant = "crescent"
    disc = Element(
        kind, "disc", px, y - speed * CLIP_SECONDS / 2, radius, 0.1, Motion((0.0, speed)),
        variant=variant,
    )  # fmt: skip
    page.add(disc, 1.3 * radius, 1.3 * radius, 1.3 * radius)


def place_birds(page: Page, x: Span, y: Span) -> None:
    """A flock whose middle crosses free sky, or the mist where there is none, during a clip."""
    kind = page.choices.birds
    if kind == "none":
        return
    rng = page.rng("birds")
    geese = kind == "geese"
    heading = int(rng.choice([-1, 1]))
    count = int(rng.integers(4, 8)) if geese else int(rng.integers(2, 5))
    span = float(rng.uniform(0.040, 0.058) if geese else rng.uniform(0.098, 0.13)) * page.unit
    speed = float(rng.uniform(0.095, 0.15)) * heading * min(page.aspect, 1.0)
    half, tall = span * 0.6 * (count // 2 + 1), span * (0.35 if geese else 0.55) * (count // 2 + 1)
    travel = abs(speed) * CLIP_SECONDS / 2
    px, py, cost = page.free(rng, x, y, half + travel, tall, sky=True, tries=80)
    if cost > 1:  # anywhere else in the sky, smaller
        second = page.free(
            rng, (0.06, 0.94), (0.06, y[1] + 0.1), half + travel, tall, sky=True, tries=120
        )
        px, py, cost = second if second[2] < cost else (px, py, cost)
    if cost > 2:
        count, half, tall = min(count, 3), 0.6 * half, 0.6 * tall
        span *= 0.85
    py = max(py, tall + 0.02)  # whole birds, even before a summit
    trail = heading * span * 0.55 * (count // 2)  # the wedge hangs back from its first bird
    lift = -float(rng.uniform(0, 0.02))
    page.elements.append(
        Element(
            kind, "birds", px + trail - speed * CLIP_SECONDS / 2, py, span, 0.3,
            Motion((speed, lift)), heading, count,
        )
    )  # fmt: skip
    page.take(px, py, half + travel, tall, tall)


def place_fall(page: Page, main: Range, peak: Peak, width: float) -> None:
    """A waterfall down a mountain; `x`, `y` is its lip and `size` its length."""
    if page.choices.fall == "none":
        return
    rng = page.rng("waterfall")
    turn = float(rng.choice([-1, 1]))
    away = float(rng.uniform(0.05, 0.20)) * peak.half_width
    x = peak.x + turn * away
    edge = 0.13 * page.aspect
    if not edge < x < page.aspect - edge:
        x = peak.x - turn * away
    x = min(max(x, edge), page.aspect - edge)
    top = main.base - peak.height * float(rng.uniform(0.50, 0.64))
    length = min(peak.height * float(rng.uniform(0.34, 0.46)), main.base - 0.03 - top)
    page.elements.append(
        Element(
            "waterfall", "waterfall", x, top, length, main.parallax,
            Motion((0.0, float(rng.uniform(0.35, 0.55)) * page.unit)), behind=main.name, unit=width,
        )
    )  # fmt: skip
    page.take(x, top, 0.06 * page.unit, 0.0, length)


def place_boat(
    page: Page, number: str, kind: str, x: Span, y: Span, scale: float, *, tries: int = 40
) -> None:
    """A boat on free water; the farther up, the smaller."""
    if not page.scene.water or kind == "none":
        return
    rng = page.rng("boat" + number)
    heading = int(rng.choice([-1, 1]))
    sail = kind == "sailboat"
    first = float(rng.uniform(0.155, 0.20)) * scale * (0.9 if sail else 1.0)
    tall = 0.95 if sail else 0.35
    speed = float(rng.uniform(0.066, 0.13)) * heading * min(page.aspect, 1.0)
    if rng.random() < 0.15:
        speed = 0.0
    travel = abs(speed) * CLIP_SECONDS / 2
    px, py, _ = page.free(rng, x, y, first * 0.45 + travel, first * tall, tries=tries)
    size = first * page.nearness(py)
    boat = Element(
        "sailboat" if sail else "boat", "boat" + number, px - speed * CLIP_SECONDS / 2, py, size,
        0.9, Motion((speed, 0.0), bob=0.002 * page.unit), heading,
        variant="fisherman" if kind == "fisherman" else "roofed", unit=page.unit,
    )  # fmt: skip
    page.elements.append(replace(boat))
    page.take(px, py, size * 0.5 + travel, size * tall)
