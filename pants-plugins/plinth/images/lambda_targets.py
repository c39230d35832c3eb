"""The files in a lambda's folder, each owned by one target of `lambda_function`.

They are Pants' own targets for Python and other files, with one difference: a lambda may have
none of them but its sources and its container test.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from pants.backend.python.target_types import (
    PythonSourcesGeneratingSourcesField,
    PythonSourcesGeneratorTarget,
    PythonTestsGeneratingSourcesField,
    PythonTestsGeneratorTarget,
    PythonTestSourceField,
    PythonTestTarget,
    PythonTestUtilsGeneratingSourcesField,
    PythonTestUtilsGeneratorTarget,
)
from pants.core.target_types import FilesGeneratingSourcesField, FilesGeneratorTarget
from pants.engine.fs import GlobMatchErrorBehavior
from pants.engine.target import Field, InvalidFieldException

from plinth.images.lambda_configuration import LambdaConfigurationTarget

CONTAINER_TEST = "container_test.py"
_TESTS = ("**/*_test.py", "**/test_*.py", "**/tests.py")
_TEST_UTILS = ("**/conftest.py", "tests/**/*.py")


def _without(globs: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"!{glob}" for glob in globs)


class LambdaSourcesField(PythonSourcesGeneratingSourcesField):
    default: ClassVar[Any] = ("**/*.py", "**/*.pyi", *_without((*_TESTS, *_TEST_UTILS)))


class LambdaTestsField(PythonTestsGeneratingSourcesField):
    default: ClassVar[Any] = (*_TESTS, f"!{CONTAINER_TEST}")
    default_glob_match_error_behavior = GlobMatchErrorBehavior.ignore


class LambdaTestUtilsField(PythonTestUtilsGeneratingSourcesField):
    default: ClassVar[Any] = (*_TEST_UTILS, *_without(_TESTS))
    default_glob_match_error_behavior = GlobMatchErrorBehavior.ignore


class LambdaEventsField(FilesGeneratingSourcesField):
    required = False
    default = ("events/*.json",)
    default_glob_match_error_behavior = GlobMatchErrorBehavior.ignore


class LambdaContainerTestField(PythonTestSourceField):
    required = False
    default = CONTAINER_TEST
    # An error of our own, below, says what to do.
    default_glob_match_error_behavior = GlobMatchErrorBehavior.ignore

    def validate_resolved_files(self, files: Sequence[str]) -> None:
        if not files:
            folder = self.address.spec_path
            title = folder.rpartition("/")[2].title().replace("_", "")
            raise InvalidFieldException(
                f"{folder}/{self.value} is missing: the test of the lambda in its container, "
                "without which its image is not published. The least that it holds:\n\n"
                "    from containers.contract import LambdaContract\n\n\n"
                f"    class Test{title}(LambdaContract):\n"
                f'        layout = "{folder.replace("/", ".")}/image"\n\n'
                "lambdas/README.md has more; `make lambda NAME=hello` writes a lambda with tests."
            )
        super().validate_resolved_files(files)


def _fields(given: tuple[type[Field], ...], own: type[Field]) -> tuple[type[Field], ...]:
    """The fields of one of Pants' targets, with our sources in place of theirs."""
    return tuple(own if issubclass(own, field) else field for field in given)


class LambdaSourcesTarget(PythonSourcesGeneratorTarget):
    alias = "lambda_sources"
    core_fields: ClassVar[Any] = _fields(
        PythonSourcesGeneratorTarget.core_fields, LambdaSourcesField
    )
    help = "A lambda's own Python files, also in folders below; as `python_sources`."


class LambdaTestsTarget(PythonTestsGeneratorTarget):
    alias = "lambda_tests"
    core_fields: ClassVar[Any] = _fields(PythonTestsGeneratorTarget.core_fields, LambdaTestsField)
    help = "A lambda's unit tests, if it has some; as `python_tests`."


class LambdaTestUtilsTarget(PythonTestUtilsGeneratorTarget):
    alias = "lambda_test_utils"
    core_fields: ClassVar[Any] = _fields(
        PythonTestUtilsGeneratorTarget.core_fields, LambdaTestUtilsField
    )
    help = "`conftest.py` and what else a lambda's tests share; as `python_test_utils`."


class LambdaContainerTestTarget(PythonTestTarget):
    alias = "lambda_container_test"
    core_fields: ClassVar[Any] = _fields(PythonTestTarget.core_fields, LambdaContainerTestField)
    help = "The test of a lambda's image, in its container; as `python_test`."


class LambdaEventsTarget(FilesGeneratorTarget):
    alias = "lambda_events"
    core_fields: ClassVar[Any] = _fields(FilesGeneratorTarget.core_fields, LambdaEventsField)
    help = "Sample events for a lambda, as JSON in `events/`; as `files`."


TARGET_TYPES = (
    LambdaConfigurationTarget,
    LambdaContainerTestTarget,
    LambdaEventsTarget,
    LambdaSourcesTarget,
    LambdaTestsTarget,
    LambdaTestUtilsTarget,
)
