"""Which facts a caption tells, before any word is chosen: the same for every language.

Captions are of every length, from one thing to everything. What a model shall learn to obey is
told often: the palette, the mountains, and above all what moves.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from numpy.random import Generator

from conclvd.paint.scene.attributes import ELEMENT_MOTIONS, Attributes, Element

SHORT: Final = "short"  # one or two things
TAGS: Final = "tags"  # keywords in a row
CHAIN: Final = "chain"  # clauses in a row
SCENE: Final = "scene"  # "a painting of ...", then sentences
SENTENCES: Final = "sentences"
FORMS: Final = (SHORT, TAGS, CHAIN, SCENE, SENTENCES)
FORM_ODDS: Final = (0.24, 0.14, 0.24, 0.19, 0.19)

TRAVELLING: Final = frozenset({"left", "right", "rise", "set"})


@dataclass(frozen=True)
class Said:
    """An element, and how much of it is told."""

    element: Element
    motion: bool
    side: bool
    detail: bool

    @property
    def travels(self) -> bool:
        """Whether it goes somewhere: what a model shall learn to obey."""
        return self.element.motion in TRAVELLING


@dataclass(frozen=True)
class Plan:
    """The facts to tell; a flag is set only where the attributes have the fact."""

    form: str
    style: bool
    palette: bool
    time: bool
    mountains: bool
    water: bool
    weather: bool
    wind: bool
    camera: bool
    elements: tuple[Said, ...]

    @property
    def tells(self) -> bool:
        """Whether it tells anything of the picture; a style alone does not."""
        scenery = self.mountains or self.water or self.weather or self.wind
        return bool(self.elements) or scenery or self.palette or self.time or self.camera

    def shorter(self) -> Plan | None:
        """The plan without its least important fact; None when hardly anything is left."""
        if self.style:
            return replace(self, style=False)
        resting = [said for said in self.elements if not said.travels]
        if resting and len(self.elements) > 1:
            least = min(resting, key=lambda said: said.element.visible)
            return replace(self, elements=tuple(s for s in self.elements if s is not least))
        if any(said.side for said in self.elements):
            return replace(self, elements=tuple(replace(s, side=False) for s in self.elements))
        if self.water:
            return replace(self, water=False)
        if self.time:
            return replace(self, time=False)
        if self.mountains:
            return replace(self, mountains=False)
        if self.camera:
            return replace(self, camera=False)
        return replace(self, elements=self.elements[1:]) if len(self.elements) > 1 else None


def plan_caption(attributes: Attributes, rng: Generator) -> Plan:
    """Draw the form of a caption and the facts it tells."""
    form = str(rng.choice(FORMS, p=FORM_ODDS))
    plan = _short_plan(attributes, rng) if form == SHORT else _long_plan(attributes, form, rng)
    return plan if plan.tells else replace(plan, palette=True)


def _short_plan(attributes: Attributes, rng: Generator) -> Plan:
    subjects = list(attributes.elements)
    odds = [0.1 + element.visible**0.5 + 0.3 * _moves(element) for element in subjects]
    count = min(len(subjects), 1 if rng.random() < 0.7 else 2)
    picked = _sample(subjects, odds, count, rng)
    bare = not picked
    return Plan(
        form=SHORT,
        style=rng.random() < 0.25,
        palette=rng.random() < 0.74,
        time=attributes.time != "day" and rng.random() < 0.3,
        mountains=attributes.mountains is not None and (bare or rng.random() < 0.5),
        water=attributes.water and rng.random() < (0.6 if bare else 0.15),
        weather=attributes.weather != "clear" and rng.random() < 0.4,
        wind=attributes.wind is not None and rng.random() < 0.3,
        camera=attributes.camera != "static" and rng.random() < 0.15,
        elements=tuple(_said(element, rng) for element in picked),
    )


def _long_plan(attributes: Attributes, form: str, rng: Generator) -> Plan:
    fullness = rng.uniform(0.45, 1.0)
    elements = [
        element
        for element in attributes.elements
        if rng.random() < (0.95 if element.motion in TRAVELLING else _odds(element, fullness))
    ]
    rng.shuffle(elements)
    return Plan(
        form=form,
        style=rng.random() < 0.55,
        palette=rng.random() < 0.94,
        time=attributes.time != "day" and rng.random() < 0.6,
        mountains=attributes.mountains is not None and rng.random() < 0.84,
        water=attributes.water and rng.random() < 0.55 * fullness + 0.1,
        weather=attributes.weather != "clear" and rng.random() < 0.95,
        wind=attributes.wind is not None and rng.random() < 0.93,
        camera=rng.random() < (0.05 if attributes.camera == "static" else 0.94),
        elements=tuple(_said(element, rng) for element in elements),
    )


def _odds(element: Element, fullness: float) -> float:
    """Large things are told more often than specks."""
    return fullness * (0.6 + 0.4 * min(1.0, element.visible / 0.02))


def _moves(element: Element) -> bool:
    return element.motion not in (None, "still")


def _said(element: Element, rng: Generator) -> Said:
    travels = element.motion in TRAVELLING
    # that a house stands still is not worth telling
    tells = element.motion is not None and ELEMENT_MOTIONS[element.kind] != ("still",)
    return Said(
        element,
        motion=tells and rng.random() < (0.97 if travels else 0.8 if _moves(element) else 0.35),
        side=element.side is not None and rng.random() < (0.2 if travels else 0.5),
        detail=element.detail is not None and rng.random() < 0.75,
    )


def _sample(items: list[Element], odds: list[float], count: int, rng: Generator) -> list[Element]:
    if not items:
        return []
    total = sum(odds)
    chosen = rng.choice(len(items), size=count, replace=False, p=[each / total for each in odds])
    return [items[int(index)] for index in chosen]
