from __future__ import annotations

from typing import Any, ClassVar

import pytest

from containers.aws import Aws
from containers.contract import LambdaContract, Refusal
from containers.event import sample
from containers.function import Function

SECRET_ID = "authorizer-token"
SECRET = "open-sesame"


def event(**changes: Any) -> dict[str, Any]:
    """API Gateway's event for a call with the right token."""
    return {**sample(__file__, "right_token"), **changes}


class TestAuthorizer(LambdaContract):
    layout = "lambdas.authorizer/image"
    environment: ClassVar = {"AUTHORIZER_SECRET_ID": SECRET_ID}
    refusals = (
        Refusal(event(type="REQUEST"), error="BadEvent", says="type must be TOKEN"),
        Refusal(event(methodArn="arn:aws:s3:::bucket"), error="BadEvent", says="methodArn"),
        # The one message that API Gateway turns into 401.
        Refusal(event(authorizationToken=""), error="Refused", says="Unauthorized"),
    )

    @pytest.fixture(scope="class", autouse=True)
    def secret(self, aws: Aws) -> None:
        client = aws.client("secretsmanager")
        client.create_secret(Name=SECRET_ID, SecretString=SECRET)

    @pytest.mark.parametrize("token", [SECRET, f"Bearer {SECRET}"])
    def test_the_secret_allows(self, function: Function, token: str) -> None:
        assert self.decision(function, token) == (
            "Allow",
            "arn:aws:execute-api:eu-west-2:123456789012:abcdef/v1/*",
        )

    @pytest.mark.parametrize("token", ["open", f"{SECRET}!", f"Basic {SECRET}", "Bearer Bearer x"])
    def test_anything_else_denies(self, function: Function, token: str) -> None:
        assert self.decision(function, token)[0] == "Deny"

    def test_the_secret_is_not_logged(self, function: Function) -> None:
        self.decision(function, SECRET)
        self.decision(function, "wrong-token")
        assert SECRET not in function.logs()
        assert "wrong-token" not in function.logs()

    @staticmethod
    def decision(function: Function, token: str) -> tuple[str, str]:
        """The effect, and the resource that it is for."""
        answer = function.invoke(event(authorizationToken=token))
        assert answer.error is None, answer
        statement = answer.payload["policyDocument"]["Statement"][0]
        return statement["Effect"], statement["Resource"]
