"""The study's page: people with a code, and videos that have no names."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import FastAPI, HTTPException, Request, Response

from conclvd.server.app import Asked, file_in, page_app, send_video
from conclvd.study.answers import Answers
from conclvd.study.creation import VIDEOS
from conclvd.study.plan import CRITERIA, Plan
from conclvd.study.session import Question


class _Session(Asked):
    code: str


class _Given(_Session):
    question: int
    criterion: str
    value: str


def study_page(answers: Answers, origins: Iterable[str] = ()) -> FastAPI:
    """The page of one study; `origins` as of `page_app`."""
    plan = answers.plan
    app = page_app("conclvd.study", "study.html", origins)

    @app.api_route(f"/{VIDEOS}/{{video}}.mp4", methods=["GET", "HEAD"])
    def video(request: Request, video: str) -> Response:
        if video not in plan.of_video:
            raise HTTPException(404, "there is no such video")
        missing = f"the video {video} is gone from the study"
        return send_video(request, file_in(answers.folder / VIDEOS, f"{video}.mp4", missing))

    @app.post("/api/session")
    def session(asked: _Session) -> dict[str, object]:
        return {
            "mode": plan.mode,
            "ratio": plan.width / plan.height,
            "choices": plan.choices,
            "criteria": list(CRITERIA),
            "questions": [
                {**_shown(plan, question), "answers": answers.given(asked.code, number)}
                for number, question in enumerate(answers.questions(asked.code))
            ],
        }

    @app.post("/api/answer")
    def answer(given: _Given) -> dict[str, object]:
        answers.record(given.code, given.question, given.criterion, given.value)
        return {}

    return app


def _shown(plan: Plan, question: Question) -> dict[str, object]:
    number, _ = plan.of_video[question.left]
    return {
        "videos": [video for video in (question.left, question.right) if video],
        "prompt": plan.items[number].prompt,
        "prompt_zh": plan.items[number].prompt_zh,
        "check": question.check,
    }
