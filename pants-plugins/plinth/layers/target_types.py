# Without `from __future__ import annotations`: `./pants help` evaluates those of `compute_value`,
# under Pants' own Python 3.9.

from collections.abc import Iterable
from typing import Optional

from pants.engine.addresses import Address
from pants.engine.target import (
    COMMON_TARGET_FIELDS,
    BoolField,
    Dependencies,
    InvalidFieldException,
    MultipleSourcesField,
    SpecialCasedDependencies,
    StringField,
    StringSequenceField,
    Target,
)
from pants.util.strutil import help_text

from plinth.layers.content import FIRST_PARTY, THIRD_PARTY
from plinth.layers.handler import parse_handler


class PythonLayerSourcesField(MultipleSourcesField):
    # There only so that the layer counts as a file that Pants generates.
    alias = "_sources"
    uses_source_roots = False
    expected_num_files = 0


class PythonLayerDependenciesField(Dependencies):
    help = help_text(
        """
        What the layer is for: Python sources, resources and requirements. The layer holds all that
        they need, through all their dependencies.
        """
    )


class PythonLayerContentField(StringSequenceField):
    alias = "content"
    default = (FIRST_PARTY, THIRD_PARTY)
    valid_choices = (FIRST_PARTY, THIRD_PARTY)
    help = help_text(
        f"""
        What of it goes into this layer: this repository's files (`"{FIRST_PARTY}"`), the packages
        from the lock (`"{THIRD_PARTY}"`), or both. Two layers, one of each, let an edit of the code
        leave the bytes of the packages as they are.
        """
    )


class PythonLayerPathField(StringField):
    alias = "path"
    default = "/var/task"
    help = "The folder in the image that the layer's files stand in, and that Python looks in."

    @classmethod
    def compute_value(cls, raw_value: Optional[str], address: Address) -> Optional[str]:
        value = super().compute_value(raw_value, address)
        parts = (value or "").split("/")
        if parts[0] or len(parts) < 2 or any(part in ("", ".", "..") for part in parts[1:]):
            raise InvalidFieldException(
                f"The `{cls.alias}` field of {address} must be an absolute folder such as "
                f"`/var/task`, not {value!r}."
            )
        return value


class PythonLayerLessField(SpecialCasedDependencies):
    alias = "less"
    help = help_text(
        """
        Images that carry files already: the image that this layer is put on. What their
        `python_layer`s hold, through all their dependencies, is left out of this one.
        """
    )


class PythonLayerInterpreterField(SpecialCasedDependencies):
    alias = "interpreter"
    help = help_text(
        """
        The `debian_root` that holds the image's own Python 3.11. It compiles the layer's `.pyc`
        files on Linux x86_64; elsewhere this machine's Python 3.11 does, with a warning.
        """
    )

    @classmethod
    def compute_value(
        cls, raw_value: Optional[Iterable[str]], address: Address
    ) -> Optional[tuple[str, ...]]:
        one = (raw_value,) if isinstance(raw_value, str) else raw_value
        value: Optional[tuple[str, ...]] = super().compute_value(one, address)
        if value and len(value) > 1:
            raise InvalidFieldException(
                f"The `{cls.alias}` field of {address} names one target, not {len(value)}."
            )
        return value


class PythonLayerHandlerField(StringField):
    alias = "handler"
    help = help_text(
        """
        What the layer is there to be called by, as `module:function`, for instance
        `orders.handler:handler`. A layer is refused whose module is missing, cannot be compiled, or
        has no such function: all of that without importing it.
        """
    )

    @classmethod
    def compute_value(cls, raw_value: Optional[str], address: Address) -> Optional[str]:
        value = super().compute_value(raw_value, address)
        if value is not None:
            try:
                parse_handler(value)
            except ValueError as error:
                raise InvalidFieldException(
                    f"{address.spec_path}/BUILD: {cls.alias}={value!r}: {error}"
                ) from None
        return value


class PythonLayerTarget(Target):
    alias = "python_layer"
    core_fields = (
        *COMMON_TARGET_FIELDS,
        PythonLayerSourcesField,
        PythonLayerDependenciesField,
        PythonLayerContentField,
        PythonLayerPathField,
        PythonLayerLessField,
        PythonLayerInterpreterField,
        PythonLayerHandlerField,
    )
    help = help_text(
        """
        A layer of an image: a tar file of all that some Python code needs, less what the image
        below carries.

        A target that depends on it gets the file `<folder>/<name>.tar`, whose entries stand under
        `path`. For a `docker_image` that is `ADD <folder>/<name>.tar /`. Packages come from the
        lock of the requirements' resolve, for Linux x86_64 whatever this machine is. The same
        sources give the same bytes.
        """
    )


class WheelFileSourcesField(MultipleSourcesField):
    # There only so that the file counts as one that Pants generates.
    alias = "_sources"
    uses_source_roots = False
    expected_num_files = 0


class WheelFileLockField(StringField):
    alias = "lock"
    required = True
    value: str
    help = (
        "The requirements file with hashes that locks the wheel, by its path from the build root."
    )


class WheelFileRequirementField(StringField):
    alias = "requirement"
    required = True
    value: str
    help = "The name of the project in the lock."


class WheelFilePathField(StringField):
    alias = "path"
    required = True
    value: str
    help = "The file's path in the wheel."


class WheelFileExecutableField(BoolField):
    alias = "executable"
    default = False
    help = "Whether the file can be executed."


class WheelFileTarget(Target):
    alias = "wheel_file"
    core_fields = (
        *COMMON_TARGET_FIELDS,
        WheelFileSourcesField,
        WheelFileLockField,
        WheelFileRequirementField,
        WheelFilePathField,
        WheelFileExecutableField,
    )
    help = help_text(
        """
        One file out of a wheel that a lock pins by hash, as `<folder>/<name>`: for a program that
        is published inside a Python package.
        """
    )
