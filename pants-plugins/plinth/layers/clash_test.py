from __future__ import annotations

import pytest

from plinth.layers.clash import Part, hidden, unmet
from plinth.lockfile.environment import RUNTIME

TASK, OPT = "/var/task", "/opt/python"


def found(own: list[str], below: list[str], folder: str = OPT) -> list[str]:
    return list(hidden(Part("lambda", TASK, tuple(own)), [Part("base", folder, tuple(below))]))


@pytest.mark.parametrize(
    ("own", "below"),
    [
        (["orders/handler.py"], ["library/aws.py"]),
        (["library/more.py"], ["library/aws.py"]),  # one namespace package in two folders
        (["library/data.json"], ["library/aws.py", "library/__init__.py"]),
        (["library/__init__.py"], ["library/__init__.pyi"]),
        (["six-1.0.dist-info/METADATA"], ["six.py"]),
        (["orders.py"], ["library/orders.py"]),
    ],
)
def test_what_is_found_all_the_same(own: list[str], below: list[str]) -> None:
    assert found(own, below) == []


@pytest.mark.parametrize(
    ("own", "below", "said"),
    [
        (["six.py"], ["six.py"], "six.py: in lambda and base"),
        (["data.json"], ["data.json"], "data.json: in lambda and base"),
        (["yaml.py"], ["yaml/__init__.py"], "yaml.py and yaml/: in lambda and base"),
        (["yaml/more.py"], ["yaml.py"], "yaml.py and yaml/: in lambda and base"),
        (
            ["library/more.py"],
            ["library/__init__.py", "library/aws.py"],
            "library/: base has library/__init__.py, so Python does not look for the modules of "
            "library that are in lambda",
        ),
        (
            ["library/__init__.py"],
            ["library/aws.py"],
            "library/: lambda has library/__init__.py, so Python does not look for the modules of "
            "library that are in base",
        ),
        (
            ["google/cloud/mine.py"],
            ["google/cloud/__init__.py", "google/auth.py"],
            "google/cloud/: base has google/cloud/__init__.py, so Python does not look for the "
            "modules of google/cloud that are in lambda",
        ),
        (
            ["fast/more.py"],
            ["fast/__init__.py", "fast/core.so"],
            "fast/: base has fast/__init__.py, so Python does not look for the modules of fast "
            "that are in lambda",
        ),
    ],
)
def test_what_python_would_not_find(own: list[str], below: list[str], said: str) -> None:
    assert found(own, below) == [said]


def test_in_one_folder_a_package_may_come_in_parts() -> None:
    assert found(["library/more.py"], ["library/__init__.py"], folder=TASK) == []


def test_requirements_that_nothing_meets() -> None:
    requires = (
        ("old", ("jmespath>=1.*,; what",)),
        ("boto3", ("Botocore<2,>=1", "awscrt ; extra == 'crt'", "pywin ; os_name == 'nt'")),
        ("S3_Transfer", ("jmespath", "six ; python_version >= '3.8'")),
    )
    missing = list(unmet(requires, ["boto3", "s3-transfer", "JmesPath"], RUNTIME))
    assert missing == [("boto3", "botocore"), ("s3-transfer", "six")]
