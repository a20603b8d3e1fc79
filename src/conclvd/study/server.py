"""The study's page: people with a code, and videos that have no names."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from pathlib import PurePosixPath
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from conclvd.local_page import LocalHandler, LocalServer, Refused
from conclvd.study.answers import Answers
from conclvd.study.creation import VIDEOS
from conclvd.study.plan import CRITERIA
from conclvd.study.session import Question


class _Session(BaseModel):
    model_config = ConfigDict(extra="forbid")

    code: str


class _Given(_Session):
    question: int
    criterion: str
    value: str


class StudyServer(LocalServer):
    """Serves one study; the rest is `LocalServer`'s."""

    def __init__(
        self, answers: Answers, host: str, port: int, origins: tuple[str, ...] = ()
    ) -> None:
        self.answers = answers
        super().__init__(_Handler, host, port, origins)


class _Handler(LocalHandler):
    server: StudyServer
    package = "conclvd.study"
    pages: ClassVar[Mapping[str, str]] = {
        "/": "study.html",
        "/study.js": "study.js",
        "/words.js": "words.js",
        "/study.css": "study.css",
    }

    def get(self, path: str) -> None:
        answers = self.server.answers
        name = PurePosixPath(path)
        if str(name.parent) != f"/{VIDEOS}" or name.stem not in answers.plan.of_video:
            raise Refused(HTTPStatus.NOT_FOUND, "there is no such page")
        file = answers.folder / VIDEOS / f"{name.stem}.mp4"
        if not file.is_file():
            raise Refused(HTTPStatus.NOT_FOUND, f"the video {name.stem} is gone from the study")
        self.send_clip(file)

    def post(self, path: str) -> object:
        answers = self.server.answers
        if path == "/api/session":
            code = _Session.model_validate_json(self.body()).code
            return {
                "mode": answers.plan.mode,
                "ratio": answers.plan.width / answers.plan.height,
                "choices": answers.plan.choices,
                "criteria": list(CRITERIA),
                "questions": [
                    {**self._shown(question), "answers": answers.given(code, number)}
                    for number, question in enumerate(answers.questions(code))
                ],
            }
        if path == "/api/answer":
            given = _Given.model_validate_json(self.body())
            answers.record(given.code, given.question, given.criterion, given.value)
            return {}
        raise Refused(HTTPStatus.NOT_FOUND, "there is no such action")

    def _shown(self, question: Question) -> dict[str, object]:
        plan = self.server.answers.plan
        number, _ = plan.of_video[question.left]
        return {
            "videos": [video for video in (question.left, question.right) if video],
            "prompt": plan.items[number].prompt,
            "prompt_zh": plan.items[number].prompt_zh,
            "check": question.check,
        }
