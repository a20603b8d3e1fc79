"""Settings that are embedded in a video as a line of JSON, and back as what they were."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, TypeVar

from conclvd.errors import InvalidRequest

Value = TypeVar("Value")


@dataclass(frozen=True)
class Embedded:
    """What says how a video was made; `FORMAT` tells one kind of it from another."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}
    FORMAT: ClassVar[str]

    def to_json(self) -> str:
        """One line of JSON, non-ASCII characters as they are."""
        content = {"format": self.FORMAT, **asdict(self)}
        return json.dumps(content, ensure_ascii=False, default=str)  # default: fps, a Fraction


def content_of(text: str) -> dict[str, Any]:
    """The settings in a text of any format; none where it is no JSON object."""
    try:
        content = json.loads(text)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def validated(kind: type[Value], content: object, origin: str) -> Value:
    """`content`, read from the file `origin`, as a `kind`.

    Raises InvalidRequest, which names the setting, for what this version does not know.
    """
    from pydantic import TypeAdapter, ValidationError

    try:
        return TypeAdapter(kind).validate_python(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InvalidRequest(
            f"{origin}: its setting {where} cannot be used: {first['msg']}; another version of "
            "conclvd may have made it"
        ) from error
