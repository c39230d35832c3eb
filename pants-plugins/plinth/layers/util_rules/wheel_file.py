"""Take one file out of a locked wheel."""

from __future__ import annotations

import os.path
from collections.abc import Iterable

from pants.core.target_types import FileSourceField
from pants.engine.fs import Digest, Snapshot
from pants.engine.rules import Get, Rule, collect_rules, rule
from pants.engine.target import GeneratedSources, GenerateSourcesRequest
from pants.engine.unions import UnionRule
from pants.util.logging import LogLevel

from plinth.code.rules import CodeAsRead
from plinth.code.rules import rules as code_rules
from plinth.layers import wheel_member
from plinth.layers.errors import LayerError
from plinth.layers.target_types import (
    WheelFileExecutableField,
    WheelFileLockField,
    WheelFilePathField,
    WheelFileRequirementField,
    WheelFileSourcesField,
)
from plinth.layers.util_rules.lock import LockRequest
from plinth.layers.util_rules.third_party import Installation, InstalledFiles
from plinth.lockfile.closure import installed_in
from plinth.lockfile.distribution import Lock, normalise
from plinth.lockfile.environment import RUNTIME


class GenerateWheelFileRequest(GenerateSourcesRequest):
    input = WheelFileSourcesField
    output = FileSourceField


@rule(desc="Taking a file out of a wheel", level=LogLevel.DEBUG)
async def take_wheel_file(
    request: GenerateWheelFileRequest, as_read: CodeAsRead
) -> GeneratedSources:
    """One file out of a locked wheel."""
    target = request.protocol_target
    address, lock_path = target.address, target[WheelFileLockField].value
    origin = f"the `{WheelFileLockField.alias}` field of {address}"
    lock = await Get(Lock, LockRequest(lock_path, origin))
    project = target[WheelFileRequirementField].value
    distribution = installed_in(lock, RUNTIME).get(normalise(project))
    if distribution is None:
        raise LayerError(
            f"{address}: {lock_path} does not lock `{project}` for {RUNTIME.name}. Add it to the "
            "lock's .in file and run `make lock`."
        )
    out = os.path.join(address.spec_path, address.target_name)
    executable = ("--executable",) if target[WheelFileExecutableField].value else ()
    installed = await Get(
        InstalledFiles,
        Installation(
            module=wheel_member.__name__,
            argv=("--path", target[WheelFilePathField].value, "--out", out, *executable),
            distributions=(distribution,),
            lock=lock_path,
            output_files=(out,),
            description=f"Taking {address.target_name} out of {distribution.requirement}",
            owner=address.spec,
        ),
    )
    return GeneratedSources(await Get(Snapshot, Digest, installed.digest))


def rules() -> Iterable[Rule | UnionRule]:
    return [
        *collect_rules(),
        *code_rules(),
        UnionRule(GenerateSourcesRequest, GenerateWheelFileRequest),
    ]
