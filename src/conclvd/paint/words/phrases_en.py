"""English phrases for the single facts of a picture."""

from __future__ import annotations

import re
from typing import ClassVar, Final

from conclvd.paint.scene.attributes import Element
from conclvd.paint.words import lexicon_en as words
from conclvd.paint.words import lexicon_en_elements as things
from conclvd.paint.words import lexicon_en_manner as manner
from conclvd.paint.words.caption_plan import Said
from conclvd.paint.words.phrasing import Phrasing
from conclvd.paint.words.templates import PARTICIPLE, PLURAL, SINGULAR
from conclvd.paint.words.verse import Verse, direction_of

_BUILDINGS: Final = frozenset({"village", "cottage", "hut", "pavilion", "pagoda"})
_STANDING: Final = _BUILDINGS | {"rocks", "tree", "bare_tree", "pine", "reeds", "bamboo"}
"""What stands or lies somewhere: its verb alone says too little."""
_SHORE: Final = frozenset({"willow", "reeds", "fisherman", "rocks"})


class Phrases(Phrasing):
    """Puts the facts of one caption's plan into English."""

    LEXICON: ClassVar = words
    MANNER: ClassVar = manner
    WATERS = re.compile(r"\b(lake|river|water|pond|shore|stream)\b")
    JOINT = " "

    # --- the parts of the picture -----------------------------------------------------------

    def clauses(self, finite: bool, skip: int = 0, mountains: bool = True) -> list[str]:
        """Every planned fact but palette and style, in a free order, the camera mostly last."""
        finite = finite and not self.plan.terse
        parts = self.things(finite or (skip > 0 and not self.plan.terse), skip)
        if mountains and self.tells_mountains():
            parts.append(self.mountains(finite=finite))
        if self.tells_water(" ".join(parts)):
            parts.append(self.water() if finite else self.say(words.WATER))
        weather = self.weather(tag=not finite)
        if weather:
            parts.append(weather)
        self.shuffle(parts)
        parts += self.manner(finite)
        camera = self.camera(tag=not finite and self.chance(0.5))
        if camera:
            parts.insert(len(parts) if self.chance(0.8) else 0, camera)
        return parts

    def things(self, finite: bool, skip: int = 0) -> list[str]:
        """The elements, each in a phrase of its own; clauses when `finite`."""
        return [self.element(said, finite=finite) for said in self.plan.said()[skip:]]

    def manner(self, finite: bool = False) -> list[str]:
        """Brushwork, blank space, distance, seal and inscription, those that are planned."""
        plan, seen = self.plan, self.attributes
        told = []
        clause = finite and seen.mountains is not None and self.chance(0.6)
        if plan.brush and seen.brush is not None:
            lead = self.say(manner.BRUSH_CLAUSE if clause else manner.BRUSH_LEAD)
            name = self.say(manner.BRUSH[seen.brush])
            told.append(f"{lead} {name}" if clause or self.chance(0.4) else name)
        told += self.asides()
        return [", ".join(told)] if finite and told else told

    def verse(self, verse: Verse) -> str:
        """A line of a poem, with the direction in the place of D."""
        text = self.say(verse.text)
        if "D" not in text:
            return text
        way = "left" if direction_of(verse, self.attributes) == "left" else "right"
        return re.sub(r"\bD\b", way, text)

    def with_mountains(self, text: str) -> str:
        """A phrase set among the mountains; the mountains alone when it is empty."""
        if not text:
            return self.mountains(finite=self.chance(0.3))
        behind = " and " in text or self.chance(0.6)
        joint = self.say(words.MOUNTAIN_BEHIND if behind else words.AND)
        return f"{text} {joint} {self.mountains()}"

    def water(self) -> str:
        """The water as a clause."""
        hills = self.attributes.mountains
        if hills is not None and self.chance(0.4):
            tail = f"{self.say(words.WATER_MIRROR)} {self.say(words.HILLS[hills])}"
        else:
            tail = self.say(words.WATER_TAIL)
        return f"{self.say(words.WATER)} {tail}"

    def weather(self, tag: bool) -> str:
        """What falls, and where the wind blows it; empty when neither is planned."""
        falls, wind = self.attributes.weather, self.attributes.wind
        told = self.plan.weather and "weather" not in self.plan.named
        if self.plan.wind and wind is not None:
            direction = self.say(words.DIRECTION[wind])
            if not told:
                return f"{self.say(words.WIND_TAG if tag else words.WIND)} {direction}"
            if tag:
                tag_text = self.say(words.WEATHER_TAG[falls])
                blown = self.say(words.BLOWN)
                again = blown in tag_text or "blown" in tag_text
                return f"{tag_text} {'' if again else blown} {direction}"
            tail = self.say(words.BLOWN_TAIL)
            return f"{self.say(words.WEATHER_BLOWN[falls])} {direction} {tail}".strip()
        if told:
            return self.say((words.WEATHER_TAG if tag else words.WEATHER)[falls])
        return ""

    def camera(self, tag: bool) -> str:
        """What the camera does; empty when it is not planned."""
        if not self.plan.camera:
            return ""
        return self.say((words.CAMERA_TAG if tag else words.CAMERA)[self.attributes.camera])

    # --- elements ---------------------------------------------------------------------------

    def element(self, said: Said, finite: bool) -> str:
        """A noun phrase with its motion, side and place; a clause when `finite`."""
        element = said.element
        noun, form = self.noun(said)
        verb = self.verb(said, form if finite else PARTICIPLE, wanted=finite or self.chance(0.2))
        side = self.say(words.SIDE[element.side]) if said.side and element.side else ""
        placed = not self.plan.terse and self.chance(0.25 if side else 0.5)
        place = self.place(element) if placed else ""
        if not said.motion and not place and not side and element.kind in _STANDING:
            verb = ""
        if not verb:
            there = self.say(words.THERE, form) if finite else ""
            words_in_order = (there, noun, place, side)
        elif said.travels:
            words_in_order = (noun, side, verb, place)
        else:
            words_in_order = (noun, verb, place, side)
        return " ".join(word for word in words_in_order if word)

    def noun(self, said: Said) -> tuple[str, int]:
        """The name with its determiner, and its grammatical number."""
        element = said.element
        key = f"{element.kind}/{element.detail}" if said.detail else element.kind
        if element.kind in things.MASS_ONE:
            if self.chance(0.5):
                return self.say(things.MASS_ONE[key]), SINGULAR
            return self.say(things.MASS_MANY[key]), PLURAL
        form = SINGULAR if element.count == 1 else PLURAL
        noun = self.say(things.COUNTED[key], form)
        lit = f"{element.kind} {self.attributes.time}"
        if lit in things.LIGHT and self.chance(0.3):
            return f"the {self.say(things.LIGHT[lit])}", form
        if element.kind in ("sun", "moon"):
            return f"{self.say(things.THE)} {noun}", form
        if form == SINGULAR:
            return f"{self.say(things.ONE)} {noun}", form
        if element.kind in ("geese", "cranes") and element.count > 2 and self.chance(0.5):
            return f"{self.say(things.FLOCK)} {noun}", SINGULAR
        return f"{self.say(things.NUMBER[min(element.count, max(things.NUMBER))])} {noun}", form

    def verb(self, said: Said, form: int, wanted: bool) -> str:
        """What it does: its motion if that is told, else a verb of standing if one is wanted."""
        kind, motion = said.element.kind, said.element.motion
        if said.motion and motion is not None:
            if motion in words.DIRECTION:
                direction = self.say(words.DIRECTION[motion])
                return f"{self.say(things.MOVE_VERB[kind], form)} {direction}"
            if motion == "sway":
                return self.say(things.SWAY, form)
            if motion == "fall":
                return f"{self.say(things.FALL, form)} {self.say(things.PLACE['cliff'])}"
            return self.say(things.MOTION_VERB.get(f"{kind} {motion}", things.PLANT_STILL), form)
        if wanted and kind in things.STAND_VERB:
            return self.say(things.STAND_VERB[kind], form)
        return ""

    def place(self, element: Element) -> str:
        """Where it is, told by what else is visible; empty when nothing fits."""
        kind, motion, water = element.kind, element.motion, self.attributes.water
        hills = self.attributes.mountains
        flying = kind in ("geese", "cranes") and motion in words.DIRECTION
        options: list[str] = []
        if kind in ("boat", "sailboat") and water:
            options.append(words.ON_WATER)
        if kind in ("sun", "moon"):
            options.append(things.PLACE["sky"])
        if flying:
            options.append(things.PLACE["across"])
        if (flying or kind in ("bridge", "mist_clouds")) and water:
            options.append(things.PLACE["over water"])
        if kind == "lotus" and water:
            options.append(things.PLACE["pond"])
        if (kind in _BUILDINGS or kind in _SHORE) and water:
            options.append(words.BY_WATER)
        places = {"above": flying or kind in ("sun", "moon"), "foot": kind in _BUILDINGS}
        places["between"] = kind == "mist_clouds"
        options += [
            f"{things.PLACE[name]} ({words.HILLS[hills]})"
            for name, fits in places.items()
            if fits and hills is not None
        ]
        return self.say(options[int(self.rng.integers(len(options)))]) if options else ""

    # --- small tools ------------------------------------------------------------------------

    def join(self, nouns: list[str]) -> str:
        """ "a", "a and b", "a, b and c"."""
        if len(nouns) < 2:
            return "".join(nouns)
        joint = self.say(words.AND) if len(nouns) == 2 else "and"
        return f"{', '.join(nouns[:-1])} {joint} {nouns[-1]}"

    def stop(self, parts: list[str]) -> str:
        """Sentences with a capital and a full stop, the last stop left out now and then."""
        trimmed = [" ".join(part.split()) for part in parts if part.strip()]
        text = ". ".join(part[:1].upper() + part[1:] for part in trimmed)
        return text if self.chance(0.2) else f"{text}."
