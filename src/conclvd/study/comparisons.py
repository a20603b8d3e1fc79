"""Answers as comparisons of two methods, and who failed the attention checks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from conclvd.study.answers import Answer
from conclvd.study.plan import Plan

_SCORES: Final = {"left": 1.0, "equal": 0.5, "right": 0.0}


@dataclass(frozen=True)
class Comparison:
    """How a participant found two methods on one prompt by one criterion.

    `first` is before `second` in the plan; `score` is 1 for the first, 0 for the second, 0.5 for
    no difference. `item` counts the prompts from 0.
    """

    participant: str
    criterion: str
    item: int
    first: str
    second: str
    score: float


@dataclass(frozen=True)
class Rating:
    """A participant's 1 (bad) to 5 (excellent) for a method on one prompt by one criterion."""

    participant: str
    criterion: str
    item: int
    method: str
    value: int


@dataclass(frozen=True)
class Attention:
    """How many checks a participant was seen at, and failed: answered otherwise than asked."""

    checks: int
    failed: int


def attention_of(answers: Iterable[Answer]) -> dict[str, Attention]:
    """By participant, everybody who answered anything; `answers` are the latest."""
    seen: dict[str, dict[int, bool]] = defaultdict(dict)
    for answer in answers:
        checks = seen[answer.code]
        if answer.check is not None:
            right = answer.value == answer.check
            checks[answer.question] = checks.get(answer.question, True) and right
    return {
        code: Attention(len(checks), sum(not right for right in checks.values()))
        for code, checks in seen.items()
    }


def inattentive(attention: dict[str, Attention], share: float) -> frozenset[str]:
    """Who failed more than `share` (0 to 1) of the checks seen."""
    return frozenset(
        code
        for code, seen in attention.items()
        if seen.checks and seen.failed > share * seen.checks
    )


def ratings_of(plan: Plan, answers: Iterable[Answer]) -> list[Rating]:
    """The ratings, in `ratings` mode, checks left out."""
    found = []
    for answer in answers:
        if answer.check is None:
            item, method = plan.of_video[answer.left]
            found.append(Rating(answer.code, answer.criterion, item, method, int(answer.value)))
    return found


def comparisons_of(plan: Plan, answers: Sequence[Answer]) -> list[Comparison]:
    """The comparisons, checks left out.

    In `ratings` mode: each two methods that one participant rated on one prompt; the higher rating
    wins, equal ones are no difference.
    """
    return _of_pairs(plan, answers) if plan.mode == "pairs" else _of_ratings(plan, answers)


def _of_pairs(plan: Plan, answers: Iterable[Answer]) -> list[Comparison]:
    found = []
    for answer in answers:
        if answer.check is None and answer.right is not None:
            item, left = plan.of_video[answer.left]
            _, right = plan.of_video[answer.right]
            score = _SCORES[answer.value]
            if plan.methods.index(left) > plan.methods.index(right):
                left, right, score = right, left, 1 - score
            found.append(Comparison(answer.code, answer.criterion, item, left, right, score))
    return found


def _of_ratings(plan: Plan, answers: Iterable[Answer]) -> list[Comparison]:
    together: dict[tuple[str, str, int], dict[str, int]] = defaultdict(dict)
    for rating in ratings_of(plan, answers):
        key = rating.participant, rating.criterion, rating.item
        together[key][rating.method] = rating.value
    found = []
    for (code, criterion, item), values in together.items():
        for one, two in combinations((name for name in plan.methods if name in values), 2):
            score = (1 + (values[one] > values[two]) - (values[one] < values[two])) / 2
            found.append(Comparison(code, criterion, item, one, two, score))
    return found
