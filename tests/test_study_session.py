"""Asking the questions of a study: balance, codes, answers that outlive a crash, bad input."""

from collections import Counter
from pathlib import Path

import pytest

from conclvd.errors import InvalidRequest
from conclvd.study.answers import ANSWERS, Answers, read_answers
from conclvd.study.session import participant, questions_of
from studies import plan


def test_the_same_code_gets_the_same_questions_and_others_get_others() -> None:
    study = plan()
    assert questions_of(study, "p1") == questions_of(study, "p1")
    assert questions_of(study, "p1") != questions_of(study, "p2")


def test_questions_are_balanced() -> None:
    study = plan(items=20, questions=30, checks=3)
    lefts: Counter[str] = Counter()
    for person in range(50):
        asked = questions_of(study, f"p{person}")
        assert len(asked) == 33
        assert asked[0].check is None
        assert sum(one.check is not None for one in asked) == 3
        real = [one for one in asked if one.check is None]
        assert len({frozenset((one.left, one.right)) for one in real}) == 30  # none twice
        met: Counter[frozenset[str]] = Counter()
        for one in real:
            assert one.right is not None
            (item, left), (other, right) = study.of_video[one.left], study.of_video[one.right]
            assert item == other
            met[frozenset((left, right))] += 1
            lefts[left] += 1
        assert set(met.values()) == {10}
    assert all(abs(count - 500) < 60 for count in lefts.values())  # 500 ± 16 by chance


def test_questions_are_as_many_as_there_are() -> None:
    assert len(questions_of(plan(items=2, questions=30, checks=2), "p1")) == 6 + 2
    rated = questions_of(plan(mode="ratings", items=5, questions=10, checks=1), "p1")
    assert len(rated) == 9 + 1
    assert all(one.right is None for one in rated)
    real = [one.left.split("-") for one in rated if one.check is None]
    assert set(Counter(item for _, item in real).values()) == {3}  # all methods of a prompt


@pytest.mark.parametrize(
    ("typed", "kept"), [("P07", "p07"), (" p-7_x ", "p-7_x"), ("Ｐ７", "p7"), ("李四", "李四")]
)
def test_codes_are_kept_alike_however_they_are_typed(typed: str, kept: str) -> None:
    assert participant(typed) == kept


@pytest.mark.parametrize("typed", ["", " ", "-a", "a b", "../x", "a" * 33, "=1+1", "a\nb", "<i>"])
def test_odd_codes_are_refused(typed: str) -> None:
    with pytest.raises(InvalidRequest, match=r"1 to 32 .*- and _"):
        participant(typed)


def test_answers_are_kept_line_by_line_and_go_on_after_a_crash(tmp_path: Path) -> None:
    study = plan()
    answers = Answers(tmp_path, study)
    for number, value in enumerate(("left", "equal", "right")):
        answers.record("P1", 0, "overall_quality", value)
        assert len(read_answers(tmp_path)) == number + 1
    assert answers.given("p1", 0) == {"overall_quality": "right"}
    with (tmp_path / ANSWERS).open("a") as file:
        file.write('{"code": "p1", "quest')  # the machine went down here
    again = Answers(tmp_path, study)
    assert again.given("p1", 0) == {"overall_quality": "right"}
    again.record("p1", 1, "painting_style", "left")
    kept = read_answers(tmp_path)
    assert [one.value for one in kept] == ["left", "equal", "right", "left"]
    shown = questions_of(study, "p1")[1]
    assert (kept[3].left, kept[3].right, kept[3].check) == (shown.left, shown.right, shown.check)
    assert set(kept[3].model_dump(exclude_none=True)) <= {
        "code", "question", "left", "right", "check", "criterion", "value"
    }  # fmt: skip


def test_answers_that_make_no_sense_are_refused(tmp_path: Path) -> None:
    answers = Answers(tmp_path, plan())
    for question, criterion, value in (
        (33, "overall_quality", "left"),
        (-1, "overall_quality", "left"),
        (0, "beauty", "left"),
        (0, "overall_quality", "5"),
    ):
        with pytest.raises(
            InvalidRequest, match=r"is no answer of this study|there is no question"
        ):
            answers.record("p1", question, criterion, value)
    assert read_answers(tmp_path) == []
