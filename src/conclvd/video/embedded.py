"""Settings that were embedded in a video, back as the values they were written from."""

from __future__ import annotations

from typing import TypeVar

from conclvd.errors import InvalidRequest

Value = TypeVar("Value")


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
