"""From what is seen to attributes: only what is visible is described, as it moves on screen."""

from conclvd.paint.draw.compositor import Compositor, bird_position
from conclvd.paint.draw.layers import Band, Flock, Layer, Sprite
from conclvd.paint.draw.visibility import Sight
from conclvd.paint.scene.attributes import BRUSHES, Attributes, Element
from conclvd.paint.scene.scene import Element as Placed
from conclvd.paint.scene.scene import Scene

# Seen share of a square picture from which a kind is described.
_THRESHOLD = {
    "sun": 0.0070, "moon": 0.0060, "boat": 0.0018, "sailboat": 0.0022, "village": 0.0050,
    "cottage": 0.0040, "hut": 0.0030, "pavilion": 0.0040, "pagoda": 0.0035, "bridge": 0.0040,
    "waterfall": 0.0035, "geese": 0.0012, "cranes": 0.0016, "pine": 0.012, "willow": 0.012,
    "bamboo": 0.014, "blossom": 0.012, "leaves": 0.012, "bare_tree": 0.010, "tree": 0.010,
    "reeds": 0.005, "rocks": 0.010, "lotus": 0.020, "path": 0.008, "meadow": 0.060,
    "mist_clouds": 0.110,
}  # fmt: skip
_MOUNTAINS, _WATER, _FLYING, _FALLING = 0.035, 0.04, 0.0010, 0.004
_STROKES, _SEAL = 0.05, 0.0002
# Share that must not be hidden by what stands in front; plants and land may be hidden more.
_FREE = dict.fromkeys(
    ("sun", "moon", "boat", "sailboat", "village", "cottage", "hut", "pavilion", "pagoda", "bridge",
     "waterfall", "geese", "cranes"), 0.42,
)  # fmt: skip
# Movement on the screen (picture heights) from which something is said to move.
_MOVED = 0.02
_DRIFTING = ("boat", "sailboat", "geese", "cranes", "mist_clouds")
_SPREAD = ("mist_clouds", "meadow", "lotus")


def describe(
    scene: Scene, compositor: Compositor, seen: dict[str, Sight], seconds: float
) -> Attributes:
    """The attributes of a clip of `seconds`, from what was seen of each layer by name."""
    layers = {layer.name: layer for layer in compositor.painted.layers}
    mountains = sum(s.visible for n, s in seen.items() if layers[n].kind == "mountains")
    weather = _weather(scene, seen)
    drifting = weather in ("petals", "leaves")
    return Attributes(
        palette=scene.palette,
        time=scene.palette if scene.palette in ("dawn", "dusk", "night") else "day",
        mountains=scene.mountains if mountains > _MOUNTAINS else None,
        water=_visible(seen, "water") > _WATER,
        weather=weather,
        wind=("right" if scene.wind > 0 else "left") if drifting else None,
        camera=scene.camera.move,
        elements=tuple(_elements(scene, compositor, layers, seen, seconds)),
        format=scene.format,
        distance=scene.view if mountains > _MOUNTAINS else None,
        brush=_brush(scene, layers, seen),
        density=scene.density,
        seal=_visible(seen, "seal") > _SEAL,
    )


def _brush(scene: Scene, layers: dict[str, Layer], seen: dict[str, Sight]) -> str | None:
    """The manner of the mountains in brushwork, where it has a name and enough is seen of them."""
    brushed = {mountains.name for mountains in scene.ranges if mountains.form == "massif"}
    share = sum(sight.visible for name, sight in seen.items() if name in brushed)
    return scene.brush if scene.brush in BRUSHES and share > _STROKES else None


def _visible(seen: dict[str, Sight], name: str) -> float:
    return seen[name].visible if name in seen else 0.0


def _enlarged(scene: Scene) -> float:
    """How much larger the share of a thing would be in a square picture of the scene's unit."""
    return scene.aspect / scene.unit**2


def _weather(scene: Scene, seen: dict[str, Sight]) -> str:
    """What falls, when it can be seen to fall."""
    kind = scene.weather
    if kind in ("petals", "leaves"):
        enough = _visible(seen, kind) * _enlarged(scene) > _FLYING and seen[kind].count >= 4
        return kind if enough else "clear"
    return kind if kind != "clear" and _visible(seen, kind) > _FALLING else "clear"


def _elements(
    scene: Scene,
    compositor: Compositor,
    layers: dict[str, Layer],
    seen: dict[str, Sight],
    seconds: float,
) -> list[Element]:
    """One element for every kind that is seen clearly enough, the largest first."""
    placed = {element.name: element for element in scene.elements}
    kinds: dict[str, list[str]] = {}
    for name in seen:
        kind = layers[name].kind
        if kind in _THRESHOLD and seen[name].free >= _FREE.get(kind, 0.2):
            kinds.setdefault(kind, []).append(name)
    found = []
    for kind, names in kinds.items():
        total = sum(seen[name].visible for name in names)
        if total * (1.0 if kind in _SPREAD else _enlarged(scene)) < _THRESHOLD[kind]:
            continue
        largest = max(names, key=lambda name: seen[name].visible)
        names = [name for name in names if seen[name].visible >= 0.3 * seen[largest].visible]
        element = placed.get(largest)
        found.append(
            Element(
                kind=kind,
                side=None if kind in _SPREAD else _side(seen[largest].x),
                motion=_motion(compositor, layers[largest], seconds),
                count=sum(_count(placed.get(name), seen[name]) for name in names),
                detail=_detail(scene, element),
                visible=min(1.0, total),
            )
        )
        if element is not None and element.role == "boat" and element.variant == "fisherman":
            found.append(_fisherman(found[-1]))
    return sorted(found, key=lambda one: -one.visible)


def _fisherman(boat: Element) -> Element:
    return Element("fisherman", boat.side, boat.motion, 1, None, boat.visible * 0.25)


def _side(x: float) -> str:
    return "left" if x < 0.36 else "right" if x > 0.64 else "center"


def _count(element: Placed | None, sight: Sight) -> int:
    """How many there are: birds are counted on the screen, groups as they were placed."""
    if element is None or element.kind in ("blossom", "leaves", "bamboo", "meadow"):
        return 1
    if element.role == "birds":
        return max(1, sight.count)
    return element.count


def _motion(compositor: Compositor, layer: Layer, seconds: float) -> str | None:
    """How a layer moves on the screen from the first to the last frame; None if it never does."""
    if isinstance(layer, Band):
        drift = layer.speed * seconds + _shift(compositor, layer, seconds)[0]
        return "still" if abs(drift) < _MOVED else "right" if drift > 0 else "left"
    if layer.kind == "waterfall":
        return "fall"
    if isinstance(layer, Sprite) and layer.sway is not None:
        return "sway"
    if seconds == 0:
        return None
    dx, dy = _shift(compositor, layer, seconds)
    if layer.kind in ("sun", "moon"):
        return "still" if abs(dy) < _MOVED else "rise" if dy < 0 else "set"
    if layer.kind in _DRIFTING:
        return "still" if abs(dx) < _MOVED else "right" if dx > 0 else "left"
    return None


def _shift(compositor: Compositor, layer: Layer, seconds: float) -> tuple[float, float]:
    """Displacement on the screen from the first to the last frame, in picture heights."""
    ends = []
    for moment in (0.0, seconds):
        placement = compositor.placement(layer, moment)
        x, y = compositor.aspect / 2, 0.5
        if isinstance(layer, Flock):
            x, y = bird_position(layer, 0, 0, moment)
        elif isinstance(layer, Sprite):
            left, top, right, bottom = layer.texture.bounds
            x, y = (left + right) / 2, (top + bottom) / 2
        ends.append(placement.to_screen(x, y))
    return ends[1][0] - ends[0][0], ends[1][1] - ends[0][1]


def _detail(scene: Scene, element: Placed | None) -> str | None:
    """What is special about an element, in the vocabulary of attributes.DETAILS."""
    if element is None:
        return None
    kind, palette = element.kind, scene.palette
    if kind in ("sun", "moon", "boat", "cottage", "blossom", "leaves", "tree"):
        return element.variant or None
    if kind == "bridge":
        return "arched"
    if kind == "path":
        return "winding"
    if kind in ("pine", "bare_tree"):
        return "snowy" if palette == "snow" else None
    if kind == "meadow":
        return (
            "golden" if palette == "autumn" else "green" if palette in ("spring", "jade") else None
        )
    return None
