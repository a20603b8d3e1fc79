"""The probe: which palette, mountains, weather and things a picture shows.

A small convolutional classifier trained on painted frames alone; it reads generated pictures and
says whether they show what their caption asked for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from conclvd.errors import ModelError
from conclvd.files import whole
from conclvd.tensor_file import model_errors, read_header, read_tensors, write_tensors

FORMAT = "conclvd-probe-1"


def _block(channels_in: int, channels_out: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, 3, 2, 1, bias=False),
        nn.GroupNorm(8, channels_out),
        nn.SiLU(),
        nn.Conv2d(channels_out, channels_out, 3, 1, 1, bias=False),
        nn.GroupNorm(8, channels_out),
        nn.SiLU(),
    )


class Probe(nn.Module):
    """One classifier a question, on a shared body.

    `choices` names the answers of every question where one holds (such as the palette), `presence`
    the things that are there or not. Pictures are resized to `side` pixels.
    """

    def __init__(
        self,
        choices: Mapping[str, Sequence[str]],
        presence: Sequence[str],
        side: int = 192,
        width: int = 24,
    ) -> None:
        super().__init__()
        self.choices = {name: tuple(answers) for name, answers in choices.items()}
        self.presence, self.side, self.width = tuple(presence), side, width
        widths = [3, width, 2 * width, 4 * width, 6 * width, 8 * width]
        self.body = nn.Sequential(*(_block(a, b) for a, b in pairwise(widths)))
        outputs = sum(map(len, self.choices.values())) + len(self.presence)
        self.head = nn.Linear(2 * widths[-1], outputs)

    def forward(self, pictures: Float[Tensor, "b 3 h w"]) -> dict[str, Float[Tensor, "b k"]]:
        """Logits by question, `presence` last; pictures in [-1, 1]."""
        return self.answers(self.body(self.resized(pictures)))

    def resized(self, pictures: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 3 s s"]:
        """Pictures at the size that the body reads."""
        return functional.interpolate(pictures, size=(self.side, self.side), mode="area")

    def answers(self, seen: Float[Tensor, "b c y x"]) -> dict[str, Float[Tensor, "b k"]]:
        """Logits by question of what the body makes of pictures."""
        pooled = torch.cat([seen.mean((2, 3)), seen.amax((2, 3))], dim=1)
        sizes = [*map(len, self.choices.values()), len(self.presence)]
        parts = self.head(pooled).float().split(sizes, dim=1)
        return dict(zip([*self.choices, "presence"], parts, strict=True))


def save_probe(probe: Probe, file: Path) -> None:
    """Write a probe as fp16 safetensors with its questions in the header."""
    settings = {key: getattr(probe, key) for key in ("choices", "presence", "side", "width")}
    weights = {name: value.half() for name, value in probe.state_dict().items()}
    file.parent.mkdir(parents=True, exist_ok=True)
    with whole(file, ModelError) as part:
        write_tensors(part, weights, {"format": FORMAT, "settings": json.dumps(settings)})


def load_probe(file: Path) -> Probe:
    """Read a probe that `save_probe` wrote; raises ModelError for anything else."""
    if not file.is_file():
        raise ModelError(
            f"there is no probe at {file}; train one with python -m conclvd.pretrain probe"
        )
    header = read_header(file)
    if header.get("format") != FORMAT:
        raise ModelError(f"{file} is no probe: its format is {header.get('format')!r}")
    with model_errors(str(file)):
        probe = Probe(**json.loads(header["settings"]))
        probe.load_state_dict({name: each.float() for name, each in read_tensors(file).items()})
    return probe.eval()
