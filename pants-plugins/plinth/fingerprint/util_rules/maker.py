"""Who makes files for build contexts. Each maker states what its file is made of."""

from __future__ import annotations

import os.path
from dataclasses import dataclass
from typing import ClassVar

from pants.engine.engine_aware import EngineAwareParameter
from pants.engine.environment import EnvironmentName
from pants.engine.target import Target
from pants.engine.unions import union


@union(in_scope_types=[EnvironmentName])
@dataclass(frozen=True)
class MakerRequest(EngineAwareParameter):
    """Asks for the `MadeFile` of a target.

    A maker is a subclass that names its kind of target, a rule that answers it, and a `UnionRule`.
    """

    maker: ClassVar[type[Target]]

    target: Target

    @property
    def path(self) -> str:
        """Where such files are made: in the folder of the target, and with its name."""
        return os.path.join(self.target.address.spec_path, self.target.address.target_name)

    def debug_hint(self) -> str:
        return self.target.address.spec
