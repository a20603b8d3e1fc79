"""`answers.jsonl`: every answer as it was given, appended to and never changed."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Final

from pydantic import BaseModel, ConfigDict

from conclvd.errors import InvalidRequest
from conclvd.lines import append_line, read_lines
from conclvd.study.plan import CRITERIA, Plan
from conclvd.study.session import Question, participant, questions_of

ANSWERS: Final = "answers.jsonl"


class Answer(BaseModel):
    """What a participant answered to one criterion of one question, counted from 0.

    `left` and `right` are the videos' ids, `right` None in ratings; `check` is the answer that an
    attention check asked for. There is nothing about the person but the code.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: str
    question: int
    left: str
    right: str | None = None
    check: str | None = None
    criterion: str
    value: str


def read_answers(folder: Path) -> list[Answer]:
    """All answers, in the order in which they came. Raises DatasetError."""
    return read_lines(folder / ANSWERS, Answer)


def latest(answers: Iterable[Answer]) -> list[Answer]:
    """The last answer to each criterion of each question, by participant and question."""
    last = {(answer.code, answer.question, answer.criterion): answer for answer in answers}
    order = {criterion: place for place, criterion in enumerate(CRITERIA)}
    return sorted(last.values(), key=lambda a: (a.code, a.question, order[a.criterion]))


class Answers:
    """The answers of a study while people give them; hold the folder's lock around this.

    Methods may be called from several threads. They raise InvalidRequest for a code, question or
    value that does not exist, DatasetError when the answer cannot be written.
    """

    def __init__(self, folder: Path, plan: Plan) -> None:
        self.folder = folder
        self.plan = plan
        self._lock = Lock()
        self._last = {
            (answer.code, answer.question, answer.criterion): answer.value
            for answer in read_answers(folder)
        }
        self._questions = cache(lambda code: questions_of(plan, code))

    def questions(self, code: str) -> tuple[Question, ...]:
        """The questions of a participant."""
        return self._questions(participant(code))

    def given(self, code: str, question: int) -> dict[str, str]:
        """What a participant answered so far, by criterion."""
        person = participant(code)
        with self._lock:
            return {
                criterion: self._last[person, question, criterion]
                for criterion in CRITERIA
                if (person, question, criterion) in self._last
            }

    def record(self, code: str, question: int, criterion: str, value: str) -> None:
        """Keep an answer: on the disk when this returns. It takes the place of an earlier one."""
        person = participant(code)
        asked = self._questions(person)
        if criterion not in CRITERIA or value not in self.plan.choices:
            raise InvalidRequest(f"{criterion} = {value} is no answer of this study")
        if not 0 <= question < len(asked):
            raise InvalidRequest(f"there is no question {question}; there are {len(asked)}")
        shown = asked[question]
        answer = Answer(
            code=person,
            question=question,
            left=shown.left,
            right=shown.right,
            check=shown.check,
            criterion=criterion,
            value=value,
        )
        with self._lock:
            append_line(self.folder / ANSWERS, answer)
            self._last[person, question, criterion] = value
