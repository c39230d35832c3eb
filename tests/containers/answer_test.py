from __future__ import annotations

import pytest

from containers.answer import Answer


@pytest.mark.parametrize(
    ("content", "payload"), [(b"", None), (b"null", None), (b"[1]", [1]), (b'"a"\n', "a")]
)
def test_payloads(content: bytes, payload: object) -> None:
    assert Answer.parse(content) == Answer(payload)


def test_an_answer_to_api_gateway() -> None:
    answer = Answer({"statusCode": 400, "body": '{"error":{"code":"x"}}'})
    assert (answer.error, answer.status) == (None, 400)
    assert answer.body == {"error": {"code": "x"}}


def test_an_error() -> None:
    answer = Answer({"errorType": "BadEvent", "errorMessage": "no detail", "stackTrace": []})
    assert (answer.error, answer.status) == ("BadEvent", None)


@pytest.mark.parametrize("payload", [None, [], "text", 1, {}])
def test_what_is_no_error(payload: object) -> None:
    assert (Answer(payload).error, Answer(payload).status) == (None, None)


def test_a_function_that_took_too_long() -> None:
    answer = Answer.parse(b"Task timed out after 1.00 seconds")
    assert answer.error == "Sandbox.Timedout"


def test_an_answer_that_is_none() -> None:
    with pytest.raises(ValueError, match="Expecting value"):
        Answer.parse(b"<html>")
