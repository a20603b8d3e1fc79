"""Random attributes for the tests of captions, more varied than any painter would make them."""

from __future__ import annotations

from numpy.random import Generator

from conclvd.paint.scene.attributes import (
    BRUSHES,
    CAMERAS,
    DENSITIES,
    DETAILS,
    DISTANCES,
    ELEMENT_MOTIONS,
    ELEMENTS,
    FORMATS,
    MOUNTAINS,
    PALETTES,
    SIDES,
    TIMES,
    WEATHERS,
    WINDS,
    Attributes,
    Element,
)
from conclvd.paint.words.traditional import TABLE

_SIMPLIFIED = str.maketrans({old: new for new, old in TABLE.items()} | {"隻": "只", "複": "复"})


def simplified(text: str) -> str:
    """A Chinese caption in simplified characters, however it was written."""
    return text.translate(_SIMPLIFIED)


def pick(rng: Generator, options: tuple[str, ...]) -> str:
    return options[int(rng.integers(len(options)))]


def random_element(rng: Generator, kind: str) -> Element:
    details = DETAILS.get(kind, ())
    one = kind in ("sun", "moon") or rng.random() < 0.6
    return Element(
        kind,
        side=pick(rng, SIDES) if rng.random() < 0.8 else None,
        motion=pick(rng, ELEMENT_MOTIONS[kind]) if rng.random() < 0.9 else None,
        count=1 if one else int(rng.integers(2, 10)),
        detail=pick(rng, details) if details and rng.random() < 0.7 else None,
        visible=float(rng.random() ** 4 * 0.3),
    )


def random_attributes(rng: Generator) -> Attributes:
    palette = pick(rng, PALETTES)
    mountains = pick(rng, MOUNTAINS) if rng.random() < 0.9 else None
    kinds = rng.permutation(len(ELEMENTS))[: int(rng.integers(0, 7))]
    return Attributes(
        palette=palette,
        time=palette if palette in TIMES else pick(rng, TIMES) if rng.random() < 0.2 else "day",
        mountains=mountains,
        water=bool(rng.random() < 0.6),
        weather=pick(rng, WEATHERS) if rng.random() < 0.5 else "clear",
        wind=pick(rng, WINDS) if rng.random() < 0.4 else None,
        camera=pick(rng, CAMERAS) if rng.random() < 0.5 else "static",
        elements=tuple(random_element(rng, ELEMENTS[int(index)]) for index in kinds),
        format=pick(rng, FORMATS),
        distance=pick(rng, DISTANCES) if mountains and rng.random() < 0.6 else None,
        brush=pick(rng, BRUSHES) if mountains and rng.random() < 0.6 else None,
        density=pick(rng, DENSITIES),
        seal=bool(rng.random() < 0.3),
        inscription=bool(rng.random() < 0.1),
    )
