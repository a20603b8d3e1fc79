"""From answers to preferences, scores and agreement, criterion by criterion."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
from jaxtyping import Float

from conclvd.errors import DatasetError
from conclvd.study.agreement import ordinal_alpha
from conclvd.study.answers import Answer, latest
from conclvd.study.bradley_terry import bradley_terry
from conclvd.study.comparisons import (
    Attention,
    Comparison,
    Rating,
    attention_of,
    comparisons_of,
    inattentive,
    ratings_of,
)
from conclvd.study.plan import CRITERIA, Plan
from conclvd.study.wilson import Estimate, wilson

RESAMPLES: Final = 2000
_SEED: Final = 0
_FEWEST: Final = 2  # participants: an interval over people needs more than one


@dataclass(frozen=True)
class CriterionScores:
    """All scores of one criterion.

    `preference` is a method's share of all its comparisons, `against` its share against another
    one, ties half; `scores` are Bradley–Terry log-strengths; `ratings` mean ratings, None when
    methods were compared in pairs. `alpha` is Krippendorff's, ordinal, of the answers about the
    same two videos, each from both sides, or of the ratings of the same video; None where it is
    undefined.
    """

    preference: Mapping[str, Estimate]
    against: Mapping[tuple[str, str], Estimate]
    ties: float
    scores: Mapping[str, Estimate]
    ratings: Mapping[str, Estimate] | None
    alpha: float | None


@dataclass(frozen=True)
class Analysis:
    """A study's result. `inattentive` failed more than `failed_share` of their checks."""

    plan: Plan
    participants: tuple[str, ...]
    attention: Mapping[str, Attention]
    inattentive: frozenset[str]
    failed_share: float
    excluded: bool
    by_criterion: Mapping[str, CriterionScores]


def analyse(
    plan: Plan,
    answers: Iterable[Answer],
    *,
    failed_share: float = 0.5,
    exclude_inattentive: bool = False,
) -> Analysis:
    """Analyse all answers, the last of each question counting.

    Raises DatasetError when they are too few: fewer than two participants, or a method that was
    never compared by one of the criteria.
    """
    last = latest(answers)
    attention = attention_of(last)
    careless = inattentive(attention, failed_share)
    if exclude_inattentive:
        last = [answer for answer in last if answer.code not in careless]
    compared = comparisons_of(plan, last)
    people = tuple(sorted({one.participant for one in compared}))
    if len(people) < _FEWEST:
        left = f" when {len(careless)} inattentive are excluded" if exclude_inattentive else ""
        raise DatasetError(
            f"too few answers{left}: {len(people)} of the {_FEWEST} participants needed at least "
            "compared two methods; ask more people"
        )
    rated = ratings_of(plan, last) if plan.mode == "ratings" else None
    return Analysis(
        plan=plan,
        participants=people,
        attention=attention,
        inattentive=careless,
        failed_share=failed_share,
        excluded=exclude_inattentive,
        by_criterion={
            criterion: _scores(
                criterion,
                plan.methods,
                people,
                [one for one in compared if one.criterion == criterion],
                None if rated is None else [one for one in rated if one.criterion == criterion],
            )
            for criterion in CRITERIA
        },
    )


def _scores(
    criterion: str,
    methods: Sequence[str],
    people: Sequence[str],
    compared: Sequence[Comparison],
    rated: Sequence[Rating] | None,
) -> CriterionScores:
    wins = _wins(methods, people, compared)
    total = wins.sum(0)
    met = total + total.T
    for method, count in zip(methods, met.sum(1), strict=True):
        if not count:
            raise DatasetError(
                f"too few answers: {method} was not compared by {CRITERIA[criterion].lower()} yet; "
                "ask more people"
            )
    shares = total.sum(1), met.sum(1).astype(int)
    judged: list[tuple[tuple[object, ...], float]]
    if rated is None:  # from both sides, lest the order of the methods matter
        judged = [((one.item, one.first, one.second), one.score) for one in compared]
        judged += [((one.item, one.second, one.first), 1 - one.score) for one in compared]
    else:
        judged = [((one.item, one.method), one.value) for one in rated]
    return CriterionScores(
        preference={
            name: wilson(float(shares[0][place]), int(shares[1][place]))
            for place, name in enumerate(methods)
        },
        against={
            (methods[one], methods[two]): wilson(float(total[one, two]), int(met[one, two]))
            for one, two in combinations(range(len(methods)), 2)
            if met[one, two]
        },
        ties=sum(one.score == 0.5 for one in compared) / len(compared),
        scores=_bootstrapped(methods, wins),
        ratings=None if rated is None else _mean_ratings(methods, people, rated),
        alpha=ordinal_alpha(judged),
    )


def _wins(
    methods: Sequence[str], people: Sequence[str], compared: Iterable[Comparison]
) -> Float[np.ndarray, "p m m"]:
    """How often each participant preferred method i to method j, ties half to each."""
    place = {name: number for number, name in enumerate(methods)}
    person = {name: number for number, name in enumerate(people)}
    wins = np.zeros((len(people), len(methods), len(methods)))
    for one in compared:
        first, second = place[one.first], place[one.second]
        wins[person[one.participant], first, second] += one.score
        wins[person[one.participant], second, first] += 1 - one.score
    return wins


def _resampled(people: int) -> Float[np.ndarray, "r p"]:
    """How often each participant is in each resample: drawn with replacement."""
    draws = np.random.default_rng(_SEED).integers(people, size=(RESAMPLES, people))
    return np.stack([np.bincount(draw, minlength=people) for draw in draws]).astype(float)


def _bootstrapped(methods: Sequence[str], wins: Float[np.ndarray, "p m m"]) -> dict[str, Estimate]:
    """Scores with percentile intervals over resampled participants."""
    scores = bradley_terry(wins.sum(0))
    resampled = bradley_terry(np.einsum("rp,pij->rij", _resampled(len(wins)), wins))
    low, high = np.percentile(resampled, (2.5, 97.5), axis=0)
    return {
        name: Estimate(float(scores[i]), float(low[i]), float(high[i]), len(wins))
        for i, name in enumerate(methods)
    }


def _mean_ratings(
    methods: Sequence[str], people: Sequence[str], rated: Iterable[Rating]
) -> dict[str, Estimate]:
    """Mean ratings with percentile intervals over resampled participants."""
    place = {name: number for number, name in enumerate(methods)}
    person = {name: number for number, name in enumerate(people)}
    sums, counts = np.zeros((2, len(people), len(methods)))
    for one in rated:
        where = person.get(one.participant)
        if where is not None:  # who rated one video alone compared nothing
            sums[where, place[one.method]] += one.value
            counts[where, place[one.method]] += 1
    weights = _resampled(len(people))
    with np.errstate(invalid="ignore"):  # a resample of people who never saw a method
        resampled = (weights @ sums) / (weights @ counts)
    low, high = np.nanpercentile(resampled, (2.5, 97.5), axis=0)
    return {
        name: Estimate(
            float(sums[:, i].sum() / counts[:, i].sum()),
            float(low[i]),
            float(high[i]),
            int(counts[:, i].sum()),
        )
        for i, name in enumerate(methods)
    }
