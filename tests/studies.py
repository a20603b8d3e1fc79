"""Small studies: folders of plain videos, plans without videos, participants of known taste."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from random import Random

import numpy as np

from conclvd.study.answers import Answer
from conclvd.study.plan import CRITERIA, Item, Mode, Plan
from conclvd.study.session import Question, questions_of
from conclvd.video.write import write_video

# grey levels that survive H.264 and tell the methods apart, on the page too
GREY = {"ConCLVD": 220, "AnimateDiff": 130, "Pika": 40}


def video(path: Path, grey: int, *, frames: int = 4, width: int = 64, height: int = 48) -> Path:
    """A plain video with a recipe embedded, as generated ones have."""
    path.parent.mkdir(parents=True, exist_ok=True)
    plain = np.full((height, width, 3), grey, np.uint8)
    return write_video(path, [plain] * frames, Fraction(12), metadata=f"made by {path.parent.name}")


def method_folder(folder: Path, prompts: list[str], grey: int | None = None) -> Path:
    """Videos named as `conclvd evaluate compare` names them, and their metadata.jsonl."""
    lines = []
    for number, prompt in enumerate(prompts):
        name = f"{number:04d}-s7.mp4"
        video(folder / name, GREY[folder.name] if grey is None else grey)
        line = {"file_name": name, "caption": prompt, "seed": 7, "method": folder.name}
        lines.append(json.dumps(line, ensure_ascii=False) + "\n")
    (folder / "metadata.jsonl").write_text("".join(lines), encoding="utf-8")
    return folder


def plan(
    methods: tuple[str, ...] = tuple(GREY),
    *,
    items: int = 20,
    mode: Mode = "pairs",
    questions: int = 30,
    checks: int = 3,
) -> Plan:
    """A plan whose video ids tell what they are, for tests without videos."""
    return Plan(
        mode=mode,
        questions=questions,
        checks=checks,
        seed=1,
        width=64,
        height=48,
        methods=methods,
        items=tuple(
            Item(prompt=f"prompt {i}", videos={name: f"{name}-{i}" for name in methods})
            for i in range(items)
        ),
    )


class Person:
    """Answers by the Bradley–Terry model: the better method wins as often as it says.

    `ties` of the answers are no difference. One who is `careless` answers anything to checks too.
    """

    def __init__(
        self,
        code: str,
        strength: Mapping[str, float],
        *,
        ties: float = 0,
        careless: bool = False,
    ) -> None:
        self.code = code
        self.strength = strength
        self.ties = ties
        self.careless = careless
        self._chance = Random(code)

    def choose(self, left: str, right: str) -> str:
        """Of two methods."""
        if self.careless:
            return self._chance.choice(("left", "equal", "right"))
        if self._chance.random() < self.ties:
            return "equal"
        wins = 1 / (1 + np.exp(self.strength[right] - self.strength[left]))
        return "left" if self._chance.random() < wins else "right"

    def rate(self, method: str) -> str:
        """1 to 5: the strength around 3, with noise."""
        noisy = 3 + self.strength[method] + self._chance.gauss(0, 0.7)
        return str(int(np.clip(round(noisy), 1, 5)))

    def value(self, study: Plan, question: Question) -> str:
        """The answer to one criterion of a question."""
        if question.check is not None and not self.careless:
            return question.check
        _, left = study.of_video[question.left]
        if question.right is None:
            return self.rate(left)
        return self.choose(left, study.of_video[question.right][1])

    def answers(self, study: Plan) -> list[Answer]:
        """Everything that this person answers in a study."""
        return [
            Answer(
                code=self.code,
                question=number,
                left=question.left,
                right=question.right,
                check=question.check,
                criterion=criterion,
                value=self.value(study, question),
            )
            for number, question in enumerate(questions_of(study, self.code))
            for criterion in CRITERIA
        ]
