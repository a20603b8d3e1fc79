"""Chinese captions: the same plan of facts, put the way Chinese puts them."""

from __future__ import annotations

from dataclasses import dataclass

from numpy.random import Generator

from conclvd.paint.scene.attributes import Attributes
from conclvd.paint.words import lexicon_zh as words
from conclvd.paint.words import lexicon_zh_manner as manner
from conclvd.paint.words.caption_plan import (
    CHAIN,
    SCENE,
    SENTENCES,
    SHORT,
    TAGS,
    VERSE,
    Plan,
)
from conclvd.paint.words.phrases_zh import Phrases


def write_zh(attributes: Attributes, plan: Plan, rng: Generator) -> str:
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
    return patterns[plan.form]()


@dataclass(frozen=True)
class _Writer(Phrases):
    """Patterns of whole captions, and where the palette goes in them."""

    # --- patterns ---------------------------------------------------------------------------

    def short(self) -> str:
        nouns, said = self.things(), self.plan.said()
        if self.plan.mountains and said and not said[0].travels and self.chance(0.3):
            nouns[0] = f"{self.mountains()}{self.say(words.MOUNTAIN_NEAR)}{self.noun(said[0])}"
        elif self.plan.mountains:
            nouns.insert(0 if self.chance(0.5) else len(nouns), self.mountains())
        if self.tells_water("".join(nouns)):
            nouns.append(self.water(finite=self.chance(0.5)))
        parts = self.filled(["，".join(nouns), self.weather(), *self.manner(), self.camera()])
        if self.plan.palette or self.plan.style or self.plan.format:
            if self.chance(0.3) and len(parts) == 1:
                return f"{self.head()}{self.say(words.SHORT_SEEN)}{parts[0]}"
            parts.insert(0 if self.chance(0.6) else len(parts), self.head())
        elif self.plan.time:
            parts.insert(0, self.say(words.TIME[self.attributes.time]))
        return self.row(parts)

    def tags(self) -> str:
        parts = self.things()
        if self.plan.mountains:
            parts.append(self.mountains())
        if self.tells_water("".join(parts)):
            parts.append(self.water(finite=False))
        parts += [*self.filled([self.weather(tag=True), self.camera()]), *self.manner()]
        if self.plan.palette:
            parts.append(self.palette())
        elif self.plan.time:
            parts.append(self.say(words.TIME[self.attributes.time]))
        self.shuffle(parts)
        if self.plan.style or self.plan.format:
            parts.insert(0 if self.chance(0.6) else len(parts), self.style())
        joint = ("，", "、", " ", "，")[int(self.rng.integers(4))]
        return joint.join(parts)

    def poem(self) -> str:
        """Lines of verse, then the rest."""
        lines = "，".join(self.verse(verse) for verse in self.plan.verses)
        rest = [] if self.plan.alone else self.clauses()
        if self.plan.palette or self.plan.style or self.plan.format:
            rest.insert(0 if self.chance(0.5) else len(rest), self.head())
        if not rest:
            return lines + ("。" if self.chance(0.4) else "")
        joint = "。" if self.chance(0.6) else "，"
        return f"{lines}{joint}{self.row(rest, stop=0.6)}"

    def chain(self) -> str:
        parts = self.clauses()
        if self.plan.palette or self.plan.style or self.plan.format:
            parts.insert(0 if self.chance(0.7) else len(parts), self.head())
        return self.row(parts)

    def scene(self) -> str:
        count = len(self.plan.elements) if self.plan.terse else 2
        nouns = [self.nominal(said) for said in self.plan.said()[:count]]
        if self.plan.mountains:
            nouns.insert(0, self.mountains())
        lead = f"{self.say(words.STYLE_LEAD)}{self.noun_head()}"
        if nouns:
            joined = self.say(words.AND).join(self.filled(["、".join(nouns[:-1]), nouns[-1]]))
            lead = f"{lead}，{self.say(words.SEEN)}{joined}"
        rest = self.clauses(skip=count, mountains=False)
        return self.row([lead, *rest], stop=0.7)

    def sentences(self) -> str:
        parts = self.clauses()
        if self.plan.palette or self.plan.style or self.plan.format:
            lead = self.head()
            if not self.plan.style and not self.plan.format and self.chance(0.3):
                lead = f"{self.say(words.PALETTE_CLAUSE)}{self.palette()}"
            parts.insert(0 if self.chance(0.7) else len(parts), lead)
        sentences = []
        while parts:
            size = 1 + int(self.rng.integers(3))
            sentences.append("，".join(parts[:size]))
            parts = parts[size:]
        return "。".join(sentences) + ("。" if self.chance(0.9) else "")

    # --- palette and style ------------------------------------------------------------------

    def head(self) -> str:
        """The style, the palette, or both."""
        if self.plan.format:
            return self.noun_head()
        if self.plan.style and self.plan.palette:
            choice = self.rng.random()
            if choice < 0.4:
                return self.noun_head()
            style = self.style() if choice < 0.7 else self.say(words.STYLE_TAIL)
            first = self.palette()
            return f"{first}，{style}" if self.chance(0.5) else f"{style}，{first}"
        if self.plan.style:
            return self.style() if self.chance(0.7) else self.say(words.STYLE_TAIL)
        return self.palette() if self.chance(0.65) else self.noun_head()

    def noun_head(self) -> str:
        """ "blue-green landscape": the palette before a noun or a style."""
        color = self.say(words.COLOR[self.attributes.palette]) if self.plan.palette else ""
        noun = self.style() if self.plan.style or self.plan.format else self.say(words.COLOR_NOUN)
        if color and color[:2] in noun:  # "ink of ink painting"
            color = ""
        time = f"，{self.say(words.TIME[self.attributes.time])}" if self.plan.time else ""
        return f"{color}{self.say(words.COLOR_OF) if color else ''}{noun}{time}"

    def style(self) -> str:
        """The kind of painting: its format where that is told."""
        if self.plan.format:
            return self.say(manner.FORMAT[self.attributes.format])
        ink = self.attributes.palette in ("ink", "mist") and self.chance(0.5)
        return self.say(words.STYLE_INK if ink else words.STYLE)

    def palette(self) -> str:
        name = self.attributes.palette
        if name == self.attributes.time and self.chance(0.3):
            return self.say(words.TIME[name])
        tone = self.say(words.TONE[name])
        if not self.plan.time:
            return tone
        time = self.say(words.TIME[self.attributes.time])
        return f"{time}，{tone}" if self.chance(0.5) else f"{tone}，{time}"
