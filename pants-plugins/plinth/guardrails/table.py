"""All guards. A test fails where one of the folder is not in it."""

from __future__ import annotations

from plinth.guardrails.allowances import GUARD_OF_ALLOWANCES
from plinth.guardrails.finding import Guard
from plinth.guardrails.guards import (
    broken_source,
    carried_requirement,
    left_to_docker,
    missing_handler,
    off_base,
    root_user,
    secret_in_image,
    stale_lock,
    undeclared_import,
    unfit_lock,
    unowned_source,
    unpinned_action,
    unpinned_image,
    unreadable_dockerfile,
    unreviewed_file,
    unused_requirement,
)

GUARDS: tuple[Guard, ...] = tuple(
    module.GUARD
    for module in (
        unpinned_image,
        left_to_docker,
        off_base,
        secret_in_image,
        root_user,
        unreadable_dockerfile,
        unfit_lock,
        stale_lock,
        unused_requirement,
        undeclared_import,
        carried_requirement,
        unpinned_action,
        unreviewed_file,
        unowned_source,
        broken_source,
        missing_handler,
    )
)

ALLOWANCES = Guard(
    GUARD_OF_ALLOWANCES,
    "An exception without a reason, or that nothing needs",
    "It lets something pass that nobody has looked at.",
    lambda repository: iter(()),
)
"""Of `guardrails.toml` itself; it judges no repository."""
