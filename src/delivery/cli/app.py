"""The command line: what all commands share, and how they end.

Exit codes: 0 done, 1 refused or failed, 2 drift. 64 is a command line that is not understood, so
that it cannot be taken for drift.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, wraps
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console

from delivery.cli.progress import Progress
from delivery.core.config import Environment
from delivery.core.errors import DeliveryError, Refused
from delivery.operations.delivery import Delivery, load

DONE, FAILED, DRIFT, USAGE, INTERRUPTED = 0, 1, 2, 64, 130
_LOG_WIDTH = 160
F = TypeVar("F", bound=Callable[..., Any])


@dataclass
class App:
    """A running command: where its configuration lies, and how it prints."""

    config_path: Path
    as_json: bool = False

    @cached_property
    def delivery(self) -> Delivery:
        return load(self.config_path, self.progress)

    @cached_property
    def progress(self) -> Progress:
        return Progress(Console(stderr=True), quiet=self.as_json)

    @cached_property
    def console(self) -> Console:
        # Only a terminal has an edge.
        return Console(soft_wrap=True, width=None if sys.stdout.isatty() else _LOG_WIDTH)

    def environment(self, name: str) -> Environment:
        return self.delivery.config.environment(name)

    def show(self, document: Any, text: Callable[[Console], None]) -> None:
        """The result: `document` with `--json`, else what `text` prints."""
        self.progress.close()
        if self.as_json:
            click.echo(json.dumps(document, indent=2))
        else:
            text(self.console)


def pass_app(function: F) -> F:
    """Gives a command the `App`, and the option `--json`."""

    @click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
    @click.pass_obj
    @wraps(function)
    def run(app: App, as_json: bool, *arguments: Any, **options: Any) -> Any:
        app.as_json = as_json
        return function(app, *arguments, **options)

    return run  # type: ignore[return-value]


def write(path: Path, data: bytes) -> None:
    """A file that the user named. Raises `DeliveryError` where it cannot be written."""
    try:
        path.write_bytes(data)
    except OSError as error:
        raise DeliveryError(f"{path} cannot be written: {error.strerror}.") from error


def examples(*lines: str) -> str:
    """Help that shows how a command is called."""
    return "\n".join(["\b", "Examples:", *(f"  delivery {line}" for line in lines)])


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done, 1 refused or failed, 2 drift, 64 wrong usage. "
    'Completion: eval "$(_DELIVERY_COMPLETE=bash_source delivery)"; zsh and fish likewise.',
)
@click.option(
    "--config",
    "config_path",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("delivery.toml"),
    envvar="DELIVERY_CONFIG",
    show_default=True,
    help="The configuration.",
)
@click.pass_context
def main(context: click.Context, config_path: Path) -> None:
    """Promotes signed releases by digest from environment to environment, and back."""
    app = App(_from_where_it_was_called(config_path))
    context.obj = app
    context.call_on_close(lambda: app.progress.close())


def run(arguments: list[str] | None = None) -> int:
    """The command line's exit code. Every expected failure is a text, not a traceback."""
    as_json = "--json" in (sys.argv[1:] if arguments is None else arguments)
    try:
        code = main.main(arguments, prog_name="delivery", standalone_mode=False)
        return int(code or DONE)
    except DeliveryError as error:
        _report(error, as_json)
        return FAILED
    except click.ClickException as error:
        error.show()
        return USAGE
    except click.exceptions.Exit as error:
        return error.exit_code
    except OSError as error:
        # Such as a disk that is full, or a reader of the output that is gone.
        _report(DeliveryError(f"the result cannot be printed: {error}."), as_json=False)
        return FAILED
    except (click.Abort, KeyboardInterrupt):
        click.echo(
            "Interrupted. `delivery status` shows what is there; what has no end, "
            "`delivery resume ENV` finishes or undoes.",
            err=True,
        )
        return INTERRUPTED


def _report(error: DeliveryError, as_json: bool) -> None:
    if as_json:
        refused = error.refusals if isinstance(error, Refused) else ()
        document = {
            "error": str(error),
            "refused": [
                {"gate": each.gate, "what": each.what, "fix": each.fix} for each in refused
            ],
        }
        click.echo(json.dumps(document, indent=2))
    click.echo(f"delivery: {error}", err=True)


def _from_where_it_was_called(path: Path) -> Path:
    """`./pants run` may start elsewhere: what is relative is so to the caller's folder."""
    folder = os.environ.get("PWD")
    return Path(folder, path) if folder and not path.is_absolute() else path
