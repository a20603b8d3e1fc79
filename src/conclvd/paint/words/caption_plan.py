"""Which facts a caption tells, before any word is chosen: the same for every language.

What a caption does not tell is not in the picture: nine of ten name everything that strikes the
eye, so that short captions belong to sparse scenes. The tenth is short and leaves things out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from numpy.random import Generator

from conclvd.paint.scene.attributes import ELEMENT_MOTIONS, Attributes, Element
from conclvd.paint.words.verse import Verse, draw_verses

SHORT: Final = "short"  # a phrase or two
TAGS: Final = "tags"  # keywords in a row
CHAIN: Final = "chain"  # clauses in a row
SCENE: Final = "scene"  # "a painting of ...", then sentences
SENTENCES: Final = "sentences"
VERSE: Final = "verse"  # a line of a poem, then what it does not name
FORMS: Final = (SHORT, TAGS, CHAIN, SCENE, SENTENCES, VERSE)
FULL_ODDS: Final = (0.0, 0.16, 0.25, 0.19, 0.18, 0.22)
SPARSE_ODDS: Final = (0.45, 0.12, 0.11, 0.10, 0.04, 0.18)
FEW: Final = 2  # elements that a short phrase can name
INCOMPLETE: Final = 0.07  # share of the captions that leave things out
ALONE: Final = 0.4  # share of these that are but a line of a poem

TRAVELLING: Final = frozenset({"left", "right", "rise", "set"})
_BRUSH_ODDS: Final = {"splash": 0.9, "mi": 0.85, "axe": 0.6, "hemp": 0.5}
_FORMAT_ODDS: Final = {"square": 0.10, "landscape": 0.15, "hanging": 0.45, "handscroll": 0.5}
_DENSITY_ODDS: Final = {"sparse": 0.4, "medium": 0.0, "rich": 0.08}


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
    """The facts to tell; a flag is set only where the attributes have the fact.

    `terse` asks for few words, `verses` are the lines that a caption of the form VERSE begins with,
    `alone` whether these are all it tells of things.
    """

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
    format: bool = False
    distance: bool = False
    brush: bool = False
    density: bool = False
    seal: bool = False
    inscription: bool = False
    terse: bool = False
    verses: tuple[Verse, ...] = ()
    alone: bool = False

    @property
    def tells(self) -> bool:
        """Whether it tells anything of the picture; a style alone does not."""
        scenery = self.mountains or self.water or self.weather or self.wind
        facts = self.elements or self.palette or self.time or self.camera or self.verses
        return bool(facts) or scenery

    @property
    def named(self) -> frozenset[str]:
        """What the verses name."""
        return frozenset().union(*(verse.names for verse in self.verses))

    def complete(self, attributes: Attributes) -> bool:
        """Whether it names all that strikes the eye."""
        told = {said.element.kind for said in self.elements}
        return (
            all(element.kind in told for element in attributes.elements)
            and (self.mountains or attributes.mountains is None)
            and (self.water or not attributes.water)
            and (self.weather or attributes.weather == "clear")
            and (self.palette or self.time)
        )

    def said(self) -> tuple[Said, ...]:
        """The elements that need words of their own, after those in verses and in others' words."""
        named = set(self.named)
        if any(s.detail and s.element.detail == "fisherman" for s in self.elements):
            named.add("fisherman")  # "a boat with a fisherman"
        return tuple(said for said in self.elements if said.element.kind not in named)

    def shorter(self) -> Plan | None:
        """The plan with less of an ornament, else without its least important fact.

        None when hardly anything is left.
        """
        if self.style or self.distance or self.seal or self.inscription:
            return replace(self, style=False, distance=False, seal=False, inscription=False)
        if not self.terse:  # sentences without verbs would be a row of shreds
            form = SCENE if self.form == SENTENCES else self.form
            return replace(self, terse=True, form=form)
        if len(self.verses) > 1:
            return replace(self, verses=self.verses[:1])
        if any(said.side for said in self.elements):
            return replace(self, elements=tuple(replace(s, side=False) for s in self.elements))
        if self.form not in (TAGS, SHORT, VERSE):
            return replace(self, form=TAGS)
        if self.format or self.density:
            return replace(self, format=False, density=False)
        resting = [said for said in self.elements if not said.travels]
        if any(said.motion for said in resting):
            calm = tuple(s if s.travels else replace(s, motion=False) for s in self.elements)
            return replace(self, elements=calm)
        if self.form == VERSE and not self.alone:
            return replace(self, form=TAGS, verses=())
        if self.time and self.palette:
            return replace(self, time=False)
        if self.brush:
            return replace(self, brush=False)
        if resting and len(self.elements) > 1:
            least = min(resting, key=lambda said: said.element.visible)
            return replace(self, elements=tuple(s for s in self.elements if s is not least))
        if self.camera:
            return replace(self, camera=False)
        return replace(self, elements=self.elements[1:]) if len(self.elements) > 1 else None


def plan_caption(attributes: Attributes, rng: Generator, verses: Sequence[Verse] = ()) -> Plan:
    """Draw the form of a caption and the facts it tells; `verses` are the language's lines."""
    drawn = tuple(draw_verses(verses, attributes, rng))
    if len(attributes.elements) > FEW and rng.random() < INCOMPLETE:
        alone = bool(drawn) and rng.random() < ALONE
        plan = _verse_alone(attributes, drawn, rng) if alone else _partial_plan(attributes, rng)
    else:
        plan = _full_plan(attributes, drawn, rng)
    return plan if plan.tells else replace(plan, palette=True)


def _verse_alone(attributes: Attributes, drawn: tuple[Verse, ...], rng: Generator) -> Plan:
    """A line of a poem as one would type it, perhaps with the colours."""
    names = frozenset().union(*(verse.names for verse in drawn))
    told = [element for element in attributes.elements if element.kind in names]
    return Plan(
        form=VERSE,
        style=False,
        palette=rng.random() < 0.3,
        time=False,
        mountains=any("hills." in verse.needs for verse in drawn),
        water="water" in names,
        weather="weather" in names,
        wind=False,
        camera=False,
        elements=tuple(Said(element, False, False, False) for element in told),
        verses=drawn,
        alone=True,
    )


def _partial_plan(attributes: Attributes, rng: Generator) -> Plan:
    """One or two things, and a few facts more."""
    subjects = list(attributes.elements)
    odds = [0.1 + element.visible**0.5 + 0.3 * _moves(element) for element in subjects]
    count = min(len(subjects), 1 if rng.random() < 0.6 else 2)
    return Plan(
        form=SHORT,
        style=rng.random() < 0.25,
        palette=rng.random() < 0.74,
        time=attributes.time != "day" and rng.random() < 0.3,
        mountains=attributes.mountains is not None and rng.random() < 0.5,
        water=attributes.water and rng.random() < 0.2,
        weather=attributes.weather != "clear" and rng.random() < 0.5,
        wind=attributes.wind is not None and rng.random() < 0.3,
        camera=attributes.camera != "static" and rng.random() < 0.15,
        elements=tuple(_said(element, rng) for element in _sample(subjects, odds, count, rng)),
    )


def _full_plan(attributes: Attributes, drawn: tuple[Verse, ...], rng: Generator) -> Plan:
    few = len(attributes.elements) <= FEW
    form = str(rng.choice(FORMS, p=SPARSE_ODDS if few else FULL_ODDS))
    if form == VERSE and not drawn:
        form = CHAIN
    order = rng.permutation(len(attributes.elements))
    has_wind = attributes.wind is not None
    return Plan(
        form=form,
        style=rng.random() < (0.2 if form == SHORT else 0.4),
        palette=rng.random() < 0.985,
        time=attributes.time != "day" and rng.random() < 0.5,
        mountains=attributes.mountains is not None,
        water=attributes.water,
        weather=attributes.weather != "clear",
        wind=has_wind and rng.random() < (0.6 if form == SHORT else 0.93),
        camera=rng.random() < (0.05 if attributes.camera == "static" else 0.94),
        elements=tuple(_said(attributes.elements[int(index)], rng) for index in order),
        format=rng.random() < _FORMAT_ODDS[attributes.format],
        distance=attributes.distance is not None and rng.random() < 0.15,
        brush=attributes.brush is not None and rng.random() < _BRUSH_ODDS[attributes.brush],
        density=rng.random() < _DENSITY_ODDS[attributes.density],
        seal=attributes.seal and rng.random() < 0.2,
        inscription=attributes.inscription and rng.random() < 0.6,
        terse=form == SHORT,
        verses=drawn if form == VERSE else (),
    )


def _moves(element: Element) -> bool:
    return element.motion not in (None, "still")


def _said(element: Element, rng: Generator) -> Said:
    travels = element.motion in TRAVELLING
    # who is in a boat, and the colours of trees, strike the eye
    striking = element.detail == "fisherman" or element.kind in ("tree", "blossom", "leaves")
    odds = 0.97 if striking else 0.85
    # that a house stands still is not worth telling, and that leaves stir goes without saying
    tells = element.motion is not None and ELEMENT_MOTIONS[element.kind] != ("still",)
    return Said(
        element,
        motion=tells and rng.random() < (0.97 if travels else 0.6 if _moves(element) else 0.35),
        side=element.side is not None and rng.random() < (0.2 if travels else 0.5),
        detail=element.detail is not None and rng.random() < odds,
    )


def _sample(items: list[Element], odds: list[float], count: int, rng: Generator) -> list[Element]:
    total = sum(odds)
    chosen = rng.choice(len(items), size=count, replace=False, p=[each / total for each in odds])
    return [items[int(index)] for index in chosen]
