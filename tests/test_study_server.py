"""The study page's HTTP: what is answered, what is refused, what is never told."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from conclvd.cli.main import run
from conclvd.lock import writing
from conclvd.study.answers import Answers, read_answers
from conclvd.study.creation import create_study
from conclvd.study.plan import CRITERIA, Plan, read_plan
from conclvd.study.server import study_page
from serving import Served, ask, serving
from studies import GREY, method_folder

PROMPTS = ["a boat on a lake", "peaks in mist"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    for name in GREY:
        method_folder(folder / "out" / name, PROMPTS)
    create_study(folder / "S", [str(folder / "out")], questions=6, checks=2)
    return folder / "S"


@pytest.fixture
def study(made: Path) -> Iterator[Path]:
    """The study without answers."""
    yield made
    (made / "answers.jsonl").unlink(missing_ok=True)


@pytest.fixture
def plan(study: Path) -> Plan:
    return read_plan(study)


@pytest.fixture
def server(study: Path, plan: Plan) -> Iterator[Served]:
    answers = Answers(study, plan)
    with serving(study_page(answers, ("http://museum.local:8000",)), answers) as opened:
        yield opened


def test_a_session_its_answers_and_going_on(server: Served, study: Path) -> None:
    first = ask(server, "/api/session", {"code": "P1"}).json()
    assert (first["mode"], first["choices"]) == ("pairs", ["left", "equal", "right"])
    assert first["criteria"] == list(CRITERIA)
    assert len(first["questions"]) == 6 + 2
    assert all(question["answers"] == {} for question in first["questions"])
    for value in ("left", "equal"):
        body = {"code": "P1", "question": 3, "criterion": "painting_style", "value": value}
        assert ask(server, "/api/answer", body).json() == {}
    then = ask(server, "/api/session", {"code": "p1"}).json()
    assert then["questions"][3].pop("answers") == {"painting_style": "equal"}
    first["questions"][3].pop("answers")
    assert then == first
    assert [answer.value for answer in read_answers(study)] == ["left", "equal"]


def test_nothing_that_is_served_names_a_method(server: Served, plan: Plan) -> None:
    session = ask(server, "/api/session", {"code": "p1"})
    served = [session.content]
    served += [ask(server, path).content for path in ("/", "/study.js", "/words.js", "/study.css")]
    names = [video for one in session.json()["questions"] for video in one["videos"]]
    served += [json.dumps(names).encode()]
    for name in names:
        answer = ask(server, f"/videos/{name}.mp4")
        assert answer.status == 200
        served += [answer.content, str(answer.headers).encode()]
    served += [ask(server, "/api/answer", {"code": "p1"}).content, ask(server, "/none").content]
    for method in plan.methods:
        assert not any(method.lower().encode() in content.lower() for content in served)


def test_no_other_file_is_served(server: Served, study: Path, plan: Plan) -> None:
    video = next(iter(plan.of_video))
    for path in (
        "/study.json", "/answers.jsonl", "/videos/study.mp4", "/videos/../study.json",
        "/videos/%2e%2e/study.json", f"/other/{video}.mp4", "/videos/", "/page/study.html",
    ):  # fmt: skip
        assert ask(server, path).status == 404, path
    part = ask(server, f"/videos/{video}.mp4", Range="bytes=0-9")
    assert (part.status, len(part.content)) == (206, 10)
    (study / "videos" / f"{video}.mp4").rename(study / "away")
    try:
        assert "is gone from the study" in ask(server, f"/videos/{video}.mp4").json()["error"]
    finally:
        (study / "away").rename(study / "videos" / f"{video}.mp4")


def test_the_page_needs_nothing_from_elsewhere(server: Served) -> None:
    answer = ask(server, "/")
    assert "default-src 'none'; script-src 'self'" in answer.headers["Content-Security-Policy"]
    for path in ("/", "/study.js", "/words.js", "/study.css"):
        assert b"://" not in ask(server, path).content


def test_wrong_requests_are_refused_in_one_line(server: Served, study: Path) -> None:
    good = {"code": "p1", "question": 0, "criterion": "painting_style", "value": "left"}
    for change, told in (
        ({"code": "a b"}, "a code is 1 to 32 letters"),
        ({"question": 99}, "there is no question 99"),
        ({"value": "best"}, "painting_style = best is no answer"),
        ({"name": "Li"}, "name does not fit"),
    ):
        answer = ask(server, "/api/answer", {**good, **change})
        assert answer.status == 400
        assert told in answer.json()["error"]
    assert ask(server, "/api/answer", b"{").status == 400
    assert ask(server, "/api/answer", good, Content_Type="text/plain").status == 415
    assert ask(server, "/api/none", good).status == 404
    assert ask(server, "/api/answer", good, Origin="http://elsewhere.net").status == 403
    assert ask(server, "/api/answer", good, Host="elsewhere.net").status == 403
    assert read_answers(study) == []
    assert ask(server, "/api/answer", good, Origin="http://museum.local:8000").status == 200


def test_many_people_at_once_lose_nothing(server: Served, study: Path) -> None:
    def person(code: str) -> None:
        for number in range(8):
            for criterion in CRITERIA:
                body = {"code": code, "question": number, "criterion": criterion, "value": "left"}
                assert ask(server, "/api/answer", body).status == 200

    threads = [threading.Thread(target=person, args=(f"p{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(read_answers(study)) == 4 * 8 * 4


@pytest.mark.slow
def test_the_command_makes_serves_and_goes_on(made: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from conclvd.cli.main import main; main()"]
    command += ["evaluate", "study", "serve", str(tmp_path / "S"), "--no-browser", "--port", "0"]
    kept = []
    for more in (["--videos", str(made.parent / "out"), "--mode", "ratings"], []):
        with subprocess.Popen([*command, *more], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert "3 methods, 2 prompts, ratings; open http://127.0.0.1:" in line
            process.send_signal(signal.SIGINT)
            assert process.stdout.read().endswith("answers of 0 participants\n")
        assert process.returncode == 0
        kept.append((tmp_path / "S" / "study.json").read_text())
    assert kept[0] == kept[1]


def test_one_server_at_a_time_on_a_study(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with writing(study, "conclvd evaluate study serve"):
        assert run(["evaluate", "study", "serve", str(study), "--no-browser", "--port", "0"]) == 1
    assert "in use by `conclvd evaluate study serve`, process" in capsys.readouterr().err
