from __future__ import annotations

import contextlib
import http.server
import threading
from collections.abc import Iterator

import pytest

from plinth.debian import download
from plinth.debian.download import NotThere, get
from plinth.debian.errors import ArchiveError


class Script:
    """Answers in the order that they are to be given: a status and a body, or a cut in the body."""

    def __init__(self, *answers: tuple[int, bytes], cut: int = 0) -> None:
        self.answers, self.cut, self.asked = list(answers), cut, 0
        self.slept: list[float] = []


@contextlib.contextmanager
def serving(script: Script) -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = script.answers[min(script.asked, len(script.answers) - 1)]
            script.asked += 1
            self.send_response(status)
            self.send_header("Content-Length", str(len(body) + script.cut))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/a.deb"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_server_in_trouble_is_asked_again() -> None:
    script = Script((503, b""), (500, b""), (200, b"content"))

    with serving(script) as url:
        assert get(url, 7, script.slept.append) == b"content"
    assert script.slept == [1.0, 2.0]


def test_a_server_that_stays_in_trouble_is_given_up() -> None:
    script = Script((503, b""))

    with (
        serving(script) as url,
        pytest.raises(ArchiveError, match="HTTP 503 .* attempt 3 of 3"),
    ):
        get(url, 7, script.slept.append)
    assert script.asked == 3


@pytest.mark.parametrize("status", [404, 410])
def test_what_is_not_there_is_told_from_all_other_failures_and_asked_once(status: int) -> None:
    script = Script((status, b""))

    with serving(script) as url, pytest.raises(NotThere):
        get(url, 7, script.slept.append)
    assert script.asked == 1


def test_a_refusal_is_final() -> None:
    script = Script((403, b""))

    with serving(script) as url, pytest.raises(ArchiveError, match="HTTP 403") as caught:
        get(url, 7, script.slept.append)
    assert script.asked == 1
    assert not isinstance(caught.value, NotThere)


def test_an_answer_that_is_cut_off_is_not_taken() -> None:
    script = Script((200, b"half"), cut=4)

    with serving(script) as url, pytest.raises(ArchiveError, match="cut off|IncompleteRead"):
        get(url, 8, script.slept.append)
    assert script.asked == 3


def test_an_answer_beyond_the_limit_is_not_taken() -> None:
    script = Script((200, b"too much"))

    with serving(script) as url, pytest.raises(ArchiveError, match="longer than the 7 bytes"):
        get(url, 7, script.slept.append)
    assert script.asked == 1


def test_an_answer_that_trickles_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "TOTAL_SECONDS", -1.0)
    script = Script((200, b"content"))

    with serving(script) as url, pytest.raises(ArchiveError, match="not complete after"):
        get(url, 7, script.slept.append)


def test_a_server_that_is_not_there_is_an_error_of_ours() -> None:
    script = Script((200, b""))
    with serving(script) as url:
        pass

    with pytest.raises(ArchiveError, match=r"cannot fetch .*refused"):
        get(url, 7, script.slept.append)


@pytest.mark.parametrize("url", ["not a url", "nosuch://a/b"])
def test_a_url_that_is_none_is_an_error_of_ours(url: str) -> None:
    with pytest.raises(ArchiveError, match="cannot fetch"):
        get(url, 7, lambda _: None)
