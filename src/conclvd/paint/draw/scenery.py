"""The mountains and the land of a scene as layers, each range with its waterfall."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from conclvd.paint.draw import colours, folds, land, water
from conclvd.paint.draw.layers import Bounds, Layer, Sheet, Sprite
from conclvd.paint.draw.manners import MANNERS, Manner
from conclvd.paint.draw.massif import Massif, paint_massif
from conclvd.paint.draw.relief import cells
from conclvd.paint.draw.wash_hills import paint_hills
from conclvd.paint.scene.palette import Palette
from conclvd.paint.scene.scene import Element, Peak, Range, Scene

# The shape of a mountain's folds by its kind; an axe cuts crags out of all but the round ones.
_SHAPES = {"steep": "lobe", "round": "dome", "karst": "column", "ridge": "swell"}
# How much of the mountain's height its sheet is higher than it: room for trees and for the foot.
_ROOM = 1.08


class Scenery:
    """Paints the ranges of one scene; all of them share a manner, a light and a set of colours."""

    def __init__(self, scene: Scene, palette: Palette, bounds: Bounds, scale: float) -> None:
        self.scene, self.palette = scene, palette
        self.bounds, self.scale = bounds, scale
        self.light = float(scene.rng("light").choice([-1, 1]))

    def layers(self, mountains: Range) -> Iterator[Layer]:
        """The layer of one range, and those of a waterfall on it."""
        if not mountains.peaks:
            return
        rng = self.scene.rng(mountains.name + " paint")
        tallest = max(peak.height for peak in mountains.peaks)
        top = max(self.bounds[1], mountains.base - 1.25 * tallest - 0.04)
        bottom = mountains.base + (0.02 if mountains.form == "wash" else 0.30 * tallest)
        # Far hills are soft: fewer texels do.
        scale = self.scale * (0.6 if mountains.form == "wash" else 1.0)
        left, right = self.bounds[0], self.bounds[2]
        reach = [(p.x - 1.5 * p.half_width, p.x + 1.5 * p.half_width) for p in mountains.peaks]
        if mountains.form != "wash":
            left, right = max(left, min(r[0] for r in reach)), min(right, max(r[1] for r in reach))
        if right - left < 0.05:
            return
        sheet = Sheet((left, top, right, min(bottom, self.bounds[3] + 0.1)), scale)
        if mountains.form == "wash":
            crest, foot = colours.hill_tones(self.palette, self.scene.weather, mountains.depth)
            paint_hills(sheet, rng, mountains, crest, foot, 0.25 + 0.6 * mountains.depth)
        else:
            for peak in mountains.peaks:
                self._massif(sheet, np.random.default_rng(rng.integers(2**63)), mountains, peak)
        yield Sprite(mountains.name, "mountains", mountains.parallax, texture=sheet.texture())
        for fall in self.scene.elements:
            if fall.role == "waterfall" and fall.behind == mountains.name:
                yield from self._waterfall(fall, sheet)

    def _massif(self, sheet: Sheet, rng: np.random.Generator, mountains: Range, peak: Peak) -> None:
        """Paint one mountain of a range with its summit at the peak's place."""
        scene, distance = self.scene, mountains.distance
        style = scene.brush
        manner = MANNERS[style].sized(peak.height)
        shape = _SHAPES[peak.kind]
        if style == "axe" and shape == "lobe":
            shape = "crag"
        elif style in ("mi", "splash") and shape == "lobe":
            shape = "dome"
        sink = mountains.sink * peak.height
        h = round((peak.height * _ROOM + sink) * sheet.scale)
        if h < 12:
            return
        aspect = 2 * peak.half_width * sheet.scale / h
        plan = peak.plan if shape != "column" or peak.plan == "plateau" else "columns"
        built, start, width = folds.framed(folds.build(rng, plan, shape, manner.folds, aspect))
        w = max(round(width * h), 12)
        made = Massif(
            built, style, manner, colours.pigments(self.palette, scene.weather, distance),
            distance, self.light, cells(peak.height),
        )  # fmt: skip
        layer = paint_massif(rng, made, w, h)
        y0 = round((mountains.base + sink - sheet.origin[1]) * sheet.scale) - h
        x0 = round((peak.x - peak.half_width - sheet.origin[0]) * sheet.scale + start * h)
        sheet.place(layer, y0, x0)

    def shore(
        self, element: Element, rng: np.random.Generator
    ) -> tuple[Layer, Callable[[float], float]]:
        """A near shore of rocks rising out of the lower edge, and the line it ends at."""
        style = self.scene.brush if self.scene.brush in ("axe", "hemp") else "hemp"
        manner = MANNERS[style]
        texture, line = land.paint_shore(
            rng, element, self.bounds, self.scale, _ground_manner(manner),
            colours.land_tones(self.palette, self.scene.weather), style, self.light,
        )  # fmt: skip
        return Sprite(element.name, "rocks", element.parallax, texture=texture), line

    def _waterfall(self, fall: Element, cliff: Sheet) -> Iterator[Layer]:
        fall = replace(fall, x=_on_rock(fall, cliff))
        blank = water.waterfall_sheet(fall, self.scale)
        rows = np.round((blank.y - cliff.origin[1]) * cliff.scale - 0.5).astype(int)
        columns = np.round((blank.x - cliff.origin[0]) * cliff.scale - 0.5).astype(int)
        h, w = cliff.shape
        inside = ((rows >= 0) & (rows < h))[:, None] & ((columns >= 0) & (columns < w))[None]
        cover = cliff.rgba[rows.clip(0, h - 1)][:, columns.clip(0, w - 1), 3] * inside
        behind, moving = water.paint_waterfall(
            self.scene.rng("waterfall paint"), self.palette, fall, self.scale,
            cover.astype(np.float32),
        )  # fmt: skip
        yield Sprite(fall.name + " cleft", "", fall.parallax, texture=behind)
        yield moving


def _on_rock(fall: Element, cliff: Sheet) -> float:
    """The x next to the waterfall's where there is rock behind most of it, or else the fall's."""
    top, bottom = ((fall.y + q * fall.size - cliff.origin[1]) * cliff.scale for q in (0.0, 0.7))
    rows = slice(max(int(top), 0), max(int(bottom), 0) + 1)
    wide = max(round(0.03 * fall.unit * cliff.scale), 1)
    rock = cliff.rgba[rows, :, 3].min(0, initial=1.0)
    rock = np.convolve(rock, np.full(2 * wide + 1, 1 / (2 * wide + 1)), mode="same")
    solid = cliff.x[(rock > 0.93) & (np.abs(cliff.x - fall.x) < 0.45)]
    return fall.x if len(solid) == 0 else float(solid[np.abs(solid - fall.x).argmin()])


def _ground_manner(manner: Manner) -> Manner:
    """A mountain's manner for the rocks of a near shore."""
    near = manner.sized(0.32)
    return replace(near, mist=0.0, trees=0.0, moss=1.0, color=0.8, contour=1.0, wash=0.42)
