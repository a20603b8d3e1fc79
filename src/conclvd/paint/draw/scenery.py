"""The mountains of a scene as layers: each range with its groves and its waterfall."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from conclvd.paint.draw import plants, water
from conclvd.paint.draw.atmosphere import weather_tint
from conclvd.paint.draw.brushwork import wash
from conclvd.paint.draw.canvas import Canvas
from conclvd.paint.draw.layers import Bounds, Layer, Sheet, Sprite
from conclvd.paint.draw.mountains import Manner, Rock, Skyline, paint_peak
from conclvd.paint.noise import FloatArray, mix
from conclvd.paint.scene.palette import Palette
from conclvd.paint.scene.scene import Element, Peak, Range, Scene

_STROKED = ("ink", "silk")


class Scenery:
    """Paints the ranges of one scene; all of them share a manner and a set of colours."""

    def __init__(self, scene: Scene, palette: Palette, bounds: Bounds, scale: float) -> None:
        self.scene, self.palette = scene, palette
        self.bounds, self.scale = bounds, scale
        self.manner = self._manner()
        self.darkness = float(scene.rng("darkness").uniform(0.15, 0.75))

    def layers(self, mountains: Range) -> Iterator[Layer]:
        """The layer of one range, and those of a waterfall on it."""
        rng = self.scene.rng(mountains.name + " paint")
        depth = mountains.depth
        tallest = max((peak.height for peak in mountains.peaks), default=0.1)
        top = max(self.bounds[1], mountains.base - 1.3 * tallest - 0.04)
        # Far mountains are soft: fewer texels do.
        scale = self.scale * float(np.interp(depth, [0.3, 0.8], [0.7, 1.0]))
        sheet = Sheet((self.bounds[0], top, self.bounds[2], mountains.base + 0.03), scale)
        rock, manner = self._rock(depth), self._manner_at(depth)
        lines = [
            paint_peak(sheet, rng, peak, mountains.base + 0.02, rock, manner)
            for peak in mountains.peaks
        ]
        seen = [line for line in lines if line is not None]
        if mountains.trees and seen:
            sheet.blend(self._groves(sheet, rng, mountains, seen))
        yield Sprite(mountains.name, "mountains", mountains.parallax, texture=sheet.texture())
        for fall in self.scene.elements:
            if fall.name == "waterfall" and fall.behind == mountains.name:
                yield from self._waterfall(fall, sheet)

    def rocks(self, element: Element, rng: np.random.Generator) -> Layer:
        """Two dark rocks in a lower corner."""
        sheet = Sheet((self.bounds[0], 0.6, self.bounds[2], self.bounds[3]), self.scale)
        p = self.palette
        rock = Rock(
            top=mix(p.near, p.ink, 0.3),
            flank=mix(p.near, p.mid, 0.5),
            foot=p.mid,
            ink=mix(p.near, p.ink, 0.6),
            light=p.light,
        )
        manner = Manner(0.9, 0.6, 0.5, 1.6, 0.8, 1.4, snow=self.manner.snow)
        for _ in range(2):
            x = element.x - element.heading * float(rng.uniform(-0.1, 0.1))
            tall = element.size * float(rng.uniform(0.7, 1.1))
            peak = Peak(x, tall + 0.19, float(rng.uniform(0.22, 0.40)), "ridge")
            paint_peak(sheet, rng, peak, 1.22, rock, manner)
        return Sprite(element.name, element.kind, element.parallax, texture=sheet.texture())

    def _manner(self) -> Manner:
        """The handling all mountains of this scene share."""
        rng = self.scene.rng("manner")
        name = self.palette.name
        stroked = rng.random() < 0.2 or name in _STROKED
        frequency = rng.uniform(0.9, 1.3) if stroked else rng.uniform(0.42, 0.75)
        return Manner(
            detail=float(rng.uniform(0.8, 1.5)),
            strokes=(1.2 if name == "silk" else 0.95) if stroked else 0.16,
            frequency=float(frequency),
            fade=float(rng.uniform(0.75, 1.0) + 0.35 * (1 - self.scene.haze)),
            gold=0.6 if name == "qinglu" else 0.0,
            snow=1.0 if name == "snow" else 0.45 if self.scene.weather == "snow" else 0.0,
        )

    def _manner_at(self, depth: float) -> Manner:
        """The shared manner at a depth: near mountains have more detail and darker edges."""
        return replace(
            self.manner,
            detail=(0.45 + 0.75 * depth) * self.manner.detail,
            edge=0.3 + 0.45 * depth,
            strokes=self.manner.strokes * (0.25 + 0.75 * depth),
            rough=0.6 + 0.8 * depth,
            gold=self.manner.gold * depth,
        )

    def _rock(self, depth: float) -> Rock:
        """Colours of the mountains at a depth: pale and misty far away, dark and clear near."""
        p = self.palette
        mist = weather_tint(p, self.scene.weather)[1]
        top = mix(mix(p.far, p.near, depth**1.25), p.ink, self.darkness * max(depth - 0.35, 0))
        flank = mix(mix(p.far, mist, 0.4), p.mid, depth)
        return Rock(
            top=top,
            flank=flank,
            foot=mix(mist, flank, 0.10 * depth + 0.62 * (1 - self.scene.haze)),
            ink=mix(top, p.ink, 0.25 + 0.7 * depth),
            light=mix(mist, p.light, depth),
        )

    def _groves(
        self, sheet: Sheet, rng: np.random.Generator, mountains: Range, lines: list[Skyline]
    ) -> FloatArray:
        """Groups of small trees along the outlines of a near range, over the range's sheet."""
        h, w = sheet.shape
        canvas = Canvas(w, h, scale=sheet.scale, origin=sheet.origin)
        feet = []
        for line in lines:
            for _ in range(2):
                middle = rng.uniform(line.x[0], line.x[-1])
                x = middle + rng.normal(0, 0.05, int(rng.integers(2, 3 + mountains.trees)))
                y = np.interp(x, line.x, line.y) + np.abs(rng.normal(0, 0.05, len(x))) * line.height
                feet.append(np.stack([x, y + 0.003], -1)[self._on_rock(sheet, x, y + 0.01)])
        size = 0.022 + 0.018 * mountains.depth
        plants.draw_hill_trees(canvas, rng, self.palette, np.concatenate(feet), size)
        return wash(canvas.texture(), rng, 0.15, 0.5)

    def _on_rock(self, sheet: Sheet, x: FloatArray, y: FloatArray) -> npt.NDArray[np.bool_]:
        """Which points [n] lie on rock that is not lost in mist."""
        rows = np.searchsorted(sheet.y, y).clip(0, len(sheet.y) - 1)
        columns = np.searchsorted(sheet.x, x).clip(0, len(sheet.x) - 1)
        return np.asarray(sheet.rgba[rows, columns, 3] > 0.6)

    def _waterfall(self, fall: Element, cliff: Sheet) -> Iterator[Layer]:
        blank = water.waterfall_sheet(fall, self.scale)
        rows = np.searchsorted(cliff.y, blank.y).clip(0, len(cliff.y) - 1)
        columns = np.searchsorted(cliff.x, blank.x).clip(0, len(cliff.x) - 1)
        on_rock = cliff.rgba[rows[:, None], columns[None], 3]
        rng = self.scene.rng(fall.name + " paint")
        cleft, stream = water.paint_waterfall(rng, self.palette, fall, self.scale, on_rock)
        yield Sprite("cleft", "", fall.parallax, texture=cleft)
        yield stream
