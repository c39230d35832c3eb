"""moto's IAM enforcement, with the resources and actions that AWS would compare.

moto 5.2.5 evaluates the policies of who calls, but hands `*` as the resource of every call to
Lambda and KMS, and calls some actions by the API's name. By AWS's service authorization reference,
in our words: calls to Lambda are for the function, Invoke is `lambda:InvokeFunction`; calls to
KMS are for the key's ARN, also when it was named by an alias; HeadBucket is `s3:ListBucket`;
CloudWatch's prefix is `cloudwatch`, and not the name that requests are signed for.
moto knows no conditions of identity policies; none of ours has one. Of a bucket's policy it takes a
statement whose condition does not hold for one that denies, so such policies are evaluated in
`bucket_door.py`. Who may take a role moto compares with the role's trust policy by itself.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from string import Template
from typing import Any
from unittest.mock import patch
from urllib.parse import unquote

from moto import settings
from moto.awslambda.responses import LambdaResponse
from moto.core.authorization import ActionAuthenticatorMixin
from moto.ecr.responses import ECRResponse
from moto.iam.access_control import IAMRequestBase
from moto.kms.responses import KmsResponse

from delivery_testing.bucket_door import door

ACCOUNT = "123456789012"
_NAMES = {
    "lambda:Invoke": "lambda:InvokeFunction",
    "monitoring:DescribeAlarms": "cloudwatch:DescribeAlarms",
    "s3:HeadBucket": "s3:ListBucket",
}
_FUNCTION = re.compile(r"/functions/(?P<name>[^/]+)")


def policy(template: str, **values: str) -> str:
    """A policy of deploy/terraform/policies as Terraform's `templatefile` makes it."""
    text = Template(template).substitute(values)
    json.loads(text)
    return text


@contextmanager
def enforced() -> Iterator[dict[str, set[str]]]:
    """Nobody may do what no policy allows. What each role or user was allowed, by its name."""
    asked: dict[str, set[str]] = defaultdict(set)
    original = IAMRequestBase.check_action_permitted

    def check(self: Any, resource: str) -> None:
        self._action = _NAMES.get(self._action, self._action)
        original(self, resource)
        name = self._access_key.arn.partition("/")[2].partition("/")[0]
        asked[name].add(self._action)

    with ExitStack() as stack:
        stack.enter_context(door())
        for owner, made in (
            (LambdaResponse, _function),
            (KmsResponse, _key),
            (ECRResponse, _repository),
        ):
            stack.enter_context(patch.object(owner, "_determine_resource", made, create=True))
        stack.enter_context(patch.object(IAMRequestBase, "check_action_permitted", check))
        # It computes other signatures than botocore for Lambda's paths.
        stack.enter_context(patch.object(IAMRequestBase, "check_signature", lambda self: None))
        # What moto's set_initial_no_auth_action_count(0) does to a whole function.
        stack.enter_context(patch.object(settings, "INITIAL_NO_AUTH_ACTION_COUNT", 0))
        stack.enter_context(patch.object(ActionAuthenticatorMixin, "request_count", 0))
        yield asked


def _function(self: Any) -> str:
    found = _FUNCTION.search(unquote(self.path))
    name = found["name"] if found else "*"
    return f"arn:aws:lambda:{self.region}:{self.current_account}:function:{name}"


def _key(self: Any) -> str:
    named = json.loads(self.body or "{}").get("KeyId", "*")
    if "alias/" in named:
        named = self.kms_backend.get_key_id_from_alias(named)
    key_id = str(named).rpartition("/")[2]
    return f"arn:aws:kms:{self.region}:{self.current_account}:key/{key_id}"


def _repository(self: Any) -> str:
    name = json.loads(self.body or "{}").get("repositoryName")
    if name is None:
        return "*"
    return f"arn:aws:ecr:{self.region}:{self.current_account}:repository/{name}"
