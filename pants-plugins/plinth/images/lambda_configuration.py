"""What a lambda is given when it is deployed, and is none of its image: a target of its own."""

# Without `from __future__ import annotations`: `./pants help` evaluates those of `compute_value`,
# under Pants' own Python 3.9.

from collections.abc import Mapping
from typing import Any, Optional

from pants.engine.addresses import Address
from pants.engine.target import (
    COMMON_TARGET_FIELDS,
    AsyncFieldMixin,
    DictStringToStringField,
    Field,
    IntField,
    InvalidFieldException,
    InvalidFieldTypeException,
    SpecialCasedDependencies,
    StringField,
    Target,
)
from pants.util.frozendict import FrozenDict
from pants.util.strutil import help_text

from plinth.layers.handler import parse_handler


def frozen(value: Any) -> Any:
    """The value of a BUILD file in a form that can be hashed."""
    if isinstance(value, Mapping):
        return FrozenDict({key: frozen(each) for key, each in value.items()})
    if isinstance(value, (list, tuple)):
        return tuple(frozen(each) for each in value)
    return value


class _BoundedField(IntField):
    least: int
    most: int
    unit: str

    @classmethod
    def compute_value(cls, raw_value: Optional[int], address: Address) -> Optional[int]:
        value = super().compute_value(raw_value, address)
        if value is None or isinstance(value, bool) or not cls.least <= value <= cls.most:
            raise InvalidFieldException(
                f"The {cls.alias!r} field in target {address} must be {cls.least} to {cls.most} "
                f"{cls.unit}, but was {raw_value!r}."
            )
        return value


class LambdaImageField(SpecialCasedDependencies):
    alias = "images"
    required = True
    help = "The function's image; one, in a list."


class LambdaHandlerField(StringField):
    alias = "handler"
    required = True
    help = "What Lambda calls, as `module:function`; its `routes` attribute says what it serves."

    @classmethod
    def compute_value(cls, raw_value: Optional[str], address: Address) -> Optional[str]:
        value = super().compute_value(raw_value, address)
        try:
            parse_handler(value or "")
        except ValueError as error:
            raise InvalidFieldException(
                f"The {cls.alias!r} field in target {address} was {raw_value!r}: {error}"
            ) from None
        return value


class LambdaMemoryField(_BoundedField):
    alias = "memory"
    default = 512
    least, most, unit = 128, 10240, "MB"
    help = "In MB. Lambda gives more of a processor with more of it."


class LambdaTimeoutField(_BoundedField):
    alias = "timeout"
    default = 30
    least, most, unit = 1, 900, "seconds"
    help = "In seconds. API Gateway waits for 29."


class LambdaVariablesField(DictStringToStringField):
    alias = "variables"
    help = help_text(
        """
        Environment variables that the function is deployed with, in addition to the image's.
        `${Name}` in a value is a parameter of the application's template.
        """
    )


class LambdaInvokesField(DictStringToStringField, AsyncFieldMixin):
    alias = "invokes"
    help = help_text(
        """
        The functions that this one invokes, as addresses by the environment variable that holds the
        function's name. It may invoke these and no others.
        """
    )


class LambdaOnFailureField(StringField, AsyncFieldMixin):
    alias = "on_failure"
    help = "The function that gets an asynchronous event on which this one failed each time."


class LambdaPoliciesField(Field):
    alias = "policies"
    default = ()
    help = help_text(
        """
        What the function may do: a list of SAM's policy templates, such as
        `{"S3ReadPolicy": {"BucketName": "${Bucket}"}}`, and of statements with `Action` and
        `Resource`. A star is allowed at the end of a resource alone, for all below what it names.
        """
    )

    @classmethod
    def compute_value(cls, raw_value: Optional[Any], address: Address) -> Any:
        value = super().compute_value(raw_value, address)
        if not isinstance(value, (list, tuple)) or not all(isinstance(p, Mapping) for p in value):
            raise InvalidFieldTypeException(
                address, cls.alias, raw_value, expected_type="a list of dictionaries"
            )
        return frozen(value)


class LambdaTriggersField(Field):
    alias = "events"
    default = FrozenDict()
    help = help_text(
        """
        What starts the function besides its routes: SAM's event sources by name, each with its
        `Type` and `Properties`.
        """
    )

    @classmethod
    def compute_value(cls, raw_value: Optional[Any], address: Address) -> Any:
        value = super().compute_value(raw_value, address)
        if not isinstance(value, Mapping) or not all(
            isinstance(event, Mapping) for event in value.values()
        ):
            raise InvalidFieldTypeException(
                address, cls.alias, raw_value, expected_type="a dictionary of dictionaries"
            )
        return frozen(value)


class LambdaConfigurationTarget(Target):
    alias = "lambda_configuration"
    core_fields = (
        *COMMON_TARGET_FIELDS,
        LambdaImageField,
        LambdaHandlerField,
        LambdaMemoryField,
        LambdaTimeoutField,
        LambdaVariablesField,
        LambdaInvokesField,
        LambdaOnFailureField,
        LambdaPoliciesField,
        LambdaTriggersField,
    )
    help = help_text(
        """
        What a lambda is given when it is deployed. `lambda_function` declares it; an application
        (`sam_application`) is made of them. None of it is in the image, so none of it changes the
        image's fingerprint.
        """
    )
