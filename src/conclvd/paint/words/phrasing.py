"""What phrases of either language have in common: which facts need words, and the dice."""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import ModuleType
from typing import ClassVar

from numpy.random import Generator

from conclvd.paint.scene.attributes import Attributes
from conclvd.paint.words.caption_plan import Plan
from conclvd.paint.words.templates import SINGULAR, expand


@dataclass(frozen=True)
class Phrasing:
    """Puts the facts of one caption's plan into words, drawn with `rng`.

    `LEXICON` has the words for what is in the picture, `MANNER` those for how it is painted.

    `WATERS` matches what names the water already, `JOINT` stands between two words.
    """

    attributes: Attributes
    plan: Plan
    rng: Generator

    LEXICON: ClassVar[ModuleType]
    MANNER: ClassVar[ModuleType]
    WATERS: ClassVar[re.Pattern[str]]
    JOINT: ClassVar[str]

    def tells_mountains(self) -> bool:
        """Whether the mountains need words of their own, beside lines that may name their kind."""
        kind = f"hills.{self.attributes.mountains}"
        return self.plan.mountains and not any(kind in v.needs for v in self.plan.verses)

    def tells_water(self, text: str) -> bool:
        """Whether the water needs words of its own beside a text."""
        named = "water" in self.plan.named or self.WATERS.search(text) is not None
        return self.plan.water and not (named and (self.plan.terse or self.chance(0.8)))

    def mountains(self, finite: bool = False) -> str:
        """The mountains by their kind; a clause when `finite`."""
        assert self.attributes.mountains is not None
        words = self.LEXICON
        name = self.say(words.MOUNTAIN[self.attributes.mountains])
        if not finite:
            return name
        water = self.plan.water and self.chance(0.3)
        tail, over = words.MOUNTAIN_TAIL, words.MOUNTAIN_OVER_WATER
        if self.attributes.mountains == "round":
            tail, over = words.MOUNTAIN_TAIL_LOW, words.MOUNTAIN_OVER_WATER_LOW
        return f"{name}{self.JOINT}{self.say(over if water else tail)}"

    def asides(self) -> list[str]:
        """Distance, blank space, seal and inscription, those that are planned."""
        plan, seen, manner = self.plan, self.attributes, self.MANNER
        told = []
        if plan.distance and seen.distance is not None:
            told.append(self.say(manner.DISTANCE[seen.distance]))
        if plan.density:
            told.append(self.say(manner.DENSITY[seen.density]))
        if plan.seal:
            told.append(self.say(manner.SEAL))
        if plan.inscription:
            told.append(self.say(manner.INSCRIPTION))
        return told

    def say(self, template: str, form: int = SINGULAR) -> str:
        """A phrase of the template; when few words are asked for, the shortest of three.

        `form` is the grammatical number of templates that have several.
        """
        if not self.plan.terse:
            return expand(template, self.rng, form)
        return min((expand(template, self.rng, form) for _ in range(3)), key=len)

    def chance(self, odds: float) -> bool:
        """True with these odds."""
        return bool(self.rng.random() < odds)

    def shuffle(self, parts: list[str]) -> None:
        """Put parts in a random order, in place."""
        parts[:] = [parts[int(index)] for index in self.rng.permutation(len(parts))]
