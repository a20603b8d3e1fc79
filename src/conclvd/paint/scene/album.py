"""Album leaves and landscapes: one subject on a third of the picture, the rest far or quiet."""

import numpy as np

from conclvd.paint.scene import groups, homes
from conclvd.paint.scene.choices import BRANCHES
from conclvd.paint.scene.page import Page
from conclvd.paint.scene.placing import place_birds, place_boat, place_disc, place_fall
from conclvd.paint.scene.scene import Element, Motion, Peak, Range

Chief = tuple[Range, Peak]
VIEWS = {"lake": "level", "stack": "deep", "meadow": "level", "monument": "high", "gorge": "deep"}
"""How one looks into each composition that has a name for it."""


def compose_album(page: Page) -> None:
    """Fill the page; the mountain's third is on its side, boat, building or plant on the other."""
    rng, h = page.rng("layout"), page.scene.horizon
    page.far_line = h - 0.2
    build = {
        "branch": _low, "lotus": _low, "meadow": _low, "stack": _stack, "clouds": _stack,
        "monument": _monument, "gorge": _gorge,
    }.get(page.scene.composition, _lake)  # fmt: skip
    main, peak = build(page, page.rng("ranges"))
    page.take(peak.x, main.base - peak.height, 0.12, 0.01, 0.12)
    place_fall(page, main, peak, 0.76 * page.unit)
    branch = _branch(page, rng)
    _ground(page, rng)
    root = _building(page, rng)
    if page.choices.plant in homes.ROOTED:
        _plant(page, rng, root)
    if page.scene.water:
        low = (0.64 if page.scene.composition == "lotus" else 0.93) - page.inset[1]
        boat = page.unit * (1.0 if page.scene.density == "sparse" else 0.92)
        place_boat(
            page, "", page.choices.boat, page.share(-0.8, 0.8),
            (h + 0.07, max(h + 0.09, min(low, h + 0.21))), boat,
        )  # fmt: skip
    place_disc(page, page.share(-0.85, 0.8))
    place_birds(page, page.share(-0.8, 0.7), (0.10, 0.36))
    page.elements.extend(branch)


def _kinds(page: Page) -> tuple[str, str]:
    """The kind of the chief mountain and that of low ones."""
    kind = page.choices.mountains
    return kind, groups.gentle(kind)


def _broad(page: Page) -> int:
    """How many more mountains stand beside the chief one in a landscape than in a square."""
    return 2 * (page.scene.format == "landscape")


def _lake(page: Page, rng: np.random.Generator) -> Chief:
    """The one-corner picture: mountains at the water on one side, far hills on the other."""
    h, (kind, low) = page.scene.horizon, _kinds(page)
    sparse, rich = page.scene.density == "sparse", page.scene.density == "rich"
    far = groups.distant(rng, low, *page.span(-1.4, 1.0), float(rng.uniform(0.09, 0.16)))
    groups.add_mist(page, groups.add_wash(page, 0.05, h - 0.03, far), 0.045, 0.8)
    tall = float(rng.uniform(0.40, 0.54)) * min(page.unit + 0.05, 1.0)
    if not sparse:
        near = groups.distant(rng, low, *page.span(-0.5, 1.4), 0.6 * tall)
        groups.add_mist(page, groups.add_wash(page, 0.40, h - 0.012, near), 0.04, 0.75)
        beyond = groups.mass(rng, kind, page.at(float(rng.uniform(-0.9, -0.6))), 0.42 * tall)
        made = groups.add_masses(page, 0.35, h - 0.002, (beyond,), 0.45)
        groups.add_mist(page, made, 0.025, 0.7, lift=0.1)
    x = page.at(float(rng.uniform(0.28, 0.50)))
    chief = groups.mass(rng, kind, x, tall)
    peaks = groups.company(rng, chief, int(rng.integers(1, 3)) + rich + _broad(page))
    main = groups.add_masses(page, 0.6, h + 0.004, peaks)
    groups.add_mist(page, main, 0.026, 0.55, lift=0.0)
    homes.add_foot(page, "", peaks, h)
    return main, chief


def _stack(page: Page, rng: np.random.Generator) -> Chief:
    """Range before range, crests to the left and right in turn, each out of the mist."""
    (kind, low), water = _kinds(page), page.scene.water
    clouds = page.scene.composition == "clouds"
    number = {"sparse": 3, "medium": 4, "rich": 5}[page.scene.density]
    bottom = page.scene.horizon if water else 0.93 if clouds else 1.0
    chief_at = number - 2
    top = float(rng.uniform(0.34, 0.42))
    found: Chief | None = None
    for i in range(number):
        t = i / (number - 1)
        base = float(np.interp(t**0.9, [0, 1], [top, bottom]))
        turn = 1 if (number - i) % 2 else -1
        if i < chief_at:
            wide = page.span(-1.3, 0.8) if turn < 0 else page.span(-0.8, 1.3)
            hills = groups.distant(rng, low, *wide, float(rng.uniform(0.13, 0.20)))
            made = groups.add_wash(page, 0.1 + 0.5 * t, base, hills)
        elif i == chief_at:
            x = page.at(float(rng.uniform(0.22, 0.42)))
            chief = groups.mass(rng, kind, x, float(rng.uniform(0.36, 0.46)))
            peaks = groups.company(rng, chief, int(rng.integers(1, 3)) + _broad(page))
            made = groups.add_masses(page, 0.55, base, peaks, 0.12)
            found = made, chief
        else:
            x = page.at(float(rng.uniform(-0.95, -0.7)))
            tall = float(rng.uniform(0.17, 0.25)) * (1.0 if water else 1.15)
            front = groups.mass(rng, low, x, tall, plan="range" if kind != "steep" else "lean")
            made = groups.add_masses(page, 0.85, base, (front,), sink=0.2 if water else 0.35)
        if not (water and i == number - 1):
            thick = float(rng.uniform(0.055, 0.085)) * (1.2 if clouds else 1.0)
            groups.add_mist(page, made, thick, 1.05 if clouds else 0.9)
    assert found is not None
    return found


def _monument(page: Page, rng: np.random.Generator) -> Chief:
    """One high mountain that fills the middle, low hills with trees before it."""
    h, (kind, low) = page.scene.horizon, _kinds(page)
    far = groups.distant(rng, low, *page.span(-1.3, 1.3), float(rng.uniform(0.14, 0.22)))
    groups.add_mist(page, groups.add_wash(page, 0.12, h - 0.14, far), 0.05, 0.9)
    x = page.at(float(rng.uniform(0.05, 0.30)))
    plan = "" if kind != "ridge" else "host"
    chief = groups.mass(rng, kind, x, float(rng.uniform(0.54, 0.64)), plan=plan, widest=0.46)
    peaks = groups.company(rng, chief, 1 + (page.scene.density != "sparse") + _broad(page))
    main = groups.add_masses(page, 0.55, h - 0.03, peaks)
    groups.add_mist(page, main, 0.05, 0.9)
    if page.scene.density != "sparse" or not page.scene.water:
        side = page.at(float(rng.uniform(-0.95, -0.6)))
        front = groups.mass(rng, low, side, float(rng.uniform(0.14, 0.19)), plan="lean")
        base = h + 0.006 if page.scene.water else 1.0
        groups.add_masses(page, 0.88, base, (front,), sink=0.12 if page.scene.water else 0.4)
    return main, chief


def _gorge(page: Page, rng: np.random.Generator) -> Chief:
    """Looking deep: two walls, and ever paler ridges that close the gap between them."""
    h, (kind, low) = page.scene.horizon, _kinds(page)
    gap = float(rng.uniform(-0.25, 0.05))
    for i in range(3):
        t = i / 2
        shift = gap + (0.25 if i % 2 else -0.25)
        hills = groups.distant(
            rng, low, *page.span(shift - 0.8, shift + 0.8), float(rng.uniform(0.14, 0.2))
        )
        made = groups.add_wash(
            page, 0.05 + 0.45 * t, float(np.interp(t, [0, 1], [h * 0.62, h * 0.93])), hills
        )
        groups.add_mist(page, made, 0.045, 0.85)
    plan = "columns" if kind == "karst" else "cliff"
    wall = groups.mass(rng, kind, page.at(-0.86), float(rng.uniform(0.36, 0.44)), plan=plan)
    low_wall = groups.mass(rng, low, page.at(-0.38), 0.45 * wall.height, plan="lean")
    made = groups.add_masses(page, 0.5, h, (wall, low_wall), 0.3)
    groups.add_mist(page, made, 0.03, 0.6)
    chief = groups.mass(rng, kind, page.at(0.72), float(rng.uniform(0.48, 0.58)), plan=plan)
    guest = groups.mass(rng, low, page.at(0.34), 0.5 * chief.height, plan="lean")
    homes.add_foot(page, "", (wall, low_wall), h)
    homes.add_foot(page, " 2", (chief, guest), h + 0.01)
    return groups.add_masses(page, 0.8, h + 0.01, (chief, guest)), chief


def _low(page: Page, rng: np.random.Generator) -> Chief:
    """Low hills behind a meadow, a pond or a branch: most of the paper stays blank."""
    c, h, (kind, low) = page.scene.composition, page.scene.horizon, _kinds(page)
    meadow = c == "meadow"
    tall = float(rng.uniform(0.26, 0.36) if meadow else rng.uniform(0.18, 0.27))
    hills = groups.distant(rng, low, *page.span(-1.2, 0.9), tall * 0.5)
    groups.add_mist(page, groups.add_wash(page, 0.08, h - 0.035, hills), 0.045, 0.8)
    chief = groups.mass(rng, kind, page.at(float(rng.uniform(0.30, 0.5))), tall)
    if page.scene.density == "sparse" and not meadow and rng.random() < 0.5:
        single = groups.distant(rng, low, *page.span(-0.1, 1.3), tall * 0.8)
        main = groups.add_wash(page, 0.4, h + 0.003, single)
    else:
        peaks = groups.company(rng, chief, 2 + _broad(page))
        main = groups.add_masses(page, 0.4, h + 0.004, peaks, 0.2)
        if page.scene.water:
            homes.add_foot(page, "", peaks, h)
    groups.add_mist(page, main, 0.05 if meadow or not page.scene.water else 0.03, 0.9)
    return main, chief


def _branch(page: Page, rng: np.random.Generator) -> list[Element]:
    """A branch, whose place is taken first: the disc and the birds keep out of its way."""
    if page.choices.plant not in BRANCHES:
        return []
    before = len(page.elements)
    high = rng.random() < (0.6 if page.scene.composition == "branch" else 1.0)
    y = float(rng.uniform(0.13, 0.24)) + page.inset[1] if high else float(rng.uniform(0.34, 0.46))
    scale = page.unit * (1.2 if page.scene.composition == "branch" else 0.86)
    homes.add_branch(page, y, scale, -page.side)
    made = page.elements[before:]
    del page.elements[before:]
    return made


def _ground(page: Page, rng: np.random.Generator) -> None:
    """The pond's flowers, or the meadow with its path."""
    h, c = page.scene.horizon, page.scene.composition
    if c == "lotus":
        lotus = page.rng("lotus")
        size = float(lotus.uniform(0.24, 0.34)) * page.unit
        count = int(lotus.integers(3, 5)) + int(page.aspect > 1.3)
        page.elements.append(
            Element(
                "lotus", "lotus", page.aspect / 2, 0.97, size, 1.0, Motion(sway=0.012), count=count
            )
        )
        page.taken.append((0, 0.97 - size, page.aspect, 1.0))
    if c == "meadow":
        bare = "bare" if page.scene.density == "sparse" else ""
        page.elements.append(
            Element("meadow", "ground", 0.0, h, 1.0 - h, 0.85, count=3, variant=bare)
        )
        if rng.random() < (0.45 if bare else 0.75):
            x = page.at(float(rng.uniform(-0.3, 0.1)))
            page.elements.append(Element("path", "path", x, h, 1.0 - h, 0.85))


def _building(page: Page, rng: np.random.Generator) -> float | None:
    """The building, on the side away from the mountain; returns its x."""
    kind, h, u = page.choices.building, page.scene.horizon, page.unit
    side, sparse = page.side, page.scene.density == "sparse"
    if kind == "none":
        return None
    x = page.at(-1 / 3 + float(rng.uniform(-0.06, 0.06)))
    if page.scene.composition == "meadow":
        y = h + float(rng.uniform(0.18, 0.34)) * (1 - h)
        homes.add_house(page, "", kind, x, y, u * 0.9, parallax=0.85, spread=0.06)
        if not sparse:
            homes.add_grove(page, "", x - side * 0.26, h + 0.1, 0.17, 2, 0.85)
    elif page.scene.water and kind == "bridge":
        bank = homes.add_bank(page, "", page.at(-0.75), 0.30 * u, 0.85 * u)
        homes.add_bridge(page, bank, side, 0.26 * u, u)
    elif page.scene.water:
        half = float(rng.uniform(0.34, 0.44) if kind == "village" else rng.uniform(0.24, 0.32)) * u
        bank = homes.add_bank(page, "", x, half, 0.9 * u)
        scale = 0.9 * u * float(np.interp(h, [0.6, 0.85], [0.85, 1.0]))
        foot = x + float(rng.uniform(-0.2, 0.2)) * half
        homes.add_house(page, "", kind, foot, bank.y - 0.005, scale)
        if not sparse:
            trees = int(rng.integers(1, 3))
            homes.add_grove(page, "", x - side * 0.55 * half, bank.y, 0.15 * u, trees)
    else:
        top = float(rng.uniform(0.84, 0.88))
        homes.add_shore(page, page.at(-1.05), top, u * float(rng.uniform(0.9, 1.2)), -side)
        homes.add_house(page, "", kind, x, top + 0.035, u, parallax=1.0)
        if not sparse:
            homes.add_grove(page, "", x - side * 0.24, top + 0.02, 0.2 * u, 1, 1.0)
    return x


def _plant(page: Page, rng: np.random.Generator, house: float | None) -> None:
    """A rooted plant in a lower corner, on a near shore of its own."""
    c, u, kind, a = page.scene.composition, page.unit, page.choices.plant, page.aspect
    subject = c == "branch" or (page.scene.density == "sparse" and house is None)
    place = page.side if house is not None else -page.side
    inset = (
        float(rng.uniform(0.26, 0.34) if subject else rng.uniform(0.17, 0.25)) * u + page.inset[0]
    )
    root = inset if place < 0 else a - inset
    falls = [e.x for e in page.elements if e.role == "waterfall"]
    if (
        falls
        and abs(falls[0] - root) < 0.42 * u
        and abs(falls[0] - (a - root)) > abs(falls[0] - root)
    ):
        place, root = -place, a - root
    scale = u * (1.1 if subject else 0.7 if c == "meadow" else 0.86)
    shores = [e for e in page.elements if e.role == "shore"]
    if c != "meadow" and not shores:
        reach = (0.75 if subject else 0.52) * u
        homes.add_shore(page, 0.0 if place < 0 else a, float(rng.uniform(0.87, 0.91)), reach, place)
    homes.add_trees(page, kind, root, root - place * 0.16 * u, scale, place)
