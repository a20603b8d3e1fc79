"""What stands on land: shores, banks, buildings, groves and the plants of the foreground."""

import numpy as np

from conclvd.paint.scene.choices import BRANCHES, pick
from conclvd.paint.scene.page import Page
from conclvd.paint.scene.scene import Element, Motion, Peak

ROOTED = ("pine", "willow", "bare_tree", "tree", "blossom_tree", "reeds", "bamboo")
"""Plants that stand on the ground; the others are branches that reach into the picture."""
_PAIRED = ("pine", "tree", "bare_tree", "blossom_tree")
# Size of a thing in the foreground, in units.
_PLANT = {
    "pine": (0.40, 0.54), "willow": (0.42, 0.54), "bamboo": (0.42, 0.56), "blossom": (0.40, 0.56),
    "leaves": (0.40, 0.56), "bare_tree": (0.38, 0.52), "tree": (0.34, 0.46),
    "blossom_tree": (0.32, 0.44), "reeds": (0.20, 0.30),
}  # fmt: skip
_BUILDING = {
    "village": (0.095, 0.115), "cottage": (0.13, 0.17), "hut": (0.12, 0.16),
    "pavilion": (0.15, 0.19), "pagoda": (0.26, 0.34), "bridge": (0.26, 0.34),
}  # fmt: skip
_COLORS = {
    "blossom": {"pink": 0.55, "red": 0.25, "white": 0.20},
    "leaves": {"green": 0.34, "red": 0.33, "golden": 0.33},
    "blossom_tree": {"pink": 0.65, "white": 0.35},
    "tree": {"": 0.5, "red": 0.25, "golden": 0.25},
}


def add_bank(
    page: Page, number: str, x: float, half: float, unit: float, y: float = 0.0
) -> Element:
    """A tongue of land, half as wide as `half`, at the water line or at `y`."""
    y = y or page.scene.horizon + 0.03 * unit
    bank = Element("bank", "bank" + number, x, y, half, 0.8, unit=unit)
    page.add(bank, half, 0.05 * unit, 0.02 * unit)
    return bank


def add_foot(page: Page, number: str, peaks: tuple[Peak, ...], y: float) -> None:
    """Low land along the water at the foot of mountains, over most of their width."""
    left = min(peak.x - 0.75 * peak.half_width for peak in peaks)
    right = max(peak.x + 0.75 * peak.half_width for peak in peaks)
    rng = page.rng("foot" + number)
    half = (right - left) / 2 * float(rng.uniform(0.8, 1.05))
    x = (left + right) / 2 + float(rng.normal(0, 0.08)) * half
    unit = page.unit * float(rng.uniform(0.45, 0.7))
    page.elements.append(
        Element("bank", "foot" + number, x, y + 0.012 * unit, half, 0.8, unit=unit)
    )


def add_shore(page: Page, x: float, y: float, reach: float, side: int) -> Element:
    """A near shore of rocks in the lower corner on `side`, its crest at (x, y)."""
    y -= page.inset[1]
    x -= side * page.inset[0]
    shore = Element("shore", "shore", x, y, reach, 1.0, heading=-side, unit=page.unit)
    page.elements.append(shore)
    page.taken.append((min(x, x - side * reach), y, max(x, x - side * reach), 1.0))
    return shore


def add_house(
    page: Page, number: str, kind: str, x: float, y: float, scale: float, *, behind: str = "",
    parallax: float = 0.8, spread: float = 0.0,
) -> None:  # fmt: skip
    """A building or a village with its feet at (x, y), kept inside the picture."""
    rng = page.rng("building" + number)
    size = float(rng.uniform(*_BUILDING[kind])) * scale
    several = {"village": int(rng.integers(3, 6)), "cottage": int(rng.integers(1, 3))}
    count = several.get(kind, 1)
    half = size * (0.6 * count if count > 1 else 0.55)
    edge = half + 0.05 * page.unit + page.inset[0]
    x = float(np.clip(x, edge, max(edge, page.aspect - edge)))
    house = Element(
        kind, "building" + number, x, y, size, parallax, count=count,
        variant=str(rng.choice(["white", "thatched"])), heading=int(rng.choice([-1, 1])),
        spread=spread * (count > 1), behind=behind, unit=scale,
    )  # fmt: skip
    page.add(house, half, size)


def add_bridge(page: Page, bank: Element, side: int, half: float, scale: float) -> None:
    """A second bank on `side` of the first, half as wide as `half`, and a bridge between them."""
    length = float(page.rng("building").uniform(0.20, 0.27)) * scale
    # A bank thins out at its end: the bridge stands on what is firm.
    start = bank.x + side * 0.84 * bank.size
    middle = start + side * 0.43 * length
    add_bank(page, " 2", middle + side * (0.43 * length + 0.84 * half), half, bank.unit)
    bridge = Element(
        "bridge", "building", middle, bank.y + 0.010, length, 0.8, unit=scale, behind="water"
    )
    page.add(bridge, length / 2, 0.3 * length)


def add_grove(
    page: Page, number: str, x: float, y: float, size: float, count: int, parallax: float = 0.8
) -> None:
    """Some trees with their feet about at (x, y)."""
    rng = page.rng("grove" + number)
    kind = "pine" if rng.random() < 0.35 else "tree"
    half = size * (0.3 + 0.4 * count)
    edge = half + 0.03 * page.unit + page.inset[0]
    x = float(np.clip(x, edge, max(edge, page.aspect - edge)))
    grove = Element(kind, "grove" + number, x, y, size, parallax, count=count, unit=page.unit)
    page.add(grove, half, size)


def add_plant(
    page: Page, number: str, kind: str, x: float, y: float, scale: float, side: int
) -> None:
    """A plant of the foreground: rooted at (x, y), or a branch that comes in there from `side`."""
    rng = page.rng("plant" + number)
    size = float(rng.uniform(*_PLANT[kind])) * scale
    sway = (0.022 if kind in ("willow", "bamboo", "reeds") else 0.013) * scale
    shown = "tree" if kind == "blossom_tree" else kind
    variant = pick(page.rng("plant colour"), _COLORS[kind]) if kind in _COLORS else ""
    plant = Element(
        shown, "plant" + number, x, y, size, 1.0, Motion(sway=sway), -side, 1, variant, unit=scale
    )
    if kind not in BRANCHES:
        page.add(plant, 0.32 * size, 0.9 * size)
        return
    page.elements.append(plant)
    middle = y + (0.3 if y < 0.28 else -0.42) * size / 2
    page.take(x - side * size / 2, middle, 0.55 * size, 0.38 * size, 0.38 * size)


def add_branch(page: Page, y: float, scale: float, side: int) -> None:
    """A branch that reaches in from the edge on `side` at the height `y`."""
    out = 0.04 * page.unit + (page.inset[0] if page.scene.camera.pan[0] else 0.0)
    x = page.aspect / 2 + side * (page.aspect / 2 + out)
    add_plant(page, "", page.choices.plant, x, y, scale, side)


def add_trees(page: Page, kind: str, first: float, second: float, scale: float, side: int) -> None:
    """One or two trees of a kind on the near shore, the second one behind and smaller."""
    add_plant(page, "", kind, first, 1.0, scale, side)
    if kind in _PAIRED and page.rng("second tree").random() < 0.6:
        add_plant(page, " 2", kind, second, 1.0, 0.64 * scale, side)
