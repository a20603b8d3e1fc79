"""Who has which clip open."""

from conclvd.curate.presence import Presence


def test_others_are_told_and_forgotten_when_they_are_silent() -> None:
    now = 0.0
    presence = Presence(lambda: now)
    assert presence.see("a", "Li", "0.mp4") == {}
    assert presence.see("b", "", "1.mp4") == {"0.mp4": "Li"}
    assert presence.see("a", "Li", "2.mp4") == {"1.mp4": "somebody"}
    assert presence.see("b", "Wu", None) == {"2.mp4": "Li"}  # it was closed
    assert presence.see("a", "Li", "2.mp4") == {}
    now = 14.0
    assert presence.see("c", "He", "3.mp4") == {"2.mp4": "Li"}
    now = 16.0
    assert presence.see("c", "He", "3.mp4") == {}
