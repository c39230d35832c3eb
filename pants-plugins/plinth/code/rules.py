"""The condition of every answer of ours: the plugins that run are those in the files."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

from pants.base.build_root import BuildRoot
from pants.engine.internals.session import SessionValues
from pants.engine.rules import Rule, _uncacheable_rule, collect_rules
from pants.engine.unions import UnionRule
from pants.option.options_bootstrapper import OptionsBootstrapper
from pants.pantsd.process_manager import PantsDaemonProcessManager
from pants.util.logging import LogLevel

from plinth.code import loaded

# Whatever answers imports this, so there is always a record. It is of every byte that runs
# where the backend `plinth.code` is the first of ours.
loaded.keep_record()

_SHOWN = 5


class OtherCodeError(Exception):
    """Pants runs other plugins than the files hold: the message has files and the next command."""


@dataclass(frozen=True)
class CodeAsRead:
    """Whatever asks for it is refused while a file of ours differs from what runs of it."""


@_uncacheable_rule(desc="Comparing the plugins that run with their files", level=LogLevel.DEBUG)
async def compare_code(root: BuildRoot, session: SessionValues) -> CodeAsRead:
    files = [os.path.relpath(path, root.path) for path in loaded.differing()]
    if not files:
        return CodeAsRead()
    _let_another_daemon_answer(session[OptionsBootstrapper])
    more = [f"and {len(files) - _SHOWN} more"] if len(files) > _SHOWN else []
    raise OtherCodeError(
        "no answer: this Pants runs other plugins than the files now hold. These have changed "
        "since it read them: "
        f"{', '.join([*files[:_SHOWN], *more])}. Run the command again: Pants starts anew."
    )


def _let_another_daemon_answer(options: OptionsBootstrapper) -> None:
    """Makes Pants' next client end this daemon, as it does where options are other ones.

    By itself the daemon ends only if it saw the edit; one made while it started it never sees.
    """
    daemon = PantsDaemonProcessManager(options.bootstrap_options, daemon_entrypoint="")
    if daemon.pid == os.getpid():
        daemon.write_fingerprint("runs other plugins than the files hold")


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
