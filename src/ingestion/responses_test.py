from __future__ import annotations

import json

from ingestion import responses
from ingestion.errors import Conflict, MethodNotAllowed


def test_an_answer_is_json() -> None:
    answer = responses.answer(201, {"a": 1})
    assert answer["statusCode"] == 201
    assert answer["headers"]["Content-Type"] == "application/json"
    assert json.loads(answer["body"]) == {"a": 1}
    assert answer["isBase64Encoded"] is False


def test_an_error_has_message_and_code() -> None:
    answer = responses.error(Conflict("it is there"))
    assert answer["statusCode"] == 409
    assert json.loads(answer["body"]) == {"error": {"message": "it is there", "code": "Conflict"}}


def test_a_method_not_allowed_says_which_is() -> None:
    answer = responses.error(MethodNotAllowed("GET", "POST"))
    assert (answer["statusCode"], answer["headers"]["Allow"]) == (405, "POST")


def test_a_fault_tells_its_request_id_and_nothing_else() -> None:
    answer = responses.fault("id-1")
    assert answer["statusCode"] == 500
    assert json.loads(answer["body"]) == {
        "error": {"message": "internal error; quote request id id-1", "code": "InternalError"}
    }
