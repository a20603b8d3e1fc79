"""English captions: a plan of facts put into words."""

from __future__ import annotations

import re
from dataclasses import dataclass

from numpy.random import Generator

from conclvd.paint.scene.attributes import Attributes
from conclvd.paint.words import lexicon_en as words
from conclvd.paint.words import lexicon_en_manner as manner
from conclvd.paint.words.caption_plan import (
    CHAIN,
    SCENE,
    SENTENCES,
    SHORT,
    TAGS,
    VERSE,
    Plan,
)
from conclvd.paint.words.phrases_en import Phrases


def write_en(attributes: Attributes, plan: Plan, rng: Generator) -> str:
    """The caption that tells what the plan has chosen."""
    writer = _Writer(attributes, plan, rng)
    patterns = {
        SHORT: writer.short,
        TAGS: writer.tags,
        CHAIN: writer.chain,
        SCENE: writer.scene,
        SENTENCES: writer.sentences,
        VERSE: writer.poem,
    }
    text = patterns[plan.form]()
    text = re.sub(r"\b([Aa]) (?=[aeiou])(?!one\b)", r"\1n ", text)
    return " ".join(text.split())


@dataclass(frozen=True)
class _Writer(Phrases):
    """Patterns of whole captions, and where the palette goes in them."""

    # --- patterns ---------------------------------------------------------------------------

    def short(self) -> str:
        text = self.join(self.things(finite=False))
        if self.plan.mountains:
            text = self.with_mountains(text)
        if self.plan.water and self.WATERS.search(text) is None:
            joint = "by" if " and " in text else self.say(words.NEAR_WATER)
            near = f"{text} {joint} {self.say(words.WATER)}"
            text = near if text else self.water()
        extras = [self.weather(tag=True), *self.manner(), self.camera(tag=True)]
        extras = [part for part in extras if part]
        return self.place_palette(", ".join(part for part in (text, *extras) if part), bool(extras))

    def tags(self) -> str:
        parts = self.things(finite=False)
        if self.plan.mountains:
            parts.append(self.mountains())
        if self.tells_water(" ".join(parts)):
            parts.append(self.say(words.WATER))
        parts += [part for part in (self.weather(tag=True), self.camera(tag=True)) if part]
        parts += self.manner()
        if self.plan.palette:
            parts.append(self.palette_tag())
        elif self.plan.time:
            parts.append(self.time_if_needed("").strip())
        self.shuffle(parts)
        if self.plan.style or self.plan.format:
            parts.insert(0 if self.chance(0.6) else len(parts), self.style())
        return ", ".join(parts)

    def poem(self) -> str:
        """Lines of verse, then the rest."""
        lines = [self.verse(verse) for verse in self.plan.verses]
        rest = [] if self.plan.alone else self.clauses(finite=False)
        if self.plan.palette or self.plan.style or self.plan.format or self.plan.time:
            head = self.head() if self.chance(0.7) else self.tail()
            rest.insert(0 if self.chance(0.5) else len(rest), head)
        if not rest:
            return self.stop([", ".join(lines)])
        return self.stop([", ".join(lines), ", ".join(rest)])

    def chain(self) -> str:
        parts = self.clauses(finite=self.chance(0.6))
        if self.chance(0.75):
            return ", ".join(part for part in (self.head(), *parts) if part)
        return ", ".join(part for part in (*parts, self.tail()) if part)

    def scene(self) -> str:
        count = len(self.plan.elements) if self.plan.terse else 2
        nouns = self.things(finite=False)[:count]
        if self.plan.mountains:
            nouns.insert(0 if self.chance(0.5) else len(nouns), self.mountains())
        head = (
            self.head(article=True)
            or f"{self.say(words.STYLE_LEAD)} {self.say(words.COLOR_NOUN_ONE)}"
        )
        first = f"{head} {self.say(words.OF)} {self.join(nouns)}" if nouns else head
        rest = self.clauses(finite=True, skip=count, mountains=False)
        return self.stop([first, *rest])

    def sentences(self) -> str:
        parts = self.clauses(finite=True)
        if len(parts) > 2 and self.chance(0.6):
            first, second, *others = parts
            parts = [f"{first} {self.say(words.JOIN)} {second}", *others]
        if self.plan.palette or self.plan.style or self.plan.format:
            if not self.plan.style and not self.plan.format and self.chance(0.4):
                lead = f"{self.say(words.PALETTE_CLAUSE)} {self.palette()}"
            else:
                lead = self.head(article=True)
            parts.insert(0 if self.chance(0.65) else len(parts), lead)
        return self.stop(parts)

    # --- palette and style ------------------------------------------------------------------

    def head(self, article: bool = False) -> str:
        """The style, the palette, both or nothing, as the plan says."""
        if self.plan.style or self.plan.format:
            style = self.style()
            if not self.plan.palette:
                head = style
            elif self.plan.format or self.chance(0.3):
                head = f"{self.say(words.COLOR[self.attributes.palette])} {style}"
                head += self.time_if_needed()
            else:
                head = f"{style} {self.palette()}"
        elif self.plan.palette:
            if article or self.chance(0.5):
                noun = self.say(words.COLOR_NOUN_ONE if article else words.COLOR_NOUN)
                if self.chance(0.5):
                    head = f"{self.say(words.COLOR[self.attributes.palette])} {noun}"
                    head += self.time_if_needed()
                else:
                    head = f"{noun} {self.palette()}"
            else:
                return self.palette()
        else:
            return self.time_if_needed().strip()
        return f"{self.say(words.STYLE_LEAD)} {head}" if article else head

    def tail(self) -> str:
        parts = [self.palette()] if self.plan.palette else [self.time_if_needed().strip()]
        if self.plan.format:
            parts.append(f"a {self.style()}")
        elif self.plan.style:
            parts.append(self.say(words.STYLE_TAIL))
        return ", ".join(part for part in parts if part)

    def place_palette(self, text: str, many: bool) -> str:
        """Put palette and style around a short phrase, or around `many` of them."""
        if not self.plan.palette and not self.plan.style and not self.plan.format:
            return f"{text}{self.time_if_needed()}"
        if not text:
            return self.head()
        choice = self.rng.random()
        if choice < 0.4:
            return f"{self.head(article=True)} {self.say(words.OF)} {text}"
        if choice < 0.7 and not self.plan.style and not self.plan.format:
            return f"{text}{',' if many else ''} {self.palette()}"
        if choice < 0.85:
            return f"{text}, {self.tail()}"
        return f"{self.head()}, {text}"

    def style(self) -> str:
        """The kind of painting: its format where that is told."""
        if self.plan.format:
            return self.say(manner.FORMAT[self.attributes.format])
        ink = self.attributes.palette in ("ink", "mist") and self.chance(0.5)
        return self.say(words.STYLE_INK if ink else words.STYLE)

    def palette(self) -> str:
        """The palette as an adverbial phrase, with the time of day where it is to be told."""
        name = self.attributes.palette
        if name == self.attributes.time and self.chance(0.3):
            return self.say(words.TIME[name])
        return self.say(words.TONE[name]) + self.time_if_needed()

    def palette_tag(self) -> str:
        name = self.attributes.palette
        if self.chance(0.3):
            return self.palette()
        color = self.say(words.COLOR[name])
        return f"{color} {self.say(words.PALETTE_TAG)}{self.time_if_needed(', ')}"

    def time_if_needed(self, joint: str = " ") -> str:
        return f"{joint}{self.say(words.TIME[self.attributes.time])}" if self.plan.time else ""
