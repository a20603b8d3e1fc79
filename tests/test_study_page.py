"""The study's page in a real browser: people who know nothing but what they see, by keyboard."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from conclvd.study.analysis import analyse
from conclvd.study.answers import Answers, read_answers
from conclvd.study.creation import create_study
from conclvd.study.plan import CRITERIA, read_plan
from conclvd.study.server import study_page
from serving import Served, serving
from studies import GREY, method_folder

pytestmark = pytest.mark.slow
HTML = '<b>bold</b> <img src=x onerror="document.title=1">'
PROMPTS = [HTML, "a boat on a lake", "peaks in mist"]
TITLE = "山水 · Landscapes in motion"
SEEN = """videos().map((video) => {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const pen = canvas.getContext("2d");
  pen.drawImage(video, 0, 0, 1, 1);
  return pen.getImageData(0, 0, 1, 1).data[0];
})"""


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Makes a study of plain grey videos and serves it; its folder is `server.kept.folder`."""
    with ExitStack() as servers:

        def serve(**settings: Any) -> Served:
            for name in GREY:
                method_folder(tmp_path / "out" / name, PROMPTS)
            create_study(tmp_path / "S", [str(tmp_path / "out")], **settings)
            answers = Answers(tmp_path / "S", read_plan(tmp_path / "S"))
            return servers.enter_context(serving(study_page(answers), answers))

        yield serve


class Visitor:
    """Somebody at a browser of their own, who prefers lighter videos but for one slip a criterion.

    Slips are counted, not drawn: plans are by chance, and what is tested must hold for each.
    """

    def __init__(self, browser: Any, server: Served, code: str, locale: str = "en-GB") -> None:
        self.context = browser.new_context(locale=locale)
        self.page = self.context.new_page()
        self.page.set_default_timeout(30_000)
        self.wrong: list[str] = []
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.pairs = 0
        # the greys seen, 1 for the chosen one
        self.chose: dict[str, list[tuple[int, int]]] = {name: [] for name in CRITERIA}
        self.page.goto(server.url)
        self.page.keyboard.insert_text(code)  # the code's field has the focus
        self.page.keyboard.press("Enter")

    def close(self) -> None:
        self.context.close()
        assert self.wrong == []

    def wait(self, script: str) -> None:
        # asked from here: what playwright polls within the page, the page's own rules forbid
        limit = time.monotonic() + 60
        while not self.page.evaluate(script):
            assert time.monotonic() < limit, f"not within 60 s: {script}"
            self.page.wait_for_timeout(10)

    def keys(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def text(self, place: str) -> str:
        return str(self.page.text_content(place))

    def at(self, count: str) -> None:
        """Wait until a question is shown, and its videos."""
        self.wait(f"document.getElementById('count').textContent === '{count}'")
        self.wait("videos().length > 0 && videos().every((video) => video.readyState >= 2)")

    def seen(self) -> list[int]:
        """The grey of the videos, as shown."""
        return [int(value) for value in self.page.evaluate(SEEN)]

    def answer(self) -> None:
        """All criteria; the lighter video wins but in the first pair for the first criterion, in
        the second for the second, and so on."""
        check = self.page.evaluate("document.querySelector('#prompt.check span')?.textContent")
        if check:
            self.keys(*[{"Left": "1", "Right": "2", "No difference": "="}[check]] * 4)
        else:
            shown = self.seen()
            for number, criterion in enumerate(CRITERIA):
                win = number != self.pairs
                chosen = int((shown[0] > shown[1]) != win)  # 0 left, 1 right
                self.keys(str(chosen + 1))
                self.chose[criterion] += [(shown[chosen], 1), (shown[1 - chosen], 0)]
            self.pairs += 1
        self.keys("Enter")


def test_known_preferences_of_visitors_are_recovered(
    browser: Any, make: Callable[..., Served]
) -> None:
    server = make(questions=9, checks=1)
    visitors = [Visitor(browser, server, code) for code in ("V1", "v2", "李-3", "v4")]
    for visitor in visitors:
        for number in range(1, 11):
            visitor.at(f"{number} / 10")
            visitor.answer()
        visitor.wait("!document.getElementById('thanks').hidden")
        visitor.close()
    folder = server.kept.folder
    found = analyse(read_plan(folder), read_answers(folder))
    assert found.participants == ("v1", "v2", "v4", "李-3")
    assert found.inattentive == frozenset()
    for criterion, scores in found.by_criterion.items():
        ranked = sorted(GREY, key=lambda name: -scores.scores[name].value)
        assert ranked == sorted(GREY, key=lambda name: -GREY[name])
        assert scores.preference["ConCLVD"].low > scores.preference["Pika"].high
        chose = [one for visitor in visitors for one in visitor.chose[criterion]]
        for name, grey in GREY.items():  # to the last key
            won = [win for seen, win in chose if abs(seen - grey) < 20]
            assert scores.preference[name].value == pytest.approx(sum(won) / len(won))
            assert scores.preference[name].count == len(won) == 24


def test_a_reload_goes_on_where_it_stopped_and_answers_can_be_changed(
    browser: Any, make: Callable[..., Served]
) -> None:
    server = make(questions=4, checks=0)
    visitor = Visitor(browser, server, "p1")
    visitor.at("1 / 4")
    first = visitor.seen()
    visitor.keys("1", "1", "=", "Enter")
    visitor.wait("!document.getElementById('message').hidden")
    assert visitor.text("#message") == "please answer all four questions first"
    visitor.keys("2", "Enter")
    visitor.at("2 / 4")
    visitor.keys("1", "2")
    visitor.wait("document.querySelectorAll('[aria-pressed=true]').length === 2")
    visitor.page.evaluate("sending")  # until the answers are kept
    visitor.page.reload()
    visitor.at("2 / 4")
    assert visitor.page.locator("[aria-pressed=true]").count() == 2  # half a question, too
    visitor.keys("Backspace")
    visitor.at("1 / 4")
    assert visitor.seen() == pytest.approx(first, abs=2)
    visitor.keys("ArrowUp", "ArrowUp", "ArrowUp", "2", "Enter")
    visitor.at("2 / 4")
    visitor.close()
    answers = read_answers(server.kept.folder)
    mine = [one.value for one in answers if one.question == 0]
    assert mine == ["left", "left", "equal", "right", "right"]  # the history is kept
    assert server.kept.given("p1", 0)["text_alignment"] == "right"
    other = Visitor(browser, server, "P1")  # elsewhere, another day
    other.at("2 / 4")
    other.close()


def test_two_videos_loop_in_step(browser: Any, make: Callable[..., Served]) -> None:
    visitor = Visitor(browser, make(questions=2, checks=0), "p1")
    visitor.at("1 / 2")
    visitor.page.evaluate(
        "window.begun = 0; videos()[0].addEventListener('seeked', () => { window.begun += 1; })"
    )
    visitor.wait("window.begun >= 2")  # begun anew twice
    times = visitor.page.evaluate("videos().map((video) => video.currentTime)")
    assert times[0] == pytest.approx(times[1], abs=0.1)
    visitor.wait("videos().every((video) => !video.paused)")
    visitor.keys("Space")
    assert visitor.page.evaluate("videos().every((video) => video.paused)")
    visitor.close()


def test_prompts_are_text_and_the_page_speaks_chinese(
    browser: Any, make: Callable[..., Served]
) -> None:
    visitor = Visitor(browser, make(questions=9, checks=0), "p 1", locale="zh-CN")
    visitor.wait("document.getElementById('message').textContent.includes('汉字')")
    visitor.page.fill("#code", "p1")
    visitor.keys("Enter")
    visitor.at("1 / 9")
    assert "时间连贯" in visitor.text("#rows")
    visitor.page.click("#language")
    assert "Temporal consistency" in visitor.text("#rows")
    place = visitor.page.evaluate(
        "session.questions.findIndex((question) => question.prompt.startsWith('<b>'))"
    )
    visitor.page.evaluate(f"go({place})")
    assert visitor.text("#prompt span") == HTML
    assert visitor.page.locator("#prompt b, #prompt img").count() == 0
    assert visitor.page.title() == TITLE
    visitor.close()


def test_ratings_by_keyboard_and_the_next_person(browser: Any, make: Callable[..., Served]) -> None:
    server = make(mode="ratings", questions=3, checks=0)
    visitor = Visitor(browser, server, "p1")
    for number in range(1, 4):
        visitor.at(f"{number} / 3")
        (grey,) = visitor.seen()
        visitor.keys(*[str(1 + grey // 55)] * 4, "Enter")
    visitor.wait("!document.getElementById('thanks').hidden")
    plan = server.kept.plan
    for answer in read_answers(server.kept.folder):
        _, method = plan.of_video[answer.left]
        assert answer.value == str(1 + GREY[method] // 55)
    visitor.page.click("#leave")
    visitor.page.keyboard.insert_text("a b")
    visitor.keys("Enter")
    visitor.wait("document.getElementById('message').textContent.startsWith('a code is 1 to 32')")
    visitor.page.reload()
    visitor.wait("!document.getElementById('welcome').hidden")
    visitor.close()
