"""Handscrolls: level distance along a river, dense and empty in turn as the scroll is unrolled."""

import numpy as np

from conclvd.paint.scene import groups, homes
from conclvd.paint.scene.choices import BRANCHES
from conclvd.paint.scene.page import Page, Span
from conclvd.paint.scene.placing import place_birds, place_boat, place_disc, place_fall
from conclvd.paint.scene.scene import Peak, Range


def compose_handscroll(page: Page) -> None:
    """Fill the page with two to five groups of mountains and wide water between them."""
    rng, h, u, a, choices = (
        page.rng("layout"),
        page.scene.horizon,
        page.unit,
        page.aspect,
        page.choices,
    )
    page.far_line = h - 0.12
    main, peak, spans = _ranges(page, page.rng("ranges"))
    place_fall(page, main, peak, 0.55)
    place_disc(page, (0.08, 0.92))
    widest = sorted(spans, key=lambda s: s[0] - s[1])
    if choices.building != "none":
        _homes(page, rng, widest)
    number = (
        {"sparse": 1, "medium": 2, "rich": 3}[page.scene.density] if choices.boat != "none" else 0
    )
    for i in range(number):
        kind = choices.boat if i == 0 else str(rng.choice(["boat", "sailboat"]))
        place_boat(
            page,
            f" {i + 1}" if i else "",
            kind,
            (0.06, 0.94),
            (h + 0.07, 0.92),
            0.76 * u / 0.84,
            tries=60,
        )
    edge = 0.0 if page.side < 0 else a
    if choices.plant in BRANCHES:
        homes.add_branch(page, 0.10, 0.95 * u, page.side)
    elif choices.plant in homes.ROOTED:
        homes.add_shore(
            page, edge, float(rng.uniform(0.84, 0.89)), float(rng.uniform(0.7, 1.0)), page.side
        )
        first = edge - page.side * float(rng.uniform(0.30, 0.38))
        homes.add_trees(
            page,
            choices.plant,
            first,
            edge - page.side * float(rng.uniform(0.56, 0.66)),
            u,
            page.side,
        )
    elif page.scene.density == "rich":
        homes.add_shore(
            page, edge, float(rng.uniform(0.86, 0.90)), float(rng.uniform(0.6, 0.9)), page.side
        )
        homes.add_grove(page, " near", edge - page.side * 0.3, 0.9, 0.24, 2, 1.0)
    place_birds(page, (0.12, 0.88), (0.12, 0.34))


def _spans(page: Page, rng: np.random.Generator) -> list[Span]:
    """Where the groups begin and end: large and small ones in turn, empty water between."""
    a = page.aspect
    number = int(np.clip(round(a / 2.5 + rng.normal(0, 0.35)), 2, 4))
    weights = np.where(np.arange(number) % 2 == int(rng.random() < 0.5), 1.0, 0.45)
    weights = weights * rng.uniform(0.8, 1.2, number)
    fill = a * float(rng.uniform(0.60, 0.74)) * {"sparse": 0.72}.get(page.scene.density, 1.0)
    widths = weights / weights.sum() * fill
    gaps = rng.dirichlet([4.0] * (number + 1)) * (a - fill)
    lefts = np.cumsum(np.append(0, widths[:-1] + gaps[1:-1])) + gaps[0] * 0.7
    spans = [(float(left), float(left + w)) for left, w in zip(lefts, widths, strict=True)]
    if rng.random() < 0.55:  # one end group runs out of the picture, on purpose
        i = 0 if rng.random() < 0.5 else -1
        left, right = spans[i]
        out = left + 0.4 * (right - left) if i == 0 else a - right + 0.4 * (right - left)
        move = -out if i == 0 else out
        spans[i] = (left + move, right + move)
    return spans


def _ranges(page: Page, rng: np.random.Generator) -> tuple[Range, Peak, list[Span]]:
    """A broken line of far hills, then each group: pale behind, the chief, low hills before it."""
    h, kind, a = page.scene.horizon, page.choices.mountains, page.aspect
    low = groups.gentle(kind)
    spans = _spans(page, rng)
    far: list[Peak] = []
    start = float(rng.uniform(-0.4, 0.2))
    while start < a:  # a long, broken line of far hills
        wide = float(rng.uniform(1.0, 2.2))
        far += groups.distant(rng, low, start, start + wide, float(rng.uniform(0.07, 0.14)))
        start += wide + float(rng.uniform(-0.1, 0.8))
    groups.add_mist(page, groups.add_wash(page, 0.05, h - 0.02, tuple(far)), 0.03, 0.8)
    back: list[Peak] = []
    chiefs: list[Peak] = []
    masses: list[Peak] = []
    for i, (left, right) in enumerate(spans):
        wide = right - left
        tall = float(np.interp(wide, [0.35, 1.8], [0.26, 0.56]) * rng.uniform(0.9, 1.1))
        back += groups.distant(rng, low, left - 0.35, right + 0.35, 0.72 * tall)
        x = left + wide * float(rng.choice([0.36, 0.64]))
        plan = str(rng.choice(["", "", "", "range"])) if kind != "karst" else "columns"
        chief = groups.mass(rng, kind, x, tall, plan=plan, widest=max(0.62 * wide, 0.25))
        chiefs.append(chief)
        group = groups.company(rng, chief, max(1, round(1.4 * wide)))
        masses += (*groups.tails(rng, kind, left, right, 0.26 * tall), *group)
        ends = groups.tails(rng, kind, left, right, 0.2)
        homes.add_foot(page, f" {i}" if i else "", (*ends, *group), h + 0.004)
        # Low hills run out from the group along the water, so that it is no island.
        reach = float(rng.uniform(0.5, 1.0))
        back += groups.distant(rng, low, left - reach, right + reach, 0.26 * tall)
        page.take((left + right) / 2, h, 0.25 * wide, tall)
    groups.add_mist(page, groups.add_wash(page, 0.42, h - 0.01, tuple(back)), 0.035, 0.75)
    main = groups.add_masses(page, 0.6, h + 0.004, tuple(masses))
    groups.add_mist(page, main, 0.022, 0.6, lift=0.0)
    inside = [p for p in chiefs if 0.12 * a < p.x < 0.88 * a] or chiefs
    return main, max(inside, key=lambda peak: peak.height), spans


def _homes(page: Page, rng: np.random.Generator, widest: list[Span]) -> None:
    """The building at the widest group, another kind of one at the next, each on a bank."""
    kind, a, u = page.choices.building, page.aspect, page.unit
    falls = [e.x for e in page.elements if e.role == "waterfall"]
    left, right = widest[0]
    x = float(np.clip(left + (right - left) * float(rng.choice([0.25, 0.75])), 0.5, a - 0.5))
    if falls and abs(falls[0] - x) < 0.35:
        x = float(np.clip(left + right - x, 0.5, a - 0.5))
    bank = homes.add_bank(page, "", x, float(rng.uniform(0.34, 0.5)), 0.8 * u)
    if kind == "bridge":
        turn = 1 if x < a / 2 else -1
        homes.add_bridge(page, bank, turn, 0.3, 0.8 * u)
    else:
        homes.add_house(page, "", kind, x, bank.y - 0.004, 0.72 * u)
        homes.add_grove(page, "", x + float(rng.choice([-0.22, 0.22])), bank.y, 0.11 * u, 2)
    if len(widest) < 2 or page.scene.density == "sparse":
        return
    others = [k for k in ("pagoda", "village", "pavilion", "hut") if k != kind]
    second = str(rng.choice(others))
    left, right = widest[1]
    x2 = float(np.clip((left + right) / 2 + rng.uniform(-0.1, 0.1), 0.35, a - 0.35))
    if abs(x2 - x) < 0.9:
        return
    bank = homes.add_bank(page, " 3", x2, float(rng.uniform(0.2, 0.3)), 0.7 * u)
    homes.add_house(page, " 3", second, x2, bank.y - 0.004, 0.64 * u)
