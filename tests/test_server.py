"""What every page's server refuses, sends in parts, and survives."""

import http.client
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import pytest
from fastapi import FastAPI, Request, Response
from pydantic import Field, ValidationError

from conclvd.errors import ConclvdError, DatasetError, InvalidRequest
from conclvd.server.app import Asked, file_in, page_app, send_video
from conclvd.server.serve import serve
from serving import Served, ask, serving

VIDEO = bytes(range(256)) * 1000
MUSEUM = "http://museum.local:8000"


class Said(Asked):
    words: Annotated[str, Field(max_length=2_000_000)]


class Gate:
    """Holds whoever waits at it."""

    def __init__(self) -> None:
        self.arrived = threading.Event()
        self.opened = threading.Event()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With a video, an empty one, and a link that leads out."""
    tmp_path = tmp_path_factory.mktemp("pages")
    (tmp_path / "secret.mp4").write_bytes(b"secret")
    folder = tmp_path / "in 片"
    folder.mkdir()
    (folder / "a.mp4").write_bytes(VIDEO)
    (folder / "empty.mp4").touch()
    (folder / "out.mp4").symlink_to(tmp_path / "secret.mp4")
    (folder / "up").symlink_to(tmp_path)
    (folder / "same.mp4").symlink_to(folder / "a.mp4")
    return folder


def app_of(folder: Path, said: list[str], gate: Gate) -> FastAPI:
    app = page_app("conclvd.study", "study.html", (MUSEUM,))

    @app.api_route("/files/{name:path}", methods=["GET", "HEAD"])
    def files(request: Request, name: str) -> Response:
        return send_video(request, file_in(folder, name, "there is no such file"))

    @app.post("/api/say")
    def say(asked: Said) -> dict[str, int]:
        said.append(asked.words)
        return {"said": len(said)}

    @app.post("/api/fail")
    def fail(asked: Said) -> None:
        if asked.words == "bug":
            raise ZeroDivisionError
        if asked.words == "part":
            Said.model_validate({})
        raise {"request": InvalidRequest, "dataset": DatasetError}[asked.words]("one line")

    @app.post("/api/wait")
    def wait(asked: Said) -> dict[str, object]:
        gate.arrived.set()
        gate.opened.wait(30)
        said.append(asked.words)
        return {}

    return app


@pytest.fixture(scope="module")
def served(folder: Path) -> Iterator[Served]:
    said: list[str] = []
    gate = Gate()
    with serving(app_of(folder, said, gate), (said, gate)) as opened:
        yield opened


@pytest.fixture
def server(served: Served) -> Iterator[Served]:
    """The same for all tests: nothing that a test asks for may break it."""
    yield served
    assert ask(served, "/").status == 200
    served.kept[0].clear()


@pytest.fixture
def said(server: Served) -> list[str]:
    found: list[str] = server.kept[0]
    return found


@pytest.fixture
def gate(server: Served) -> Iterator[Gate]:
    found: Gate = server.kept[1]
    yield found
    found.opened.set()


def raw(server: Served, text: bytes, *, end: bool = True) -> bytes:
    """Everything that is answered to these bytes."""
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=20) as connection:
        connection.sendall(text.replace(b"HOST", f"localhost:{server.server_port}".encode()))
        if end:
            connection.shutdown(socket.SHUT_WR)
        answered = b""
        while block := connection.recv(1 << 16):
            answered += block
    return answered


# --- who may ask ---------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/study.js", "/files/a.mp4", "/none"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "127.0.0.1"},
        {"Host": "127.0.0.1:1"},
        {"Host": ""},
        {"Host": "museum.local"},
        {"Host": "localhost.evil.example:8000"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "https://museum.local:8000"},
        {"Origin": "http://museum.local:8001"},
        {"X-Forwarded-Host": "museum.local:8000", "Host": "evil.example"},
    ],
)
def test_strangers_read_nothing(server: Served, path: str, headers: dict[str, str]) -> None:
    answer = ask(server, path, **headers)
    assert answer.status == 403
    assert answer.json()["error"].endswith("is not allowed; see --origin")


def test_a_request_without_a_host_is_refused(server: Served) -> None:
    assert raw(server, b"GET / HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 400")
    assert raw(server, b"GET / HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.1 403")
    two = b"GET / HTTP/1.1\r\nHost: HOST\r\nHost: evil.example\r\n\r\n"
    assert raw(server, two).startswith(b"HTTP/1.1 400")


def test_those_who_are_named_may_ask(server: Served, said: list[str]) -> None:
    port = server.server_port
    for name in (f"localhost:{port}", f"127.0.0.1:{port}", f"[::1]:{port}", "museum.local:8000"):
        answer = ask(server, "/api/say", {"words": name}, Host=name, Origin=f"http://{name}")
        assert answer.status == 200
    assert len(said) == 4


@pytest.mark.parametrize(
    "kind",
    [
        "", "text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded",
        "application/jsonx", "text/plain; application/json", "application/vnd.api+json",
    ],
)  # fmt: skip
def test_what_forms_of_other_pages_send_is_refused(
    server: Served, said: list[str], kind: str
) -> None:
    """A browser asks before it sends JSON to another page's server, and hears no yes."""
    assert ask(server, "/api/say", {"words": "hi"}, Content_Type=kind).status == 415
    bare = b'POST /api/say HTTP/1.1\r\nHost: HOST\r\nContent-Length: 14\r\n\r\n{"words":"hi"}'
    assert raw(server, bare).startswith(b"HTTP/1.1 415")
    asked = ask(server, "/api/say", method="OPTIONS", Access_Control_Request_Method="POST")
    assert asked.status == 501
    assert not [name for name in asked.headers if name.lower().startswith("access-control")]
    assert said == []


@pytest.mark.parametrize("path", ["/", "/api/say", "/files/a.mp4", "/none"])
@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_other_methods_are_not_known(server: Served, method: str, path: str) -> None:
    assert ask(server, path, method=method).status == 501


def test_every_answer_tells_browsers_the_rules(server: Served) -> None:
    answers = [ask(server, path) for path in ("/", "/study.css", "/files/a.mp4", "/none")]
    answers += [ask(server, "/", Host="evil.example"), ask(server, "/files/a.mp4", Range="x")]
    answers += [ask(server, "/api/fail", {"words": words}) for words in ("bug", "dataset")]
    for answer in answers:
        rules = answer.headers["Content-Security-Policy"]
        assert rules.startswith("default-src 'none'; script-src 'self'")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Server"] is None
    assert ask(server, "/docs").status == ask(server, "/openapi.json").status == 404


# --- what is sent --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("bytes=0-0", VIDEO[:1]),
        ("bytes=0-99", VIDEO[:100]),
        ("bytes=1000-", VIDEO[1000:]),
        ("bytes=-50", VIDEO[-50:]),
        ("bytes=-9999999", VIDEO),
        (f"bytes=0-{len(VIDEO) + 5}", VIDEO),
        (f"bytes={len(VIDEO) - 1}-", VIDEO[-1:]),
        ("bytes=70000-200000", VIDEO[70000:200001]),
    ],
)
def test_ranges(server: Served, asked: str, part: bytes) -> None:
    answer = ask(server, "/files/a.mp4", Range=asked)
    assert (answer.status, answer.content) == (206, part)
    first = VIDEO.index(part) if len(part) > 256 else None
    told = answer.headers["Content-Range"]
    assert told.startswith("bytes ")
    assert told.endswith(f"/{len(VIDEO)}")
    begin, end = map(int, told.removeprefix("bytes ").partition("/")[0].split("-"))
    assert end - begin + 1 == len(part) == int(answer.headers["Content-Length"])
    assert VIDEO[begin : end + 1] == part
    assert first is None or VIDEO[begin:].startswith(part)
    assert answer.headers["Content-Type"] == "video/mp4"
    head = ask(server, "/files/a.mp4", method="HEAD", Range=asked)
    assert (head.status, head.content, head.headers["Content-Range"]) == (206, b"", told)


@pytest.mark.parametrize(
    "asked",
    [
        f"bytes={len(VIDEO)}-", "bytes=99999999-", "bytes=5-2", "bytes=-", "bytes=-0", "bytes=",
        "bytes=0-1,3-4", "frames=1-2", "0-1", "bytes=a-b", "bytes=--1", f"bytes={'9' * 5000}-",
    ],
)  # fmt: skip
def test_other_ranges_are_refused(server: Served, asked: str) -> None:
    answer = ask(server, "/files/a.mp4", Range=asked)
    assert answer.status == 416
    assert answer.json() == {"error": f"ask for one range of bytes; the file has {len(VIDEO)}"}
    assert answer.headers["Content-Range"] == f"bytes */{len(VIDEO)}"


def test_an_empty_file_has_no_ranges(server: Served) -> None:
    whole = ask(server, "/files/empty.mp4")
    assert (whole.status, whole.content) == (200, b"")
    assert ask(server, "/files/empty.mp4", Range="bytes=0-").status == 416
    assert ask(server, "/files/empty.mp4", Range="bytes=-1").status == 416


def test_a_head_has_no_body(server: Served) -> None:
    for path, length in {"/files/a.mp4": len(VIDEO), "/study.js": None}.items():
        head = ask(server, path, method="HEAD")
        assert (head.status, head.content) == (200, b"")
        assert int(head.headers["Content-Length"]) == length or length is None
    assert ask(server, "/files/a.mp4").headers["Accept-Ranges"] == "bytes"


@pytest.mark.parametrize(
    "name",
    [
        "../secret.mp4", "%2e%2e/secret.mp4", "..%2fsecret.mp4", "%2e%2e%2fsecret.mp4",
        "%252e%252e/secret.mp4", "..\\secret.mp4", "/etc/passwd", "%2fetc%2fpasswd",
        "out.mp4", "up/secret.mp4", "up/in%20%E7%89%87/../secret.mp4", "", ".", "up", "..",
        "a.mp4/../../secret.mp4", "a.mp4%00", "%00", "x" * 5000, "none.mp4", "~/a.mp4",
        "%ff%fe",
    ],
)  # fmt: skip
def test_nothing_outside_the_folder_is_sent(server: Served, name: str) -> None:
    for method in ("GET", "HEAD"):
        answer = ask(server, f"/files/{name}", method=method)
        assert answer.status == 404, name
        assert b"secret" not in answer.content
        assert b"root:" not in answer.content


def test_links_within_the_folder_are_followed(server: Served) -> None:
    for name in ("same.mp4", "up/in%20%E7%89%87/a.mp4"):
        assert ask(server, f"/files/{name}").content == VIDEO


def test_pages_come_out_of_the_package_and_nothing_else_does(server: Served) -> None:
    for path in (
        "/study.html",
        "/__init__.py",
        "/../server.py",
        "/%2e%2e/server.py",
        "//",
        "/page/",
    ):
        assert ask(server, path).status == 404, path
    target = f"GET http://localhost:{server.server_port}/ HTTP/1.1\r\nHost: HOST\r\n".encode()
    answer = raw(server, target + b"Connection: close\r\n\r\n", end=False)
    assert answer.startswith(b"HTTP/1.1 404")


# --- what is asked for ---------------------------------------------------------------------------


def test_a_large_body_is_refused_unread(server: Served, said: list[str]) -> None:
    most = {"words": "x" * (1_000_000 - len('{"words": ""}'))}
    assert len(json.dumps(most)) == 1_000_000
    assert ask(server, "/api/say", most).status == 200
    head = b"POST /api/say HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json\r\n"
    for length in (b"1000001", b"99999999999"):
        answer = raw(server, head + b"Content-Length: " + length + b"\r\n\r\n", end=False)
        assert answer.startswith(b"HTTP/1.1 413")
        assert b"send at most 1000000 bytes" in answer
    endless = head + b"Transfer-Encoding: chunked\r\n\r\n"
    assert raw(server, endless, end=False).startswith(b"HTTP/1.1 413")
    assert raw(server, head + b"\r\n", end=False).startswith(b"HTTP/1.1 413")
    assert raw(server, head + b"Content-Length: -1\r\n\r\n").startswith(b"HTTP/1.1 400")
    assert len(said) == 1


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"{boat", "the request does not fit: JSON decode error"),
        (b"", "the request does not fit: Field required"),
        (b"[]", "the request does not fit: "),
        (b"null", "the request does not fit: "),
        (b"{}", "words does not fit: Field required"),
        (b'{"words": 5}', "words does not fit: Input should be a valid string"),
        (b'{"words": "\\ud800"}', "words does not fit: "),
        (b"\xff\xfe", "the request does not fit: "),
        (b'"\xe9"', "There was an error parsing the body"),
        (b'{"words": "a", "\\ud800": 1}', "does not fit: "),
        (b"[" * 100_000, "There was an error parsing the body"),
    ],
)
def test_what_does_not_fit_is_told_in_one_line(
    server: Served, said: list[str], body: bytes, told: str
) -> None:
    answer = ask(server, "/api/say", body)
    assert answer.status == 400
    assert told in answer.json()["error"]
    assert "\n" not in answer.json()["error"]
    assert said == []


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        ("request", 400, "one line"),
        ("dataset", 500, "one line"),
        ("part", 400, "words does not fit: Field required"),
        ("bug", 500, "the server failed; where it was started it says more"),
    ],
)
def test_errors_are_answered_as_json(
    server: Served, caplog: pytest.LogCaptureFixture, words: str, status: int, told: str
) -> None:
    answer = ask(server, "/api/fail", {"words": words})
    assert (answer.status, answer.json()) == (status, {"error": told})
    assert ("ZeroDivisionError" in caplog.text) == (words == "bug")
    assert issubclass(DatasetError, ConclvdError)
    assert not issubclass(ValidationError, ConclvdError)


def test_unknown_addresses_are_answered_as_json(server: Served) -> None:
    told = {"error": "there is no such page or action"}
    for path, body in {
        "/none": None,
        "/api/say": None,
        "/api/none": {},
        "/": {},
        "/api/": {},
    }.items():
        answer = ask(server, path, body)
        assert (answer.status, answer.json()) == (404, told), path


def test_a_kept_connection_is_used_again_and_ends_with_an_error(
    server: Served, said: list[str]
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    headers = {"Content-Type": "application/json"}
    for number in range(3):
        connection.request("POST", "/api/say", json.dumps({"words": str(number)}), headers)
        kept = connection.sock
        assert connection.getresponse().read()
        assert connection.sock is kept is not None
    connection.request("POST", "/api/say", "{", headers)
    answer = connection.getresponse()
    assert (answer.status, answer.headers["Connection"]) == (400, "close")
    answer.read()
    assert connection.sock is None  # told to, the client has closed it
    connection.request("POST", "/api/say", json.dumps({"words": "again"}), headers)
    assert json.loads(connection.getresponse().read()) == {"said": 4}
    connection.close()


def test_the_body_of_a_refused_request_is_not_the_next_request(
    server: Served, said: list[str]
) -> None:
    hidden = b"POST /api/say HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json\r\n"
    hidden += b'Content-Length: 14\r\n\r\n{"words":"hi"}'
    hidden = hidden.replace(b"HOST", f"localhost:{server.server_port}".encode())
    for refused in (
        b"Host: evil.example\r\nContent-Length: %d",
        b"Host: HOST\r\nContent-Length: %d",
    ):
        head = b"POST /api/say HTTP/1.1\r\n" + refused % len(hidden) + b"\r\n\r\n"
        assert raw(server, head + hidden, end=False).count(b"HTTP/1.1 ") == 1
    two = b"GET /none HTTP/1.1\r\nHost: HOST\r\n\r\n" + hidden  # sent before the answer was heard
    assert raw(server, two, end=False).count(b"HTTP/1.1 ") == 1
    assert said == []


def test_what_is_no_http_breaks_nothing(server: Served, capfd: pytest.CaptureFixture[str]) -> None:
    for text in (b"\x16\x03\x01\x02\x00\x01\x00", b"hello\r\n\r\n", b"GET / HTTP/9\r\n\r\n", b""):
        raw(server, text)
    upgrade = b"GET / HTTP/1.1\r\nHost: HOST\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    assert b"101" not in raw(server, upgrade).partition(b"\r\n")[0]
    assert ask(server, "/").status == 200
    assert capfd.readouterr() == ("", "")


def test_slow_work_keeps_nobody_waiting(server: Served, gate: Gate, said: list[str]) -> None:
    slow = threading.Thread(target=ask, args=(server, "/api/wait", {"words": "slow"}))
    slow.start()
    assert gate.arrived.wait(10)
    assert ask(server, "/").status == 200
    assert ask(server, "/api/say", {"words": "quick"}).json() == {"said": 1}
    gate.opened.set()
    slow.join()
    assert said == ["quick", "slow"]


# --- beginning and end ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "told"),
    [("203.0.113.1", "annot assign requested address"), ("no such host", "")],
)
def test_an_address_that_cannot_be_had_is_told_in_one_line(host: str, told: str) -> None:
    with pytest.raises(DatasetError, match="choose another --port or --host") as caught:
        serve(page_app("conclvd.study", "study.html"), host, 0, print)
    assert str(caught.value).startswith(f"cannot listen at {host}:0: ")
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_port_in_use_is_told_in_one_line(server: Served) -> None:
    app = page_app("conclvd.study", "study.html")
    with pytest.raises(
        DatasetError, match=f":{server.server_port}: Address already in use; choose"
    ):
        serve(app, "127.0.0.1", server.server_port, print)


SERVE = """
import sys, time
from conclvd.server.app import Asked, page_app, send_video
from conclvd.server.serve import serve
from fastapi import Request, Response
from pathlib import Path

app = page_app("conclvd.study", "study.html")

@app.get("/file")
def file(request: Request) -> Response:
    return send_video(request, Path(sys.argv[1]))

@app.post("/edit")
def edit(asked: Asked) -> None:
    print("begun", flush=True)
    time.sleep(4)
    print("done", flush=True)

serve(app, "127.0.0.1", 0, lambda url: print(url, flush=True))
print("ended", flush=True)
"""


@pytest.mark.slow
@pytest.mark.parametrize("wait", [0, 0.01, 0.1, 0.4])
def test_ctrl_c_ends_it_at_any_moment(wait: float) -> None:
    command = [sys.executable, "-c", SERVE, ""]
    with subprocess.Popen(command, stdout=-1, stderr=-1, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("http://127.0.0.1:")
        time.sleep(wait)
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=30) == ("ended\n", "")
    assert process.returncode == 0


@pytest.mark.slow
def test_ctrl_c_waits_for_no_browser_that_has_stopped_reading(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(bytes(50_000_000))
    command = [sys.executable, "-c", SERVE, str(tmp_path / "a.mp4")]
    with subprocess.Popen(command, stdout=-1, stderr=-1, text=True) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline().rstrip("/\n").rpartition(":")[2])
        with (
            socket.create_connection(("127.0.0.1", port)) as idle,
            socket.create_connection(("127.0.0.1", port)) as paused,
        ):
            paused.sendall(f"GET /file HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n".encode())
            assert paused.recv(1000).startswith(b"HTTP/1.1 200")
            time.sleep(0.2)
            begun = time.monotonic()
            process.send_signal(signal.SIGINT)
            assert process.communicate(timeout=30) == ("ended\n", "")
            assert time.monotonic() - begun < 10
            assert idle.recv(10) == b""
    assert process.returncode == 0


@pytest.mark.slow
def test_ctrl_c_waits_for_an_edit_that_has_begun() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SERVE, ""], stdout=-1, stderr=-1, text=True
    ) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline().rstrip("/\n").rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as connection:
            head = f"POST /edit HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Length: 2\r\n"
            connection.sendall(f"{head}Content-Type: Application/JSON; a=b\r\n\r\n{{}}".encode())
            assert process.stdout.readline() == "begun\n"
            process.send_signal(signal.SIGINT)
            assert process.communicate(timeout=30) == ("done\nended\n", "")
    assert process.returncode == 0
