"""The mountains of hanging scrolls: high, deep and level distance (高远, 深远, 平远)."""

import numpy as np

from conclvd.paint.scene import groups, homes
from conclvd.paint.scene.page import Page
from conclvd.paint.scene.scene import Peak, Range

Chief = tuple[Range, Peak]


def _low_kind(page: Page) -> str:
    return groups.gentle(page.choices.mountains)


def _sky(page: Page) -> float:
    """How much lower a high mountain stays where birds, a sun or a moon need the sky above it."""
    choices = page.choices
    return 0.07 * ((choices.birds != "none") + (choices.disc != "none") * 0.6)


def high(page: Page, rng: np.random.Generator) -> Chief:
    """High distance: far ridges, the one high peak, the middle ridge on the other side."""
    h, low, kind = page.scene.horizon, _low_kind(page), page.choices.mountains
    k = h / 0.73
    hills = groups.distant(rng, low, *page.span(-1.4, 0.4), float(rng.uniform(0.10, 0.15)))
    groups.add_mist(page, groups.add_wash(page, 0.1, 0.42 * k, hills), 0.035, 0.8)
    base = float(rng.uniform(0.57, 0.63)) * k
    summit = float(rng.uniform(0.13, 0.20)) + 0.5 * _sky(page)
    x = page.at(float(rng.uniform(0.10, 0.36)))
    chief = groups.mass(rng, kind, x, base - summit, widest=0.62 * page.aspect)
    peaks = groups.company(rng, chief, int(rng.integers(1, 4)), reach=0.6)
    main = groups.add_masses(page, 0.5, base, peaks, 0.05, sink=0.08)
    groups.add_mist(page, main, 0.055, 1.05)
    _middle(page, rng, -0.72, float(rng.uniform(0.13, 0.19)))
    return main, chief


def _middle(page: Page, rng: np.random.Generator, t: float, tall: float) -> None:
    """The middle ridge at the water line, or in the valley's mist, running out of the picture."""
    h, low = page.scene.horizon, _low_kind(page)
    plan = str(rng.choice(["range", "lean", "host"]))
    ridge = groups.mass(rng, low, page.at(t), tall, plan=plan, widest=0.75 * page.aspect)
    beside = groups.mass(
        rng, low, page.at(t * 0.35), 0.55 * tall, plan="lean", widest=0.4 * page.aspect
    )
    sink = 0.14 if page.scene.water else 0.3
    made = groups.add_masses(page, 0.8, h + 0.012, (ridge, beside), 0.0, sink=sink)
    if not page.scene.water:
        groups.add_mist(page, made, 0.05, 1.0)
    else:
        groups.add_mist(page, made, 0.016, 0.6, lift=0.0)
        homes.add_foot(page, "", (ridge, beside), h + 0.012)


def monument(page: Page, rng: np.random.Generator) -> Chief:
    """A mountain like a wall in the middle that fills two thirds of the height."""
    h, kind, low = page.scene.horizon, page.choices.mountains, _low_kind(page)
    base = h - float(rng.uniform(0.08, 0.13))
    x = page.at(float(rng.uniform(-0.12, 0.18)))
    plan = {"karst": "columns", "ridge": "host"}.get(
        kind, str(rng.choice(["cliff", "host", "plateau"]))
    )
    side = groups.mass(rng, kind, page.at(-0.75), 0.36, widest=0.4 * page.aspect)
    made = groups.add_masses(page, 0.25, base - 0.03, (side,), 0.55)
    groups.add_mist(page, made, 0.05, 0.9)
    chief = groups.mass(
        rng,
        kind,
        x,
        base - float(rng.uniform(0.09, 0.15)) - _sky(page),
        plan=plan,
        widest=0.62 * page.aspect,
    )
    main = groups.add_masses(page, 0.5, base, groups.company(rng, chief, 2, reach=0.5), sink=0.06)
    groups.add_mist(page, main, 0.06, 1.15, lift=0.1)
    rocks = groups.mass(
        rng,
        low,
        page.at(0.62),
        float(rng.uniform(0.10, 0.14)),
        plan="range",
        widest=0.7 * page.aspect,
    )
    hill = groups.mass(rng, low, page.at(-0.7), float(rng.uniform(0.08, 0.12)), plan="lean")
    sink = 0.14 if page.scene.water else 0.5
    groups.add_masses(page, 0.85, h + 0.012, (hill, rocks), sink=sink)
    if page.scene.water:
        homes.add_foot(page, "", (rocks,), h + 0.012)
        homes.add_foot(page, " 2", (hill,), h + 0.012)
    return main, chief


def zigzag(page: Page, rng: np.random.Generator) -> Chief:
    """Deep distance: ranges that come in from the left and right in turn, paler upwards."""
    h, kind, low = page.scene.horizon, page.choices.mountains, _low_kind(page)
    bottom = h if page.scene.water else 0.92
    number = int(rng.integers(4, 6))
    found: Chief | None = None
    for i in range(number):
        t = i / (number - 1)
        turn = 1 if (number - i) % 2 else -1
        base = float(np.interp(t, [0, 1], [0.36, bottom + 0.01]))
        x = page.at(turn * float(rng.uniform(0.45, 0.7)))
        if t < 0.4:
            wide = page.span(turn * 0.2 - 1.1, turn * 0.2 + 1.1)
            hills = groups.distant(rng, low, *wide, float(rng.uniform(0.11, 0.16)))
            made = groups.add_wash(page, 0.1 + 0.7 * t, base, hills)
        else:
            tall = float(rng.uniform(0.22, 0.30)) * (1.15 if found is None else 0.85)
            chief = groups.mass(rng, kind, x, tall, widest=0.66 * page.aspect)
            peaks = groups.company(rng, chief, 2, reach=0.6)
            if page.scene.water and i == number - 1:
                homes.add_foot(page, "", peaks, base)
            distance = float(np.interp(t, [0.4, 1], [0.40, 0.0]))
            made = groups.add_masses(page, t, base, peaks, distance)
            found = found or (made, chief)
        if not (page.scene.water and i == number - 1):
            groups.add_mist(page, made, 0.045, 1.0)
    assert found is not None
    return found


def gorge(page: Page, rng: np.random.Generator) -> Chief:
    """A river between two walls that leads up to far ridges."""
    h, kind, low = page.scene.horizon, page.choices.mountains, _low_kind(page)
    gap = float(rng.uniform(-0.25, 0.0))
    for i in range(4):
        t = i / 3
        shift = gap + (0.22 if i % 2 else -0.22)
        hills = groups.distant(
            rng, low, *page.span(shift - 1.0, shift + 1.0), float(rng.uniform(0.11, 0.16))
        )
        base = float(np.interp(t, [0, 1], [h * 0.55, h * 0.93]))
        made = groups.add_wash(page, 0.05 + 0.5 * t, base, hills)
        groups.add_mist(page, made, 0.038, 0.85)
    plan = "columns" if kind == "karst" else "cliff"
    wall = groups.mass(
        rng,
        kind,
        page.at(-0.95),
        float(rng.uniform(0.34, 0.42)),
        plan=plan,
        widest=0.5 * page.aspect,
    )
    foot = groups.mass(
        rng, low, page.at(-0.5), 0.4 * wall.height, plan="lean", widest=0.4 * page.aspect
    )
    groups.add_mist(page, groups.add_masses(page, 0.55, h, (wall, foot), 0.25), 0.03, 0.6)
    chief = groups.mass(
        rng,
        kind,
        page.at(0.78),
        float(rng.uniform(0.48, 0.58)),
        plan=plan,
        widest=0.58 * page.aspect,
    )
    guest = groups.mass(
        rng, low, page.at(0.28), 0.45 * chief.height, plan="lean", widest=0.4 * page.aspect
    )
    homes.add_foot(page, "", (chief, guest), h + 0.012)
    return groups.add_masses(page, 0.82, h + 0.012, (chief, guest)), chief


def two_banks(page: Page, rng: np.random.Generator) -> Chief:
    """One river, two banks (一河两岸): low hills far across wide water, sky above."""
    h, kind, low = page.scene.horizon, page.choices.mountains, _low_kind(page)
    hills = groups.distant(rng, low, *page.span(-1.2, 0.8), float(rng.uniform(0.07, 0.10)))
    groups.add_mist(page, groups.add_wash(page, 0.1, h - 0.02, hills), 0.03, 0.8)
    chief = groups.mass(
        rng,
        kind,
        page.at(float(rng.uniform(-0.1, 0.35))),
        float(rng.uniform(0.15, 0.22)),
        widest=0.5 * page.aspect,
    )
    peaks = groups.company(rng, chief, 2)
    main = groups.add_masses(page, 0.45, h + 0.006, peaks, 0.15)
    homes.add_foot(page, "", peaks, h + 0.006)
    groups.add_mist(page, main, 0.02, 0.5, lift=0.0)
    return main, chief


def clouds(page: Page, rng: np.random.Generator) -> Chief:
    """Peaks that rise out of a sea of clouds, one above the other."""
    kind = page.choices.mountains
    found: Chief | None = None
    turn = -1
    for i, base in enumerate((0.40, 0.62, 0.88)):
        turn = -turn
        if i == 0:
            hills = groups.distant(rng, kind, *page.span(-1.2, 1.2), float(rng.uniform(0.13, 0.18)))
            made = groups.add_wash(page, 0.3, base, hills)
        else:
            tall = float(rng.uniform(0.34, 0.44)) if i == 1 else float(rng.uniform(0.20, 0.28))
            chief = groups.mass(rng, kind, page.at(turn * -0.3), tall, widest=0.6 * page.aspect)
            made = groups.add_masses(
                page, 0.3 + 0.25 * i, base, groups.company(rng, chief, 2, reach=0.7), 0.15 / i
            )
            found = found or (made, chief)
        groups.add_mist(page, made, 0.06, 1.2)
    assert found is not None
    return found
