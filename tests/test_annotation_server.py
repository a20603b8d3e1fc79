"""The annotation page's HTTP: who may ask, what is answered, what is refused."""

import http.client
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from clip_folders import dataset
from conclvd.cli.main import run
from conclvd.curate.annotations import Annotations
from conclvd.curate.server import annotation_page
from conclvd.errors import DatasetError, InvalidRequest
from conclvd.lock import writing
from conclvd.manifest import read_manifest
from conclvd.server.serve import serve
from serving import Answer, Served, ask, serving


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return dataset(tmp_path / "set 片")


@pytest.fixture
def server(folder: Path) -> Iterator[Served]:
    notes = Annotations(folder)
    with serving(annotation_page(notes, ("http://museum.local:8000",)), notes) as opened:
        yield opened


def clips(server: Served) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ask(server, "/api/clips").json()["clips"]
    return found


def on(server: Served, place: int = 0, by: str = "Li", **more: Any) -> dict[str, Any]:
    clip = clips(server)[place]
    return {"file_name": clip["file_name"], "version": clip["version"], "by": by, **more}


def words(**more: Any) -> dict[str, Any]:
    return {"caption": "a boat", "caption_zh": "舟", "tags": [], "confirm": True, **more}


def test_the_page_and_its_rules(server: Served) -> None:
    page = resources.files("conclvd.curate").joinpath("page")
    names = [file.name for file in page.iterdir() if file.name.endswith(".js")]
    assert "annotate.js" in names
    scripts = dict.fromkeys((f"/{name}" for name in names), "text/javascript")
    for path, kind in {"/": "text/html", **scripts}.items():
        answer = ask(server, path)
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith(kind)
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert ask(server, "/etc/passwd").status == 404


def test_clips_and_their_versions(server: Served) -> None:
    state = ask(server, "/api/clips").json()
    assert (state["folder"], state["revision"]) == ("set 片", 0)
    assert [clip["caption"] for clip in state["clips"]] == ["clip 0", "clip 1", "clip 2"]
    saved = ask(server, "/api/save", on(server, **words())).json()
    assert (saved["caption"], saved["reviewed_by"]) == ("a boat", "Li")
    assert saved["version"] != state["clips"][0]["version"]
    look = {"tab": "a", "by": "Li", "file_name": None}
    assert ask(server, "/api/look", look).json() == {"revision": 1, "others": {}}


def test_every_action_and_the_files(server: Served, folder: Path) -> None:
    parts = ask(server, "/api/split", on(server, frame=2)).json()
    assert [part["frames"] for part in parts] == [2, 4]
    merge = on(server, next_version=clips(server)[1]["version"])
    assert ask(server, "/api/merge", merge).json()["frames"] == 6
    assert ask(server, "/api/reject", on(server, 1)).json() == {}
    assert len(read_manifest(folder)) == 2
    undone = [ask(server, "/api/undo", {"by": "Li"}).json()["action"] for _ in range(3)]
    assert undone == ["reject", "merge", "split"]
    assert [record.file_name for record in read_manifest(folder)] == [
        f"clips/{number}.mp4" for number in range(3)
    ]


def test_of_two_people_saving_at_once_one_is_told(server: Served, folder: Path) -> None:
    bodies = [on(server, by=by, **words(caption=f"by {by}")) for by in ("Li", "Wu", "He", "Xu")]
    answers: list[Answer] = []
    threads = [
        threading.Thread(target=lambda body=body: answers.append(ask(server, "/api/save", body)))
        for body in bodies
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status for answer in answers) == [200, 409, 409, 409]
    winner = next(answer.json() for answer in answers if answer.status == 200)
    assert read_manifest(folder)[0].caption == winner["caption"]
    refusal = next(answer.json() for answer in answers if answer.status == 409)
    assert refusal["error"].startswith(f"clips/0.mp4 was changed {winner['caption']}")


def test_many_edits_at_once_are_all_kept(server: Served, folder: Path) -> None:
    def edit(place: int) -> None:
        for number in range(5):
            body = on(server, place, by=f"P{place}", **words(caption=f"{place} {number}"))
            assert ask(server, "/api/save", body).status == 200

    threads = [threading.Thread(target=edit, args=(place,)) for place in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [record.caption for record in read_manifest(folder)] == ["0 4", "1 4", "2 4"]
    assert [edit.number for edit in Annotations(folder).history()] == list(range(1, 16))


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "evil.example"}, 403),
        ({"Host": "127.0.0.1:1"}, 403),
        ({"Content_Type": "text/plain"}, 415),
        ({"Content_Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content_Length": "99999999"}, 413),
        ({"Host": "museum.local:8000", "Origin": "http://museum.local:8000"}, 200),
    ],
)
def test_other_pages_are_refused(
    server: Served, folder: Path, headers: dict[str, str], status: int
) -> None:
    body = on(server, **words())
    assert ask(server, "/api/save", body, **headers).status == status
    assert (read_manifest(folder)[0].caption == "a boat") == (status == 200)


def test_a_foreign_page_reads_nothing(server: Served) -> None:
    for path in ("/", "/api/clips", "/files/clips/0.mp4"):
        assert ask(server, path, Host="evil.example").status == 403
        assert ask(server, path, Origin="http://evil.example").status == 403
    assert ask(server, "/", None, method="DELETE").status == 501
    assert "Access-Control-Allow-Origin" not in ask(server, "/api/clips").headers


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"by": ""}, "by does not fit"),
        ({"tags": ["colour:red"]}, "tags.0 does not fit"),
        ({"reviewed": True}, "reviewed does not fit"),
        ({"caption": ""}, "the English caption is empty"),
        ({"caption": None}, "caption does not fit"),
    ],
)
def test_what_does_not_fit_is_told(server: Served, change: dict[str, Any], message: str) -> None:
    answer = ask(server, "/api/save", on(server, **words()) | change)
    assert answer.status == 400
    assert message in answer.json()["error"]


def test_what_is_not_json_is_told(server: Served) -> None:
    assert ask(server, "/api/save", b"{boat").status == 400
    assert ask(server, "/api/dance", {"by": "Li"}).status == 404


def test_clips_are_sent_in_parts(server: Served, folder: Path) -> None:
    content = (folder / "clips" / "0.mp4").read_bytes()
    size = len(content)
    path = "/files/clips/0.mp4"
    whole = ask(server, path)
    assert (whole.status, whole.content) == (200, content)
    for asked, expected in {
        "bytes=0-99": content[:100],
        "bytes=100-": content[100:],
        "bytes=-50": content[-50:],
        f"bytes=0-{size + 5}": content,
    }.items():
        answer = ask(server, path, Range=asked)
        assert (answer.status, answer.content) == (206, expected)
        assert answer.headers["Content-Range"].endswith(f"/{size}")
    for asked in (f"bytes={size}-", "bytes=5-2", "bytes=-", "frames=1-2", "bytes=0-1,3-4"):
        assert ask(server, path, Range=asked).status == 416
    head = ask(server, path, method="HEAD")
    assert (head.status, head.content, head.headers["Content-Length"]) == (200, b"", str(size))


def test_only_listed_clips_inside_the_folder_are_sent(
    server: Served, folder: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.mp4"
    secret.write_bytes(b"secret")
    (folder / "clips" / "other.mp4").write_bytes(b"unlisted")
    for name in ("../secret.mp4", "%2e%2e/secret.mp4", "clips/other.mp4", "metadata.jsonl", ""):
        assert ask(server, f"/files/{name}").status == 404
    (folder / "clips" / "0.mp4").unlink()
    (folder / "clips" / "0.mp4").symlink_to(secret)
    assert ask(server, "/files/clips/0.mp4").status == 404


def test_wrong_addresses_are_refused(server: Served) -> None:
    notes = server.kept
    with pytest.raises(DatasetError, match=f"cannot listen at 127.0.0.1:{server.server_port}"):
        serve(annotation_page(notes), "127.0.0.1", server.server_port, print)
    for origin in ("museum.local", "ftp://museum.local", "http://museum.local/page"):
        with pytest.raises(InvalidRequest, match="is no origin; write one such as"):
            annotation_page(notes, (origin,))


@pytest.mark.slow
def test_the_command_serves_this_machine_alone_until_ctrl_c(folder: Path) -> None:
    command = [sys.executable, "-c", "from conclvd.cli.main import main; main()"]
    annotate = ["dataset", "annotate", str(folder), "--no-browser", "--port", "0"]
    process = subprocess.Popen([*command, *annotate], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        told = process.stdout.readline()
        port = int(told.split("http://127.0.0.1:")[1].split("/")[0])
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/api/clips")
        assert connection.getresponse().status == 200
        connection.close()
        with pytest.raises(OSError, match="refused"):  # another address of this same machine
            socket.create_connection(("127.0.0.2", port), timeout=5)
    finally:
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert rest == f"{folder}: 0 edits in the history\n"


def test_one_run_at_a_time_on_a_folder(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with writing(folder, "conclvd dataset cut"):
        assert run(["dataset", "annotate", str(folder), "--no-browser", "--port", "0"]) == 1
    assert "in use by `conclvd dataset cut`, process" in capsys.readouterr().err
    assert run(["dataset", "annotate", str(tmp_path / "none"), "--no-browser"]) == 1
    assert not (tmp_path / "none").exists()
