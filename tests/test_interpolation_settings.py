"""Settings of an interpolation that cannot be used."""

from __future__ import annotations

import pytest

from conclvd.errors import InvalidRequest
from conclvd.interpolation.settings import Settings


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"mode": "cubic"}, "mode must be one of sofp, linear, found 'cubic'"),
        ({"passes": 0}, "passes must be 1 to 5, found 0"),
        ({"passes": 6}, "found 6"),
        ({"reach": 0}, "reach must be 1 or more, found 0"),
        ({"batch": 0}, "batch must be 1 or more, found 0"),
    ],
)
def test_settings_that_cannot_be_used(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidRequest, match=message):
        Settings(**wrong)  # type: ignore[arg-type]
