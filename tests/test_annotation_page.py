"""The annotation page in a real browser, by keyboard alone."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import captioners
import films
from annotating import Person, annotating, busy
from clip_folders import FRAMES, dataset
from conclvd.curate.annotations import version_of
from conclvd.curate.captioner import Captioner
from conclvd.curate.suggest import suggest_captions
from conclvd.manifest import read_manifest, write_manifest
from serving import Served, ask

pytestmark = pytest.mark.slow
HTML = '<b>bold</b> <img src=x onerror="document.title=1">'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return dataset(tmp_path / "set")


@pytest.fixture
def server(folder: Path) -> Iterator[Served]:
    with annotating(folder) as opened:
        yield opened


@pytest.fixture
def li(browser: Any, server: Served) -> Iterator[Person]:
    person = Person(browser, server, "Li")
    yield person
    person.context.close()
    assert person.wrong == []


def test_captions_and_tags_are_written_and_confirmed(li: Person, folder: Path) -> None:
    li.see("#left", "0 of 3 reviewed, 3 left")
    li.keys("e", "Control+a", "a boat drifts", "Escape", "c", "一叶扁舟", "Escape")
    li.keys("t", "season:autumn", "Enter", "weather：mist", "Enter", "colour:red", "Enter")
    li.see("#message", "kinds are season, weather")
    li.keys("Control+a", "style:ink wash", "Enter", "Control+Enter")
    li.see("#left", "1 of 3 reviewed, 2 left")
    li.saved()
    li.see("#about", "clips/1.mp4")  # the next one is open
    record = read_manifest(folder)[0]
    assert (record.caption, record.caption_zh) == ("a boat drifts", "一叶扁舟")
    assert record.tags == ("season:autumn", "weather:mist", "style:ink wash")
    assert record.reviewed_by == "Li"
    li.page.reload()
    li.see("#left", "1 of 3 reviewed, 2 left")
    assert li.page.input_value("#person") == "Li"


def test_a_suggestion_is_shown_as_one_until_a_person_confirms_it(
    folder: Path, browser: Any, tmp_path: Path
) -> None:
    records = read_manifest(folder)
    write_manifest(folder, [records[0].model_copy(update={"caption": ""}), *records[1:]])
    suggest_captions(folder, Captioner(str(captioners.blip(tmp_path / "tiny blip"))))
    said = read_manifest(folder)[0].caption
    with annotating(folder) as server:
        li = Person(browser, server, "Li")
        li.see("#left", "0 of 3 reviewed")
        li.see("#state", "Suggested by tiny blip; nobody has confirmed it.")
        assert li.page.input_value("#caption") == said
        assert li.page.locator("#clips .suggested").count() == 1
        li.keys("Control+Enter")
        li.saved()
        li.see("#left", "1 of 3 reviewed")
        assert li.page.locator("#clips .suggested").count() == 0
        record = read_manifest(folder)[0]
        assert (record.caption, record.suggested_by, record.reviewed_by) == (
            said,
            "tiny blip",
            "Li",
        )
        li.keys("z")
        li.see("#state", "Suggested by tiny blip; nobody has confirmed it.")
        li.context.close()
        assert li.wrong == []


def test_the_clip_plays_in_a_loop_and_stops_at_frames(li: Person) -> None:
    li.playing()
    state = "(({loop, paused}) => [loop, paused])(document.querySelector('video'))"
    assert li.page.evaluate(state) == [True, False]
    li.keys("Space")
    assert li.page.evaluate(state) == [True, True]
    li.keys(*FRAMES * ",")
    li.see("#frame", f"frame 0 of {FRAMES}")
    li.keys(".", ".")
    li.see("#frame", f"frame 2 of {FRAMES}")


def test_html_is_shown_as_text(li: Person, folder: Path) -> None:
    li.keys("e", "Control+a", HTML, "Control+s")
    li.see("#message", "saved, not confirmed")
    assert read_manifest(folder)[0].caption == HTML
    assert li.text("#clips .caption") == HTML
    assert li.page.locator("#clips b, #clips img").count() == 0
    assert li.page.title() == "Captions: set"


def test_reject_split_merge_and_undo(li: Person, folder: Path) -> None:
    li.keys("x")
    li.see("#message", "rejected; Z brings it back")
    assert len(read_manifest(folder)) == 2
    li.keys("z")
    li.see("#message", "took back: reject")
    li.playing()
    li.keys("Space")
    li.keys(*FRAMES * ",", ".", ".")
    li.see("#frame", f"frame 2 of {FRAMES}")
    li.keys("s")
    li.see("#message", "split at frame 2")
    assert [record.frames for record in read_manifest(folder)] == [2, 4, 6, 6]
    li.keys("m")
    li.see("#message", "merged")
    assert [record.frames for record in read_manifest(folder)] == [6, 6, 6]
    li.keys("z")
    li.see("#message", "took back: merge")
    li.keys("z")
    li.see("#message", "took back: split")
    assert read_manifest(folder)[0].file_name == "clips/0.mp4"


@pytest.fixture
def wu(browser: Any, server: Served, li: Person) -> Iterator[Person]:
    said = {"clips/0.mp4": "Li"}
    look = {"tab": "none", "by": "", "file_name": None}
    li.wait(
        lambda: ask(server, "/api/look", look).json()["others"] == said, "word of what Li has open"
    )
    person = Person(browser, server, "Wu")
    person.see("#about", "clips/1.mp4")  # not the one that Li has open
    yield person
    person.context.close()
    assert person.wrong == []


def test_of_two_browsers_saving_at_once_the_second_is_told(
    li: Person, wu: Person, folder: Path
) -> None:
    wu.keys("k")
    wu.see("#state", "Li has it open, too")
    for person, words in ((li, "hers"), (wu, "his")):
        person.keys("e", "Control+a", words)
    li.keys("Control+Enter")
    li.saved()
    wu.keys("Control+Enter")
    wu.see("#message", "clips/0.mp4 was changed by Li since you opened it")
    assert read_manifest(folder)[0].caption == "hers"
    wu.see("#about", "clips/0.mp4")
    assert wu.page.input_value("#caption") == "his"  # not lost
    wu.see("#theirs", "Saved by them: hers")
    wu.keys("Escape", "j")
    wu.see("#message", "changes that are not saved")
    wu.keys("r")
    wu.see("#state", "Reviewed by Li")
    assert wu.page.input_value("#caption") == "hers"
    assert not wu.page.is_visible("#theirs")
    wu.keys("e", "Control+a", "both", "Control+Enter")  # on what was read now
    wu.saved()
    assert read_manifest(folder)[0].caption == "both"


def test_somebody_types_on_while_the_server_takes_its_time(
    li: Person, server: Served, folder: Path
) -> None:
    with busy(server):
        for words in ("one", "two"):
            li.keys("e", "Control+a", words, "Control+Enter")
            li.keys(" more", "Control+a", f"then after {words}")  # at once, to the next clip
        li.keys("Control+Enter")
        li.see("#saved", "saving")
        li.see("#left", "3 of 3 reviewed")
        assert [record.reviewed_by for record in read_manifest(folder)] == [None] * 3
    li.saved()
    captions = [record.caption for record in read_manifest(folder)]
    assert captions == ["one", "two", "then after two"]
    assert [edit.after[0].caption for edit in server.kept.history()] == captions


def test_keys_pressed_during_a_save_are_done_after_it(
    li: Person, server: Served, folder: Path
) -> None:
    with busy(server):
        li.keys("e", "Control+a", "first", "Control+s", " and more", "Control+s")
        li.keys("Escape", "j", "x", "z")  # the next clip: rejected, and brought back
    li.see("#message", "took back: reject")
    li.saved()
    assert [edit.action for edit in server.kept.history()] == [*("save", "save", "reject", "undo")]
    records = read_manifest(folder)
    assert [record.caption for record in records] == ["first and more", "clip 1", "clip 2"]


def test_what_was_refused_waits_until_the_person_has_written(
    li: Person, wu: Person, folder: Path
) -> None:
    with wu.far_away():  # hers is first at the server
        # before she goes on: he would pass over the clip that she has open
        wu.keys("k", "e", "Control+a", "his", "Control+Enter", "Control+a", "his next one")
        li.keys("e", "Control+a", "hers", "Control+Enter")
        li.saved()
    wu.see("#message", "changed by Li since you opened it; your text for it is kept")
    wu.see("#about", "clips/1.mp4")
    assert wu.page.input_value("#caption") == "his next one"
    wu.keys("Control+Enter")
    wu.saved()
    assert read_manifest(folder)[1].caption == "his next one"
    wu.keys("Escape", "k", "k")
    wu.see("#about", "clips/0.mp4")
    assert wu.page.input_value("#caption") == "his"
    wu.see("#state", "Reviewed by Li")


def test_text_is_kept_when_the_server_is_gone(li: Person, folder: Path) -> None:
    li.context.set_offline(True)
    li.keys("e", "Control+a", "kept", "Control+Enter")
    li.see("#message", "the server does not answer")
    li.see("#about", "clips/0.mp4")
    assert li.page.input_value("#caption") == "kept"
    assert "0 of 3" in li.text("#left")
    li.context.set_offline(False)
    li.keys("Control+Enter")
    li.see("#about", "clips/1.mp4")
    li.saved()
    assert read_manifest(folder)[0].caption == "kept"


def test_tags_by_their_first_letters_and_several_at_once(li: Person, folder: Path) -> None:
    li.keys("t", "aut, mist", "Enter", "p", "Enter")
    li.see("#message", "p may be elements:pavilion or elements:pine or motion:pan left")
    li.keys("Control+a", "elements:鹤鸟", "Control+Enter")  # no Enter before: not lost
    li.saved()
    assert read_manifest(folder)[0].tags == ("season:autumn", "weather:mist", "elements:鹤鸟")
    li.keys("Escape", "t", "鹤鸟", "Enter")  # known from now on
    pressed = li.page.locator("#tags [aria-pressed=true]")
    assert pressed.all_text_contents() == ["鹤鸟"]
    pressed.click()
    assert pressed.count() == 0


def test_a_clip_that_says_nothing_of_its_rate_is_split_at_the_frame_that_is_seen(
    browser: Any, folder: Path
) -> None:
    films.write(folder / "clips" / "0.mp4", films.shot(0, 12, 64, 48), Fraction(6))
    first, *others = read_manifest(folder)
    bare = {"fps": None, "frames": None, "sha256": None}
    write_manifest(folder, [first.model_copy(update=bare), *others])
    with annotating(folder) as server:
        li = Person(browser, server, "Li")
        li.playing()
        li.see("#frame", "of 12")
        li.keys("Space", *14 * ",", *5 * ".")
        li.see("#frame", "frame 5 of 12")
        li.keys("s")
        li.see("#message", "split at frame 5")
        assert [record.frames for record in read_manifest(folder)] == [5, 7, 6, 6]
        li.context.close()
        assert li.wrong == []


def test_what_others_do_appears(li: Person, server: Served) -> None:
    notes = server.kept
    record = notes.records()[0]
    notes.save(
        record.file_name, version_of(record), "Wu", caption="from afar", caption_zh=None, tags=(),
        confirm=True,
    )  # fmt: skip
    li.see("#left", "1 of 3 reviewed")
    li.see("#state", "Reviewed by Wu")
