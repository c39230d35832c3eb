from __future__ import annotations

from collections.abc import Iterable

from pants.engine.rules import Rule
from pants.engine.unions import UnionRule

from plinth.images.rules import rules as image_rules
from plinth.release.goals import release
from plinth.release.util_rules import ids, sbom


def rules() -> Iterable[Rule | UnionRule]:
    return [*ids.rules(), *image_rules(), *release.rules(), *sbom.rules()]
