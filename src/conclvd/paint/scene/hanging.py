"""Hanging scrolls: a near shore, what is on the water, and a way for the eye that winds up."""

from collections.abc import Callable

import numpy as np

from conclvd.paint.scene import heights, homes
from conclvd.paint.scene.choices import BRANCHES
from conclvd.paint.scene.page import Page
from conclvd.paint.scene.placing import place_birds, place_boat, place_disc, place_fall
from conclvd.paint.scene.scene import Element, Motion, Peak, Range

Chief = tuple[Range, Peak]
Build = Callable[[Page, np.random.Generator], Chief]
VIEWS = {
    "lake": "high", "clouds": "high", "meadow": "high", "monument": "high", "stack": "deep",
    "gorge": "deep", "branch": "level", "lotus": "level",
}  # fmt: skip
"""How one looks into each composition on a hanging scroll."""


def horizon(composition: str, rng: np.random.Generator) -> float:
    """The water line: high up only where the far bank is all there is of mountains."""
    y = float(rng.uniform(0.70, 0.77))
    return float(rng.uniform(0.50, 0.58)) if composition in ("branch", "lotus") else y


def compose_hanging(page: Page) -> None:
    """Fill the page: shore, boat, middle ridge, peak and sky lie left and right in turn."""
    rng, h, u, choices = page.rng("layout"), page.scene.horizon, page.unit, page.choices
    page.far_line = h - 0.16
    builds: dict[str, Build] = {
        "monument": heights.monument, "stack": heights.zigzag, "gorge": heights.gorge,
        "branch": heights.two_banks, "lotus": heights.two_banks, "clouds": heights.clouds,
    }  # fmt: skip
    main, peak = builds.get(page.scene.composition, heights.high)(page, page.rng("ranges"))
    page.take(peak.x, main.base - peak.height, 0.10 * u, 0.01, 0.1)
    place_fall(page, main, peak, 0.64 * u)
    branch = choices.plant in BRANCHES
    temple = _temple(page, rng) if choices.building in ("pagoda", "pavilion") else False
    far_bank = choices.building in ("village", "bridge", "pagoda", "pavilion") and page.scene.water
    if choices.building != "none" and not temple and far_bank:
        _far_bank(page)
    top = float(rng.uniform(0.885, 0.925))
    if page.scene.composition == "lotus":
        size = float(rng.uniform(0.24, 0.32)) * u
        page.elements.append(
            Element("lotus", "lotus", page.aspect / 2, 0.97, size, 1.0, Motion(sway=0.012), count=3)
        )
        page.taken.append((0, 0.97 - size, page.aspect, 1.0))
        top = 0.97 - size
    if choices.plant in homes.ROOTED:
        page.take(page.at(0.40), 0.96, 0.22 * u, 0.38 * u)
    low = (h + 0.35 * (top - h), h + 0.75 * (top - h))
    place_boat(page, "", choices.boat, page.share(-0.75, 0.2), low, 0.95 * u)
    if page.scene.composition != "lotus":
        _near(page, rng, top, house=choices.building != "none" and not temple and not far_bank)
    if branch:
        y = float(rng.uniform(0.05, 0.12)) + page.inset[1]
        side = (
            -page.side
            if main.form == "wash" or peak.x * page.side > page.aspect / 2 * page.side
            else page.side
        )
        homes.add_branch(page, y, 0.82 * u, side)
    place_disc(page, page.share(-0.8, 0.6))
    place_birds(page, page.share(-0.75, 0.5), (0.08, 0.36))


def _temple(page: Page, rng: np.random.Generator) -> bool:
    """A temple on the shoulder of a middle ridge; whether there is one."""
    solid = [r for r in page.ranges if r.form == "massif" and r.depth > 0.6]
    if not solid or rng.random() < 0.45:
        return False
    ridge, peak = solid[-1], solid[-1].peaks[0]
    x = float(np.clip(peak.x, 0.16 * page.aspect, 0.84 * page.aspect))
    away = min(abs(x - peak.x) / peak.half_width, 0.8)
    y = ridge.base - 0.62 * peak.height * (1 - away)
    homes.add_house(
        page,
        "",
        page.choices.building,
        x,
        y,
        0.64 * page.unit,
        behind=ridge.name,
        parallax=ridge.parallax,
    )
    return True


def _far_bank(page: Page) -> None:
    """A building, or two banks and a bridge, at the far side of the water."""
    a, u, kind = page.aspect, page.unit, page.choices.building
    half = 0.40 * a
    bank = homes.add_bank(page, "", page.at(-0.62), half, 0.7 * u)
    if kind == "bridge":
        homes.add_bridge(page, bank, page.side, 0.30 * a, 0.9 * u)
        return
    homes.add_house(page, "", kind, bank.x, bank.y - 0.003, 0.74 * u)
    if page.scene.density != "sparse":
        homes.add_grove(page, "", page.at(-0.62 - 0.36), bank.y, 0.10 * u, 2)


def _near(page: Page, rng: np.random.Generator, top: float, *, house: bool) -> None:
    """The near shore with its trees, and a house under them."""
    u, kind, side = page.unit, page.choices.plant, page.side
    if (
        kind not in homes.ROOTED
        and not house
        and page.scene.density == "sparse"
        and page.scene.water
    ):
        return
    homes.add_shore(page, page.at(1.0), top, page.aspect * float(rng.uniform(0.9, 1.2)), side)
    if house:
        homes.add_house(
            page,
            "",
            page.choices.building,
            page.at(float(rng.uniform(0.0, 0.15))),
            top + 0.025,
            0.85 * u,
            parallax=1.0,
        )
    if kind in homes.ROOTED:
        first, second = (
            page.at(float(rng.uniform(0.28, 0.42))),
            page.at(float(rng.uniform(0.60, 0.68))),
        )
        homes.add_trees(page, kind, first, second, 0.86 * u, side)
    elif page.scene.density != "sparse":
        homes.add_grove(page, " near", page.at(0.55), top + 0.012, 0.24 * u, 2, 1.0)
