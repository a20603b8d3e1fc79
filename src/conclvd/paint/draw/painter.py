"""From a scene to its layers: every element is painted once, by its own generator."""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace

import cv2
import numpy as np

from conclvd.paint.draw import atmosphere, terrain, water, weather
from conclvd.paint.draw.brushwork import draw_seal, wash
from conclvd.paint.draw.colours import weather_tint
from conclvd.paint.draw.figures import figure, sheet_canvas
from conclvd.paint.draw.flock import paint_flock
from conclvd.paint.draw.layers import (
    MARGIN_X,
    MARGIN_Y,
    Layer,
    PaintedScene,
    Sheet,
    Sprite,
    Sway,
    Texture,
    Water,
    to_texture,
)
from conclvd.paint.draw.scenery import Scenery
from conclvd.paint.scene.palette import Palette, palette
from conclvd.paint.scene.scene import Element, Scene

_BRANCHES = ("blossom", "leaves")


def paint_scene(scene: Scene, scale: float) -> PaintedScene:
    """Paint all layers of a scene, farthest first, with `scale` texels a unit."""
    return PaintedScene(tuple(_Painter(scene, scale).layers()), scene.aspect)


class _Painter:
    """Paints one scene; keeps the palette and what later elements stand on."""

    def __init__(self, scene: Scene, scale: float) -> None:
        self.scene = scene
        self.scale = scale
        self.palette: Palette = palette(scene.palette, scene.rng("colours"))
        self.bounds = (-MARGIN_X, -MARGIN_Y, scene.aspect + MARGIN_X, 1 + MARGIN_Y)
        self.land: Callable[[float], float] | None = None
        self.ashore = False  # on the near shore nothing is mirrored
        self.mirror_line = scene.horizon + 0.044
        self.scenery = Scenery(scene, self.palette, self.bounds, scale)

    def layers(self) -> Iterator[Layer]:
        """All layers, farthest first."""
        scene = self.scene
        yield self._sky()
        discs = [e for e in scene.elements if e.role == "disc"]
        for disc in discs:
            yield self._disc(disc)
        yield from self._veils("")
        for mountains in scene.ranges:
            yield from self.scenery.layers(mountains)
            yield from self._veils(mountains.name)
        if scene.water:
            yield self._water()
        for element in scene.elements:
            if element.role not in ("disc", "waterfall"):
                yield from self._element(element)
        if scene.weather in ("rain", "snow"):
            rng = scene.rng(scene.weather)
            yield weather.paint_precipitation(
                rng, self.palette, scene.weather, scene.wind, scene.unit
            )
        elif scene.weather in ("petals", "leaves"):
            rng = scene.rng(scene.weather)
            yield weather.paint_flight(
                rng, self.palette, scene.weather, scene.wind, scene.unit, scene.aspect
            )
        if scene.seal:
            yield self._seal()

    def _sky(self) -> Layer:
        sheet = Sheet(self.bounds, self.scale * 0.67)
        atmosphere.paint_ground(sheet, self.scene.rng("sky"), self.palette, self.scene)
        return Sprite("sky", "", 0.1, texture=sheet.texture())

    def _disc(self, disc: Element) -> Layer:
        rng = self.scene.rng(disc.name)
        texture = atmosphere.paint_disc(rng, self.palette, disc, self.scale)
        return Sprite(
            disc.name, disc.kind, disc.parallax, texture=texture, velocity=disc.motion.velocity,
            travel=0.22,
        )  # fmt: skip

    def _veils(self, behind: str) -> Iterator[Layer]:
        for veil in self.scene.veils:
            if veil.behind == behind:
                yield atmosphere.paint_veil(
                    self.scene.rng(veil.name), self.palette, veil, self.scene.weather,
                    self.scene.aspect + 0.8, self.scale,
                )  # fmt: skip

    def _water(self) -> Layer:
        mist = weather_tint(self.palette, self.scene.weather)[1]
        tint = mist - self.palette.mist
        color = np.clip(self.palette.water + tint, 0, 1).astype(np.float32)
        ripples = water.ripple_tiles(self.scene.rng("ripples"))
        return Water(
            "water", "water", 0.8, y=self.scene.horizon, color=color, mist=mist, ripples=ripples
        )

    def _element(self, element: Element) -> Iterator[Layer]:
        rng = self.scene.rng(element.name + " paint")
        if element.role == "birds":
            yield paint_flock(element, rng, self.palette, self.scene.aspect, self.scale)
        elif element.kind in ("meadow", "ground", "bank"):
            yield from self._terrain(element, rng)
        elif element.kind == "shore":
            layer, self.land = self.scenery.shore(element, rng)
            self.ashore = True
            yield layer
        elif element.kind == "path":
            yield self._path(element, rng)
        else:
            yield from self._figure(element, rng)

    def _terrain(self, element: Element, rng: np.random.Generator) -> Iterator[Layer]:
        left, _, right, bottom = self.bounds
        if element.kind == "bank":
            box = (
                max(left, element.x - element.size - 0.02), element.y - 0.09 * element.unit,
                min(right, element.x + element.size + 0.02), element.y + 0.05 * element.unit,
            )  # fmt: skip
        else:
            box = (left, element.y - 0.12, right, bottom)
        sheet, canvas = Sheet(box, self.scale), sheet_canvas(box, self.scale)
        paint = terrain.paint_bank if element.kind == "bank" else terrain.paint_ground
        edge = paint(sheet, rng, self.palette, element, canvas, self.scene.weather)
        dabs = wash(canvas.texture(), rng, 0.15, 0.6)
        h, w = sheet.shape
        sheet.blend(dabs[:h, :w])
        # Level lines finer than a pixel would flicker when the camera moves.
        sheet.rgba = np.asarray(cv2.GaussianBlur(sheet.rgba, (0, 0), 0.75), np.float32)
        x = sheet.x
        self.edge = (x, edge)
        self.land = lambda at: float(np.interp(at, x, edge))
        texture = sheet.texture()
        yield Sprite(element.name, element.kind, element.parallax, texture=texture)
        if element.kind == "bank":
            self.ashore = False
            self.mirror_line = element.y + 0.014 * element.unit
            yield self._reflection(element, texture, self.mirror_line)

    def _path(self, element: Element, rng: np.random.Generator) -> Layer:
        left, _, right, bottom = self.bounds
        sheet = Sheet((left, element.y - 0.12, right, bottom), self.scale)
        edge = np.interp(sheet.x, *self.edge).astype(np.float32)
        terrain.paint_path(sheet, rng, self.palette, element, edge)
        return Sprite(element.name, element.kind, element.parallax, texture=sheet.texture())

    def _figure(self, element: Element, rng: np.random.Generator) -> Iterator[Layer]:
        land = self._stand(element) if element.role in ("building", "grove") else None
        rooted = element.role == "plant" and element.kind not in _BRANCHES
        if rooted and self.ashore and self.land:
            foot = self.land(element.x) + 0.03 * element.size
            element = replace(element, y=min(element.y, foot))
        texture = figure(element, rng, self.palette, self.bounds, self.scale, land)
        afloat = element.role == "boat"
        velocity = element.motion.velocity
        wrap = self.scene.aspect + 2 * element.size + 0.4 if afloat else 0.0
        yield Sprite(
            element.name, element.kind, element.parallax, texture=texture, velocity=velocity,
            bob=element.motion.bob, wrap=wrap, sway=self._sway(element, rng),
        )  # fmt: skip
        if afloat:
            yield self._reflection(element, texture, element.y + 0.004, wrap)
        elif self.scene.water and not self.ashore and not element.behind and land is not None:
            line = self.mirror_line + (0.016 * element.unit if element.kind == "bridge" else 0)
            yield self._reflection(element, texture, line)

    def _stand(self, element: Element) -> Callable[[float], float] | None:
        """The line the feet of buildings and groves stand on: a bank's crest, or their own y."""
        land = self.land
        if element.behind:
            return lambda x: element.y
        if land is None or self.scene.water:
            return land
        return lambda x: max(land(x), element.y)

    def _sway(self, element: Element, rng: np.random.Generator) -> Sway | None:
        if element.motion.sway == 0:
            return None
        phase, rate = float(rng.uniform(0, 2 * math.pi)), float(rng.uniform(0.5, 0.75))
        if element.kind in _BRANCHES:
            return Sway(element.motion.sway, element.x, element.size, "x", rate, phase)
        return Sway(element.motion.sway, element.y, element.size, "y", rate, phase)

    def _reflection(
        self, element: Element, texture: Texture, line: float, wrap: float = 0.0
    ) -> Layer:
        mirrored = water.mirrored_texture(texture, line, self.palette, 0.55)
        ripple = Sway(0.0035, 0.0, 1.0, "ripple", 0.5)
        return Sprite(
            element.name + " reflection", "", element.parallax, texture=mirrored,
            velocity=element.motion.velocity, bob=-element.motion.bob, wrap=wrap, sway=ripple,
            solid=False,
        )  # fmt: skip

    def _seal(self) -> Layer:
        """The painter's red seal in a lower corner, which stays when the camera moves."""
        rng = self.scene.rng("seal")
        u = self.scene.unit * 0.8
        sides = {"left": 0.07 * u, "right": self.scene.aspect - 0.11 * u}
        # Where the paper is blank: away from a near shore and from what grows there.
        near = [e.x for e in self.scene.elements if e.role in ("shore", "plant") and e.y > 0.7]
        free = [x for x in sides.values() if all(abs(x - at) > 0.3 * u for at in near)]
        x = float(rng.choice(free or list(sides.values())))
        lotus = any(e.role == "lotus" for e in self.scene.elements)
        y = 0.05 * u if lotus or not free else 1 - 0.13 * u
        corner = (x - 0.02, y - 0.02)
        canvas = sheet_canvas((*corner, x + 0.08, y + 0.09), self.scale)
        draw_seal(canvas, rng, x, y, 0.048 * u)
        return Sprite("seal", "", 0.0, texture=to_texture(canvas.texture(), corner, self.scale))
