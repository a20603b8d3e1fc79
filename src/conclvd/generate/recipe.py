"""How a video was made: what is embedded in its file, so that it can be made again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import metadata
from typing import ClassVar

from conclvd import __version__
from conclvd.errors import InvalidRequest
from conclvd.generate.request import Request
from conclvd.video.embedded import Embedded, content_of, validated

RECORDED = ("torch", "diffusers", "transformers", "numpy", "opencv-python-headless")


@dataclass(frozen=True)
class Recipe(Embedded):
    """Everything on which the pixels of a generated video depend.

    `weights` are the sha256 of each part of the model and of the motion module, `versions` those
    of the packages, `device` and `dtype` what was used where the request left it open.
    """

    FORMAT: ClassVar[str] = "conclvd-recipe/1"

    request: Request
    attention_kinds: tuple[str, ...]
    weights: dict[str, str]
    versions: dict[str, str]
    device: str
    dtype: str


def read_recipe(text: str, origin: str) -> Recipe:
    """Read what `Recipe.to_json` wrote; `origin` names the file in errors.

    Raises InvalidRequest when it is something else or holds settings this version does not know.
    """
    try:
        content = json.loads(text)
        found = content.pop("format", None) if isinstance(content, dict) else None
    except ValueError as error:
        raise InvalidRequest(f"{origin} holds no settings of a generation: {error}") from error
    if found != Recipe.FORMAT:
        raise InvalidRequest(
            f"{origin} holds settings in format {found!r}, expected {Recipe.FORMAT!r}"
        )
    return validated(Recipe, content, origin)


def is_recipe(text: str) -> bool:
    """Whether `text` is a recipe of any version, rather than whatever else a file may say."""
    return str(content_of(text).get("format")).startswith("conclvd-recipe/")


def differences(old: Recipe, new: Recipe) -> list[str]:
    """Why the pixels of `new` may not be those of `old` although the request is the same."""
    lines = []
    for part in old.weights.keys() | new.weights.keys():
        if old.weights.get(part) != new.weights.get(part):
            lines.append(f"the weights of the {part} are not those of the original video")
    if old.attention_kinds != new.attention_kinds:
        lines.append("the motion module has not the attentions of the original video's")
    if (old.device, old.dtype) != (new.device, new.dtype):
        lines.append(
            f"the original was made on {old.device} in {old.dtype}, this on {new.device} in "
            f"{new.dtype}; they are not the same to the last pixel"
        )
    changed = [
        f"{name} {old.versions.get(name)} -> {version}"
        for name, version in new.versions.items()
        if old.versions.get(name) != version
    ]
    if changed:
        lines.append(f"made with other versions than the original: {', '.join(changed)}")
    return sorted(lines)


def versions() -> dict[str, str]:
    """The versions on which the pixels of a video depend."""
    return {"conclvd": __version__} | {package: metadata.version(package) for package in RECORDED}
