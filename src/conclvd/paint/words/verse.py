"""Lines of poems: what each of them needs to be in a picture, and which of them fit one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from numpy.random import Generator

from conclvd.paint.scene.attributes import ELEMENTS, Attributes

_ROAMING: Final = ("left", "right")
_GOING: Final = (*_ROAMING, "rise", "set")
_GREEN: Final = ("qinglu", "jade", "spring")


@dataclass(frozen=True)
class Verse:
    """A line in the notation of `templates`, and what a picture must show for it.

    `needs` are facts (`verse_facts`) parted by spaces: all of them hold; "a|b" is one of two, "!a"
    is a fact that does not hold. D in the `text` stands for the direction of the first thing that
    is needed. A `whole` poem is quoted, and so needs less to be told of how things move.
    """

    needs: str
    text: str
    whole: bool = False

    @property
    def names(self) -> frozenset[str]:
        """The kinds of things that the line names, and "water", "hills" and "weather"."""
        facts = [need.split(".")[0] for need in self.needs.replace("|", " ").split()]
        weathers = {"raining", "snowing", "petalfall", "leaf_fall"}
        named = {"weather" if fact in weathers else fact for fact in facts}
        return frozenset(named & {*ELEMENTS, "water", "hills", "weather"})

    def fits(self, facts: frozenset[str]) -> bool:
        """Whether all that it needs holds."""
        return all(
            need[1:] not in facts
            if need.startswith("!")
            else any(each in facts for each in need.split("|"))
            for need in self.needs.split()
        )


def verse_facts(attributes: Attributes) -> frozenset[str]:
    """What a line may need: "boat", "boat.one", "boat.goes", "water", "snowing", "dusk", "ink"."""
    facts = {attributes.palette, attributes.time, attributes.density}
    falling = {
        "rain": "raining", "snow": "snowing", "petals": "petalfall", "leaves": "leaf_fall",
    }.get(attributes.weather)  # fmt: skip
    held = {
        "water": attributes.water,
        "hills": attributes.mountains is not None,
        f"hills.{attributes.mountains}": attributes.mountains is not None,
        falling or "clear": True,
        f"wind.{attributes.wind}": attributes.wind is not None,
        "green": attributes.palette in _GREEN,
        "cold": attributes.palette == "snow" or attributes.weather == "snow",
        "night": attributes.time == "night",
    }
    facts |= {fact for fact, holds in held.items() if holds}
    for element in attributes.elements:
        kind, motion = element.kind, element.motion
        facts |= {kind, f"{kind}.{'one' if element.count == 1 else 'many'}"}
        facts |= {f"{kind}.{motion}", f"{kind}.{element.detail}"}
        facts.add(f"{kind}.{'goes' if motion in _ROAMING else 'rests'}")
    return frozenset(facts)


def direction_of(verse: Verse, attributes: Attributes) -> str:
    """Where the first thing that the line needs goes; left or right."""
    kind = verse.needs.split()[0].split(".")[0]
    element = attributes.element(kind)
    assert element is not None
    assert element.motion is not None
    return element.motion


def fitting(verses: Iterable[Verse], attributes: Attributes) -> list[Verse]:
    """The lines that tell nothing but what is there, in their order."""
    facts = verse_facts(attributes)
    return [verse for verse in verses if verse.fits(facts)]


def _weight(verse: Verse, moving: dict[str, str]) -> float:
    """How likely a line is drawn: one that names much rather, one that hides a motion seldom."""
    things = len(verse.names & frozenset(ELEMENTS))
    weight: float = 0.1 + (things + 0.4 * (len(verse.names) - things)) ** 1.5
    hides = "D" not in verse.text and any(
        kind in verse.names and f"{kind}.{way}" not in verse.needs for kind, way in moving.items()
    )
    return 0.2 * weight if hides else weight


def draw_verses(verses: Sequence[Verse], attributes: Attributes, rng: Generator) -> list[Verse]:
    """One line that fits, or a second one of other things too; none when none fits."""
    fits = fitting(verses, attributes)
    moving = {e.kind: e.motion for e in attributes.elements if e.motion in _GOING}
    drawn: list[Verse] = []
    wanted = 2 if rng.random() < 0.5 else 1
    while fits and len(drawn) < wanted:
        odds = [_weight(verse, moving) for verse in fits]
        chosen = fits[int(rng.choice(len(fits), p=[each / sum(odds) for each in odds]))]
        drawn.append(chosen)
        fits = [v for v in fits if not v.names & chosen.names and not (v.whole or chosen.whole)]
    return drawn
