"""What a `python_layer` and a `wheel_file` are made of, told without making either."""

from __future__ import annotations

from collections.abc import Iterable

from pants.engine.addresses import Addresses, UnparsedAddressInputs
from pants.engine.rules import Get, Rule, collect_rules, rule
from pants.engine.target import Targets
from pants.engine.unions import UnionRule

from plinth.debian.util_rules import parts as debian_parts
from plinth.debian.util_rules.parts import DebianParts, DebianPartsRequest
from plinth.fingerprint.distributions import distribution_part
from plinth.fingerprint.made import MadeFile, mode, parts_of
from plinth.fingerprint.part import Part
from plinth.fingerprint.util_rules.maker import MakerRequest
from plinth.layers.target_types import (
    PythonLayerInterpreterField,
    PythonLayerTarget,
    WheelFileExecutableField,
    WheelFileLockField,
    WheelFilePathField,
    WheelFileRequirementField,
    WheelFileTarget,
)
from plinth.layers.util_rules.content import LayerContent, LayerContentRequest
from plinth.layers.util_rules.lock import LockRequest
from plinth.lockfile.closure import installed_in
from plinth.lockfile.distribution import Lock, normalise
from plinth.lockfile.environment import RUNTIME

INTERPRETER = "interpreter"


class PythonLayerMaker(MakerRequest):
    maker = PythonLayerTarget


class WheelFileMaker(MakerRequest):
    maker = WheelFileTarget


@rule
async def made_layer(request: PythonLayerMaker) -> MadeFile:
    """The tar of a `python_layer`: its sources, its distributions, and the Python that compiles."""
    target, path = request.target, f"{request.path}.tar"
    content = await Get(LayerContent, LayerContentRequest(target))
    parts = [
        Part("layer", "", path, content.path),
        *(
            Part("source", path, file.path, f"{mode(file.executable)} sha256:{file.fingerprint}")
            for file in content.first_party
        ),
        *(distribution_part("distribution", path, each) for each in content.distributions),
    ]
    field = target[PythonLayerInterpreterField]
    if not (content.first_party or content.distributions):
        return MadeFile(path, tuple(parts))
    if not field.value:
        reason = f"{target.address} has no `{field.alias}`: the machine's Python compiles its .pyc"
        return MadeFile(path, tuple(parts), (reason,))
    addresses = await Get(Addresses, UnparsedAddressInputs, field.to_unparsed_address_inputs())
    (interpreter,) = await Get(Targets, Addresses, addresses)
    found = await Get(DebianParts, DebianPartsRequest(interpreter))
    return MadeFile(path, (*parts, *parts_of(path, found.parts, INTERPRETER)))


@rule
async def made_wheel_file(request: WheelFileMaker) -> MadeFile:
    """The file that a `wheel_file` takes out of a locked wheel."""
    target, path = request.target, request.path
    lock_path = target[WheelFileLockField].value
    lock = await Get(Lock, LockRequest(lock_path, f"the lock of {target.address}"))
    name = normalise(target[WheelFileRequirementField].value)
    locked = installed_in(lock, RUNTIME).get(name)
    member = target[WheelFilePathField].value
    executable = bool(target[WheelFileExecutableField].value)
    parts = [Part("wheel_file", "", path, f"{mode(executable)} {member}")]
    if locked:
        parts.append(distribution_part("distribution", path, locked))
    return MadeFile(path, tuple(parts))


def rules() -> Iterable[Rule | UnionRule]:
    return [
        *collect_rules(),
        *debian_parts.rules(),
        UnionRule(MakerRequest, PythonLayerMaker),
        UnionRule(MakerRequest, WheelFileMaker),
    ]
