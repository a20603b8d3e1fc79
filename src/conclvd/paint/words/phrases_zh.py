"""Chinese phrases for the single facts of a picture."""

from __future__ import annotations

import re
from typing import ClassVar, Final

from conclvd.paint.scene.attributes import Element
from conclvd.paint.words import lexicon_zh as words
from conclvd.paint.words import lexicon_zh_elements as things
from conclvd.paint.words import lexicon_zh_manner as manner
from conclvd.paint.words.caption_plan import Said
from conclvd.paint.words.phrasing import Phrasing
from conclvd.paint.words.verse import Verse, direction_of

_BUILDINGS: Final = frozenset({"village", "cottage", "hut", "pavilion", "pagoda"})
_SHORE: Final = frozenset({"willow", "reeds", "fisherman", "rocks"})


class Phrases(Phrasing):
    """Puts the facts of one caption's plan into Chinese."""

    LEXICON: ClassVar = words
    MANNER: ClassVar = manner
    WATERS = re.compile("[水江湖河池塘溪]")
    JOINT = ""

    # --- the parts of the picture -----------------------------------------------------------

    def clauses(self, skip: int = 0, mountains: bool = True) -> list[str]:
        """Every planned fact but palette and style, in a free order, the camera mostly last."""
        finite = not self.plan.terse
        parts = self.things(skip)
        if mountains and self.tells_mountains():
            parts.append(self.mountains(finite=finite and self.chance(0.7)))
        if self.tells_water("".join(parts)):
            parts.append(self.water(finite=finite and self.chance(0.8)))
        parts += self.filled([self.weather()])
        self.shuffle(parts)
        parts += self.manner()
        camera = self.camera()
        if camera:
            parts.insert(len(parts) if self.chance(0.8) else 0, camera)
        return parts

    def things(self, skip: int = 0) -> list[str]:
        """The elements, each in a phrase of its own."""
        return [self.element(said) for said in self.plan.said()[skip:]]

    def manner(self) -> list[str]:
        """Brushwork, blank space, distance, seal and inscription, those that are planned."""
        plan, seen = self.plan, self.attributes
        told = []
        if plan.brush and seen.brush is not None:
            told.append(self.say(manner.BRUSH[seen.brush]))
        told += self.asides()
        return told

    def verse(self, verse: Verse) -> str:
        """A line of a poem, with the direction in the place of D."""
        text = self.say(verse.text)
        if "D" not in text:
            return text
        return text.replace("D", manner.WAY[direction_of(verse, self.attributes)])

    def water(self, finite: bool) -> str:
        """The water by name; a clause when `finite`."""
        hills, season = self.attributes.mountains, self.attributes.palette
        seasonal = season in words.WATER_SEASON and self.chance(0.3)
        name = self.say(words.WATER_SEASON[season] if seasonal else words.WATER)
        if not finite:
            return name
        if hills is not None and self.chance(0.35):
            return f"{name}{self.say(words.WATER_MIRROR)}{self.say(words.HILLS[hills])}"
        return name + self.say(words.WATER_TAIL)

    def weather(self, tag: bool = False) -> str:
        """What falls, and where the wind blows it; empty when neither is planned."""
        falls, wind = self.attributes.weather, self.attributes.wind
        told = self.plan.weather and "weather" not in self.plan.named
        if self.plan.wind and wind is not None:
            pattern = words.WEATHER_BLOWN[falls] if told else words.WIND
            return self.directed(pattern, wind)
        if told:
            return self.say((words.WEATHER_TAG if tag else words.WEATHER)[falls])
        return ""

    def camera(self) -> str:
        """What the camera does; empty when it is not planned."""
        return self.say(words.CAMERA[self.attributes.camera]) if self.plan.camera else ""

    # --- elements ---------------------------------------------------------------------------

    def element(self, said: Said) -> str:
        """Side or place, the thing, and what it does."""
        element = said.element
        noun, verb = self.noun(said), self.verb(said)
        side = self.say(words.SIDE[element.side]) if said.side and element.side else ""
        placed = not self.plan.terse and self.chance(0.2 if side else 0.45)
        place = self.place(element) if placed else ""
        if self.reads_before(verb) and not said.travels and self.chance(0.15):
            return f"{side}{place}{verb}{words.OF}{noun}"
        if "塘" in noun:  # a pond in a pond
            place = ""
        where = side + place
        has = self.say(words.HAS) if where and (not verb or self.chance(0.3)) else ""
        return f"{where}{has}{noun}{verb}"

    def nominal(self, said: Said) -> str:
        """The thing as the object of a sentence, with what it does and its side before it."""
        side, verb = said.element.side, self.verb(said)
        where = self.say(words.SIDE[side]) if said.side and side else ""
        does = verb if self.reads_before(verb) else ""
        return f"{where}{does}{words.OF if where or does else ''}{self.noun(said)}"

    def reads_before(self, verb: str) -> bool:
        """Whether "{verb} of the {noun}" is good Chinese: verbs of more than one character are."""
        return len(verb) > 1 and not verb.startswith("探入")

    def noun(self, said: Said) -> str:
        """The name, with its number and measure word or without."""
        element = said.element
        key = f"{element.kind}/{element.detail}" if said.detail else element.kind
        lit = f"{element.kind} {self.attributes.time}"
        if lit in things.LIGHT and self.chance(0.3):
            return self.say(things.LIGHT[lit])
        counted = things.MEASURED.get(key)
        if element.kind in things.FLOCK and element.count > 2 and self.chance(0.6):
            return self.say(things.FLOCK[element.kind])
        if counted is None or (element.count == 1 and self.chance(0.35)):
            return self.say(things.NAME.get(key, counted or ""))
        number = self.say(things.NUMBER[min(element.count, max(things.NUMBER))])
        return re.sub("N", number, self.say(counted))

    def verb(self, said: Said) -> str:
        """What it does: its motion if that is told, else now and then how it stands."""
        kind, motion = said.element.kind, said.element.motion
        if said.motion and motion is not None:
            if motion in words.DIRECTION:
                return self.directed(things.MOVE[kind], motion)
            if motion == "sway":
                return self.say(things.SWAY.get(kind, things.SWAY["plant"]))
            return self.say(things.MOTION.get(f"{kind} {motion}", things.PLANT_STILL))
        if kind in things.STAND and not self.plan.terse and self.chance(0.45):
            return self.say(things.STAND[kind])
        return ""

    def place(self, element: Element) -> str:
        """Where it is, told by what else is visible; empty when nothing fits."""
        kind, water, hills = element.kind, self.attributes.water, self.attributes.mountains
        flying = kind in ("geese", "cranes") and element.motion in words.DIRECTION
        fits = {
            "on water": water and (flying or kind in ("boat", "sailboat", "bridge", "mist_clouds")),
            "pond": water and kind == "lotus",
            "by water": water and (kind in _BUILDINGS or kind in _SHORE),
            "sky": flying or kind in ("sun", "moon"),
            "above": hills is not None and (flying or kind in ("sun", "moon")),
            "foot": hills is not None and kind in _BUILDINGS,
            "between": hills is not None and kind == "mist_clouds",
        }
        options = [name for name, fit in fits.items() if fit]
        if not options:
            return ""
        place = self.say(things.PLACE[options[int(self.rng.integers(len(options)))]])
        return place.replace("H", self.say(words.HILLS[hills])) if hills is not None else place

    # --- small tools ------------------------------------------------------------------------

    def directed(self, template: str, direction: str) -> str:
        """A phrase of the template, with the direction in the place of D."""
        return self.say(template).replace("D", self.say(words.DIRECTION[direction]))

    def filled(self, parts: list[str]) -> list[str]:
        """The parts that are not empty."""
        return [part for part in parts if part]

    def row(self, parts: list[str], stop: float = 0.4) -> str:
        """Clauses in a row, with a full stop now and then."""
        return "，".join(self.filled(parts)) + ("。" if self.chance(stop) else "")
