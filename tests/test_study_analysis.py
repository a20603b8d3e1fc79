"""The user study's numbers: textbook values, known preferences recovered, too few answers."""

import csv
import io
import sys
from itertools import chain, permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conclvd.errors import DatasetError, InvalidRequest
from conclvd.study.agreement import ordinal_alpha
from conclvd.study.analysis import Analysis, analyse
from conclvd.study.bradley_terry import bradley_terry
from conclvd.study.comparisons import attention_of, comparisons_of
from conclvd.study.plan import CRITERIA, Plan
from conclvd.study.report import markdown, write_report
from conclvd.study.table import answers_csv
from conclvd.study.wilson import wilson
from studies import GREY, Person, plan

STRENGTH = {"ConCLVD": 0.9, "AnimateDiff": 0.1, "Pika": -1.0}  # mean 0, as scores are


def crowd(study: Plan, people: int, **more: Any) -> Analysis:
    persons = [Person(f"p{number}", STRENGTH, **more) for number in range(people)]
    return analyse(study, chain.from_iterable(person.answers(study) for person in persons))


@pytest.fixture(scope="module")
def pairs() -> Analysis:
    return crowd(plan(), 60, ties=0.2)


def test_wilson_intervals_are_those_of_the_textbook() -> None:
    # 95 % score intervals of Newcombe, Statistics in Medicine 17 (1998), Table I, method 3
    for wins, count, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605)):
        found = wilson(wins, count)
        assert (found.low, found.high) == pytest.approx((low, high), abs=2e-4)
    nothing, all_of_it = wilson(0, 20), wilson(20, 20)
    assert (nothing.low, all_of_it.high) == (0, pytest.approx(1))
    assert nothing.high == pytest.approx(1 - all_of_it.low)
    assert wilson(9.5, 20).value == 0.475


def test_bradley_terry_of_two_methods_is_the_logarithm_of_the_odds() -> None:
    # 29 to 9 and the added tie: 29.5 to 9.5
    scores = bradley_terry(np.array([[0.0, 29.0], [9.0, 0.0]]))
    assert scores[0] - scores[1] == pytest.approx(np.log(29.5 / 9.5), abs=1e-6)
    assert scores.sum() == pytest.approx(0)


def test_bradley_terry_finds_the_strengths_behind_expected_wins() -> None:
    true = np.array([1.2, 0.3, -0.1, -1.4])
    share = 1 / (1 + np.exp(true[None, :] - true[:, None]))
    found = bradley_terry(1e7 * share)  # so many that the added ties vanish
    assert found == pytest.approx(true, abs=1e-4)
    stacked = bradley_terry(np.stack([1e7 * share, 1e7 * share.T]))
    assert stacked[0] == pytest.approx(found, abs=1e-6)
    assert stacked[1] == pytest.approx(-found, abs=1e-4)


def test_who_wins_always_has_a_finite_score() -> None:
    wins = np.zeros((3, 3))
    wins[0, 1] = wins[0, 2] = wins[1, 2] = 50
    scores = bradley_terry(wins)
    assert np.isfinite(scores).all()
    assert scores[0] > scores[1] > scores[2]


def test_alpha_is_that_of_krippendorffs_example() -> None:
    # Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), section C: ordinal 0.815
    rows = (
        "1 2 3 3 2 1 4 1 2 . . .",
        "1 2 3 3 2 2 4 1 2 5 . 3",
        ". 3 3 3 2 3 4 2 2 5 1 .",
        "1 2 3 3 2 4 4 1 2 5 1 .",
    )
    values = [
        (unit, float(value))
        for row in rows
        for unit, value in enumerate(row.split())
        if value != "."
    ]
    assert ordinal_alpha(values) == pytest.approx(0.815, abs=5e-4)


def test_alpha_is_1_where_all_agree_and_about_0_by_chance() -> None:
    assert ordinal_alpha([(unit, unit % 3) for unit in range(9) for _ in range(4)]) == 1
    rng = np.random.default_rng(0)
    chance = [(unit, float(rng.integers(3))) for unit in range(400) for _ in range(5)]
    assert ordinal_alpha(chance) == pytest.approx(0, abs=0.03)
    assert ordinal_alpha([(0, 1.0), (1, 2.0)]) is None  # nobody judged the same
    assert ordinal_alpha([(0, 1.0), (0, 1.0)]) is None  # nothing varies


def test_known_preferences_are_recovered(pairs: Analysis) -> None:
    for scores in pairs.by_criterion.values():
        found = scores.scores
        assert sorted(STRENGTH, key=lambda name: -found[name].value) == list(STRENGTH)
        shares = [scores.preference[name].value for name in STRENGTH]
        assert shares == sorted(shares, reverse=True)
        assert scores.ties == pytest.approx(0.2, abs=0.03)
        assert scores.alpha is not None
        assert 0 < scores.alpha < 1
        low, high = scores.against["ConCLVD", "Pika"].low, scores.against["ConCLVD", "Pika"].high
        expected = 0.8 / (1 + np.exp(STRENGTH["Pika"] - STRENGTH["ConCLVD"])) + 0.1
        assert low < expected < high


def test_intervals_of_scores_hold_the_true_strengths() -> None:
    # without ties people answer by the very model; 12 intervals, of which 0.6 miss on average
    found = crowd(plan(), 60)
    held = [
        scores.scores[name].low <= true <= scores.scores[name].high
        for scores in found.by_criterion.values()
        for name, true in STRENGTH.items()
    ]
    assert sum(held) >= 10


def test_agreement_on_pairs_is_beyond_what_coins_would_do() -> None:
    # two methods, one preferred with probability p by all: alpha is (2p - 1)²
    strength = {"A": 1.0, "B": -1.0}
    share = 1 / (1 + np.exp(-2))
    for names in (("A", "B"), ("B", "A")):
        study = plan(names, items=30)
        people = [Person(f"p{number}", strength) for number in range(40)]
        found = analyse(study, chain.from_iterable(person.answers(study) for person in people))
        for scores in found.by_criterion.values():
            assert scores.alpha == pytest.approx((2 * share - 1) ** 2, abs=0.06)


def test_ratings_are_recovered_and_compared() -> None:
    found = crowd(plan(mode="ratings", questions=12), 40)
    for scores in found.by_criterion.values():
        assert scores.ratings is not None
        for name, strength in STRENGTH.items():
            assert scores.ratings[name].value == pytest.approx(3 + strength, abs=0.2)
            assert scores.ratings[name].low < scores.ratings[name].value < scores.ratings[name].high
            assert scores.ratings[name].count == 160
        assert sorted(STRENGTH, key=lambda name: -scores.scores[name].value) == list(STRENGTH)
        assert scores.alpha is not None
        assert scores.alpha > 0.2


def test_people_without_a_preference_give_half_and_no_agreement() -> None:
    study = plan()
    careless = [Person(f"c{number}", STRENGTH, careless=True) for number in range(60)]
    found = analyse(study, chain.from_iterable(one.answers(study) for one in careless))
    for scores in found.by_criterion.values():
        assert scores.alpha == pytest.approx(0, abs=0.08)
        for name in GREY:
            assert scores.preference[name].value == pytest.approx(0.5, abs=0.05)


def test_sides_do_not_matter() -> None:
    study = plan(items=4, questions=12, checks=0)
    one = Person("p1", STRENGTH).answers(study)
    turn = {"left": "right", "right": "left", "equal": "equal"}
    turned = [
        answer.model_copy(
            update={"left": answer.right, "right": answer.left, "value": turn[answer.value]}
        )
        for answer in one
    ]
    assert comparisons_of(study, one) == comparisons_of(study, turned)


def test_inattentive_people_are_reported_and_excluded_only_if_asked() -> None:
    study = plan()
    people = [Person(f"p{number}", STRENGTH) for number in range(6)]
    people += [Person(f"x{number}", STRENGTH, careless=True) for number in range(3)]
    answers = list(chain.from_iterable(person.answers(study) for person in people))
    careless = {code for code, seen in attention_of(answers).items() if seen.failed == 3}
    assert careless == {"x0", "x1", "x2"}
    included = analyse(study, answers)
    assert (included.inattentive, len(included.participants)) == (careless, 9)
    assert "3 failed more than 50% of theirs and are included; 9 are counted" in markdown(included)
    assert "- `x1` failed 3 of 3 checks" in markdown(included)
    excluded = analyse(study, answers, exclude_inattentive=True)
    assert len(excluded.participants) == 6
    assert "are excluded; 6 are counted" in markdown(excluded)
    assert analyse(study, answers, failed_share=1).inattentive == frozenset()
    alone = analyse(study, [answer for answer in answers if answer.code not in careless])
    assert excluded.by_criterion == alone.by_criterion


def test_the_last_answer_counts() -> None:
    study = plan(checks=0)
    first = Person("p1", STRENGTH).answers(study) + Person("p2", STRENGTH).answers(study)
    second = [answer.model_copy(update={"value": "equal"}) for answer in first]
    found = analyse(study, [*first, *second])
    for scores in found.by_criterion.values():
        assert scores.ties == 1
        assert all(one.value == pytest.approx(0) for one in scores.scores.values())
    rows = list(csv.DictReader(io.StringIO(answers_csv(study, [*first, *second]))))
    assert len(rows) == 2 * 30 * 4
    assert {row["answer"] for row in rows} == {"equal"}


def test_too_few_answers_are_said(pairs: Analysis) -> None:
    study = pairs.plan
    with pytest.raises(DatasetError, match="0 of the 2"):
        analyse(study, [])
    one = Person("p1", STRENGTH).answers(study)
    with pytest.raises(DatasetError, match="1 of the 2"):
        analyse(study, one)
    both = one + Person("p2", STRENGTH).answers(study)
    without = [a for a in both if "Pika" not in f"{a.left} {a.right}"]
    with pytest.raises(DatasetError, match=r"Pika .*text alignment"):
        analyse(study, without)
    for missing in CRITERIA:
        some = [answer for answer in both if answer.criterion != missing]
        with pytest.raises(DatasetError, match=CRITERIA[missing].lower()):
            analyse(study, some)
    careless = [Person(code, STRENGTH, careless=True).answers(study) for code in ("x0", "x1")]
    with pytest.raises(DatasetError, match=r"2 inattentive .*0 of"):
        analyse(study, [*careless[0], *careless[1]], exclude_inattentive=True)


def test_the_export_names_methods_and_checks(pairs: Analysis) -> None:
    study = pairs.plan
    text = answers_csv(study, Person("p1", {}, careless=True).answers(study))
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 33 * 4
    assert sum(row["check"] != "" for row in rows) == 3 * 4
    assert {(row["left"], row["right"]) for row in rows} <= set(permutations(GREY, 2))
    assert [int(row["question"]) for row in rows[::4]] == list(range(1, 34))


def test_the_report_has_all_numbers_and_the_figure(pairs: Analysis, tmp_path: Path) -> None:
    write_report(pairs, tmp_path / "report")
    text = (tmp_path / "report" / "report.md").read_text(encoding="utf-8")
    style = pairs.by_criterion["painting_style"]
    assert f"{100 * style.preference['Pika'].value:.1f} [" in text
    assert f"{style.scores['Pika'].value:+.2f} [" in text
    rows = list(csv.DictReader(io.StringIO((tmp_path / "report" / "scores.csv").read_text())))
    told = {(row["criterion"], row["measure"], row["method"], row["against"]): row for row in rows}
    assert len(rows) == len(told) == 4 * (3 + 3 + 3 + 1)
    row = told["painting_style", "bradley_terry", "Pika", ""]
    assert float(row["low"]) == pytest.approx(style.scores["Pika"].low, abs=1e-4)
    for name in ("figure.png", "figure.svg"):
        first = (tmp_path / "report" / name).read_bytes()
        assert len(first) > 10_000
    write_report(pairs, tmp_path / "report")
    assert (tmp_path / "report" / "figure.svg").read_bytes() == first


def test_without_matplotlib_no_folder_is_left_behind(
    pairs: Analysis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)  # as if it were not installed
    with pytest.raises(InvalidRequest, match=r"conclvd\[evaluate\]"):
        write_report(pairs, tmp_path / "report")
    assert not (tmp_path / "report").exists()


def test_bars_of_the_figure_are_the_estimates(pairs: Analysis, tmp_path: Path) -> None:
    from matplotlib.figure import Figure

    from conclvd.study.figure import draw_bars

    for analysis, scale in ((pairs, 100), (crowd(plan(mode="ratings", questions=12), 3), 1)):
        axes = Figure().add_subplot()
        draw_bars(axes, analysis, readable=True)
        heights = [patch.get_height() for patch in axes.patches]
        expected = [
            scale * ((scores.ratings or scores.preference)[name].value)
            for name in GREY
            for scores in analysis.by_criterion.values()
        ]
        assert heights == pytest.approx(expected)
        legend = axes.get_legend()
        assert legend is not None
        assert [text.get_text() for text in legend.get_texts()] == list(GREY)


def test_names_that_could_be_markup_are_shown_as_they_are(tmp_path: Path) -> None:
    names = ("a|b", "$x_1$ 山水")
    study = plan(names)
    people = [Person(code, dict.fromkeys(names, 0.0)) for code in ("p1", "p2")]
    found = analyse(study, chain.from_iterable(person.answers(study) for person in people))
    write_report(found, tmp_path)  # a warning, such as of a missing glyph, would fail
    assert "| a\\|b |" in (tmp_path / "report.md").read_text(encoding="utf-8")
