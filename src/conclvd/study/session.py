"""One participant's questions: the same code gets the same ones in the same order."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from itertools import chain, combinations, zip_longest
from random import Random
from typing import Final

from conclvd.errors import InvalidRequest
from conclvd.study.plan import Plan

_CODE: Final = re.compile(r"\w[\w-]{0,31}")


@dataclass(frozen=True)
class Question:
    """Video ids; `right` is None in ratings. `check` is the one right answer, or None."""

    left: str
    right: str | None
    check: str | None = None


def participant(code: str) -> str:
    """A code as it is kept: full-width and capital letters are the same as plain ones.

    Raises InvalidRequest when it is not 1 to 32 letters, digits, hyphens and underscores.
    """
    plain = unicodedata.normalize("NFKC", code).strip().casefold()
    if not _CODE.fullmatch(plain):
        raise InvalidRequest("a code is 1 to 32 letters, digits, - and _, such as p07")
    return plain


def questions_of(plan: Plan, code: str) -> tuple[Question, ...]:
    """The questions of a participant (`participant` gives the code), checks among them."""
    order = Random(f"{plan.seed}:{code}")
    asked = _pairs(plan, order) if plan.mode == "pairs" else _ratings(plan, order)
    order.shuffle(asked)
    checks = []
    for _ in range(plan.checks):
        shown = order.choice(asked)
        checks.append(Question(shown.left, shown.right, order.choice(plan.choices)))
    parts = max(1, len(checks))
    for number in reversed(range(len(checks))):  # one in each part, and none before the rest
        place = int((number + order.random()) * len(asked) / parts) + 1
        asked.insert(place, checks[number])
    return tuple(asked)


def _pairs(plan: Plan, order: Random) -> list[Question]:
    """As equally many of each two methods as can be, each with prompts by chance."""
    columns = []
    for two in combinations(plan.methods, 2):
        column = [[item.videos[name] for name in two] for item in plan.items]
        order.shuffle(column)
        columns.append(column)
    order.shuffle(columns)
    rows = chain.from_iterable(zip_longest(*columns))
    chosen = [videos for videos in rows if videos is not None][: plan.questions]
    for videos in chosen:
        order.shuffle(videos)  # the side
    return [Question(left, right) for left, right in chosen]


def _ratings(plan: Plan, order: Random) -> list[Question]:
    """All methods of some prompts, so that a person's ratings can be compared."""
    items = order.sample(plan.items, k=min(len(plan.items), plan.questions // len(plan.methods)))
    return [Question(video, None) for item in items for video in item.videos.values()]
