"""A plan on its base: the image's configuration, and the steps that each make a layer.

Variables are replaced here, as the base's environment takes part in that. Where BuildKit and the
legacy builder differ, BuildKit is followed (`ARG` hides an earlier `ENV` of its name; a stage
inherits the arguments of the one it is built from).
"""

from __future__ import annotations

import copy
import posixpath
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from plinth.oci.dockerfile.expand import expand_words
from plinth.oci.dockerfile.instructions import (
    Arg,
    Cmd,
    Copy,
    Entrypoint,
    Env,
    Expose,
    From,
    Healthcheck,
    Instruction,
    Label,
    Maintainer,
    Shell,
    StopSignal,
    User,
    Volume,
    Workdir,
)
from plinth.oci.dockerfile.mode import mode_change
from plinth.oci.dockerfile.parse import DockerfileError
from plinth.oci.dockerfile.plan import Plan, expanded
from plinth.oci.dockerfile.settings import is_signal, ports
from plinth.oci.dockerfile.step import LayerStep
from plinth.platform import PLATFORM

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_DEFAULT_SHELL = ["/bin/sh", "-c"]


@dataclass(frozen=True)
class Event:
    """One instruction in the image's history, and the index of the step it is, if it is one."""

    created_by: str
    step: int | None = None


@dataclass(frozen=True)
class Evaluated:
    """An image without its layers: `config` is the OCI configuration's section of that name."""

    config: Mapping[str, Any]
    author: str
    steps: tuple[LayerStep, ...]
    history: tuple[Event, ...]


def evaluate(plan: Plan, base_config: Mapping[str, Any] | None) -> Evaluated:
    """The plan on a base with this OCI configuration, or on nothing.

    The plan has nothing that is not assemblable. Raises `DockerfileError` for what only shows with
    its variables replaced.
    """
    state = _State(plan, *_inherited(plan, base_config))
    for instruction in plan.instructions:
        steps = len(state.steps)
        _APPLY[type(instruction)](state, instruction)
        if not isinstance(instruction, From):
            made = steps if len(state.steps) > steps else None
            state.history.append(Event(instruction.statement.text, made))
    config = {key: value for key, value in sorted(state.config.items()) if value}
    return Evaluated(config, state.author, tuple(state.steps), tuple(state.history))


def _inherited(plan: Plan, base: Mapping[str, Any] | None) -> tuple[dict[str, Any], str]:
    if base is None:
        return {"Env": [f"PATH={DEFAULT_PATH}"], "WorkingDir": "/"}, ""
    platform = f"{base.get('os')}/{base.get('architecture')}"
    if platform != PLATFORM.image:
        raise DockerfileError(plan.path, f"the base is for {platform}, not {PLATFORM.image}")
    section = base.get("config") or {}
    if section.get("OnBuild"):
        raise DockerfileError(
            plan.path,
            f"the base {plan.base.value} has ONBUILD instructions ({section['OnBuild'][0]!r}, …), "
            f"which only Docker can build; write them out in the Dockerfile, without ONBUILD on it",
        )
    config = {key: copy.deepcopy(section[key]) for key in _inherited_keys() if section.get(key)}
    if not any(pair.startswith("PATH=") for pair in config.get("Env", ())):
        config.setdefault("Env", []).append(f"PATH={DEFAULT_PATH}")
    return config, base.get("author") or ""


@dataclass
class _State:
    """What the instructions so far have made."""

    plan: Plan
    config: dict[str, Any]
    author: str
    variables: dict[str, str] = field(init=False)
    command_set: bool = False
    steps: list[LayerStep] = field(default_factory=list)
    history: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        pairs = (pair.partition("=") for pair in self.config["Env"])
        self.variables = {name: value for name, _, value in pairs}

    def value(self, instruction: Instruction, word: str) -> str:
        return expanded(instruction, word, self.variables)


def _begin_stage(state: _State, instruction: From) -> None:
    state.command_set = False


def _arg(state: _State, instruction: Arg) -> None:
    given, outer = dict(state.plan.build_args), dict(state.plan.arguments)
    for name, default in instruction.pairs:
        if name in given:
            state.variables[name] = given[name]
        elif default is not None:
            state.variables[name] = state.value(instruction, default)
        elif name in outer:
            state.variables[name] = outer[name]


def _env(state: _State, instruction: Env) -> None:
    # All values are replaced by what stood before the instruction: ENV a=1 b=$a has the old a.
    for name, value in _expanded_pairs(state, instruction):
        state.variables[name] = value
        pairs: list[str] = state.config["Env"]
        same = [at for at, pair in enumerate(pairs) if pair.partition("=")[0] == name]
        if same:
            pairs[same[0]] = f"{name}={value}"
        else:
            pairs.append(f"{name}={value}")


def _label(state: _State, instruction: Label) -> None:
    state.config.setdefault("Labels", {}).update(_expanded_pairs(state, instruction))


def _expanded_pairs(state: _State, instruction: Env | Label) -> list[tuple[str, str]]:
    pairs = [
        (state.value(instruction, name), state.value(instruction, value))
        for name, value in instruction.pairs
    ]
    if not all(name for name, _ in pairs):
        raise instruction.statement.error("a name is empty once its variables are replaced")
    return pairs


def _copy(state: _State, instruction: Copy) -> None:
    sources = tuple(state.value(instruction, source) for source in instruction.sources)
    for source in sources:
        if source.startswith(("http://", "https://")):
            raise instruction.statement.error(
                f"{source} is a URL, which only Docker can fetch; write it out, without a variable"
            )
    chmod = state.value(instruction, instruction.chmod)
    try:
        mode_change(chmod or "0")
    except ValueError as error:
        raise instruction.statement.error(f"--chmod: {error}") from error
    step = LayerStep(
        where=instruction.statement.where,
        keyword=instruction.statement.keyword,
        sources=sources,
        destination=_destination(state, state.value(instruction, instruction.destination)),
        owner=state.value(instruction, instruction.chown),
        mode=chmod,
    )
    state.steps.append(step)


def _destination(state: _State, path: str) -> str:
    """`path` from the working directory, a slash at its end kept; `.` is the directory itself."""
    whole = _absolute(state, path)
    return whole if whole == "/" else whole + "/" * (path.endswith("/") or path in ("", "."))


def _absolute(state: _State, path: str) -> str:
    joined = posixpath.join("/", state.config.get("WorkingDir", "/"), path)
    return "/" + posixpath.normpath(joined).strip("/")


def _workdir(state: _State, instruction: Workdir) -> None:
    text = state.value(instruction, instruction.path)
    path = _absolute(state, text)
    # An absolute one stays as it is written, /app/ too.
    state.config["WorkingDir"] = text if text.startswith("/") else path
    if path != "/":
        owner = state.config.get("User", "")
        state.steps.append(LayerStep(instruction.statement.where, "WORKDIR", (), path, owner))


def _user(state: _State, instruction: User) -> None:
    state.config["User"] = state.value(instruction, instruction.name)


def _expose(state: _State, instruction: Expose) -> None:
    exposed = state.config.setdefault("ExposedPorts", {})
    for word in instruction.ports:
        state.value(instruction, word)
        for text in expand_words(word, state.variables, instruction.statement.escape):
            try:
                exposed.update({port: {} for port in ports(text)})
            except ValueError as error:
                raise instruction.statement.error(str(error)) from error


def _volume(state: _State, instruction: Volume) -> None:
    for path in instruction.paths:
        path = state.value(instruction, path)
        if not path:
            raise instruction.statement.error("a path is empty once its variables are replaced")
        state.config.setdefault("Volumes", {})[path] = {}


def _stop_signal(state: _State, instruction: StopSignal) -> None:
    signal = state.value(instruction, instruction.signal)
    if not is_signal(signal):
        raise instruction.statement.error(
            f"{signal!r} is not a signal such as SIGTERM, or a number"
        )
    state.config["StopSignal"] = signal


def _entrypoint(state: _State, instruction: Entrypoint) -> None:
    state.config["Entrypoint"] = _command_line(state, instruction)
    if not state.command_set:
        # Arguments that were meant for another program.
        state.config.pop("Cmd", None)


def _cmd(state: _State, instruction: Cmd) -> None:
    state.config["Cmd"] = _command_line(state, instruction)
    state.command_set = True


def _command_line(state: _State, instruction: Entrypoint) -> list[str]:
    shell = state.config.get("Shell") or _DEFAULT_SHELL
    return [*(shell if instruction.shell else ()), *instruction.arguments]


def _shell(state: _State, instruction: Shell) -> None:
    state.config["Shell"] = list(instruction.arguments)


def _healthcheck(state: _State, instruction: Healthcheck) -> None:
    state.config["Healthcheck"] = {"Test": list(instruction.test), **dict(instruction.limits)}


def _maintainer(state: _State, instruction: Maintainer) -> None:
    state.author = instruction.name


_APPLY: dict[type[Instruction], Callable[[_State, Any], None]] = {
    Arg: _arg,
    Cmd: _cmd,
    Copy: _copy,
    Entrypoint: _entrypoint,
    Env: _env,
    Expose: _expose,
    From: _begin_stage,
    Healthcheck: _healthcheck,
    Label: _label,
    Maintainer: _maintainer,
    Shell: _shell,
    StopSignal: _stop_signal,
    User: _user,
    Volume: _volume,
    Workdir: _workdir,
}


def _inherited_keys() -> tuple[str, ...]:
    """What an image hands on to those that stand on it: all that an instruction can set.

    No instruction sets `StopTimeout`; other builders do.
    """
    return tuple(sorted({"StopTimeout", *(kind.sets for kind in _APPLY)} - {""}))
