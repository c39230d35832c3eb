"""`delivery.toml`: the environments in order, and what holds in each."""

from __future__ import annotations

import fnmatch
import hashlib
import re
import tomllib
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    model_validator,
)

from delivery.core.errors import ConfigError
from delivery.core.toml_lines import line_of

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
# What may be overridden, each by an option of `promote` that wants a reason.
OVERRIDES = ("lift-hold", "skip-soak")


def _duration(value: Any) -> timedelta:
    """`90s`, `30m`, `24h`, `7d`."""
    found = re.fullmatch(r"([0-9]+)([smhd])", value) if isinstance(value, str) else None
    if not found:
        raise ValueError(f"{value!r} is no duration: write a number and s, m, h or d, such as 30m")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


Duration = Annotated[timedelta, BeforeValidator(_duration)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PublicKey(_Model):
    """A key that may sign, and what. A `retired` one vouches for ledger entries until then."""

    file: str
    signs: tuple[Literal["releases", "ledger"], ...] = ("releases", "ledger")
    retired: AwareDatetime | None = None


class Signing(_Model):
    """The KMS key that signs, and the public keys, in files of the repository, that are trusted."""

    key: str
    region: str
    role: str | None = None
    public_keys: tuple[PublicKey, ...] = Field(min_length=1)


class LedgerPlace(_Model):
    """Where the ledger is, and the KMS key of its entries, where it is not the releases'.

    An operation that is `lease` old and has no end counts as dead.
    """

    bucket: str
    region: str
    prefix: str = "ledger/"
    role: str | None = None
    key: str | None = None
    lease: Duration = timedelta(minutes=15)


class Smoke(_Model):
    """The event that a new version must answer. `expect` must be contained in the answer.

    `skip` is a reason why a lambda has none.
    """

    event: Any = None
    expect: Any = None
    skip: str | None = None

    @model_validator(mode="after")
    def _event_or_reason(self) -> Self:
        if (self.event is None) == (not self.skip):
            raise ValueError("a smoke test has either an `event`, or a `skip` with the reason")
        return self


class CanaryStep(_Model):
    """`percent` of the requests go to the new version for `wait`."""

    percent: int = Field(gt=0, lt=100)
    wait: Duration


class Environment(_Model):
    """A stage. `function` and `alarm` are patterns in which `{name}` is the lambda's name."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    region: str
    function: str
    alias: str = "live"
    role: str | None = None
    registry: str | None = None
    soak: Duration = timedelta()
    canary: tuple[CanaryStep, ...] = ()
    alarm: str | None = None
    requests_per_second: float = Field(default=15.0, gt=0, le=1000)
    update_timeout: Duration = timedelta(minutes=5)
    overrides: dict[str, tuple[str, ...]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if "{name}" not in self.function:
            raise ValueError("`function` must contain {name}, such as dev-{name}")
        unknown = sorted(self.overrides.keys() - set(OVERRIDES))
        if unknown:
            raise ValueError(f"nothing called {unknown[0]!r} can be overridden: {OVERRIDES}")
        if self.canary and not self.alarm:
            raise ValueError("`canary` needs an `alarm` that sends it back, such as {name}-errors")
        return self

    def function_name(self, name: str) -> str:
        """The function of the lambda `name` here."""
        return self.function.replace("{name}", name)

    def may_override(self, override: str, who: str) -> bool:
        """Whether the caller `who`, an ARN, may use an override here. Nobody may by default."""
        return any(fnmatch.fnmatchcase(who, each) for each in self.overrides.get(override, ()))


class Config(_Model):
    """The whole file. `functions` are patterns of the records' addresses that are lambdas."""

    registry: str
    releases: str = "releases"
    main: str = "origin/main"
    functions: tuple[str, ...] = ("lambdas/*",)
    signing: Signing
    ledger: LedgerPlace
    environments: tuple[Environment, ...] = Field(min_length=1)
    smoke: dict[str, Smoke] = Field(default_factory=dict)
    _digest: str = PrivateAttr("")

    @property
    def digest(self) -> str:
        """The sha256 of the file's bytes, for the ledger."""
        return self._digest

    def environment(self, name: str) -> Environment:
        """The environment called `name`. Raises `ConfigError`."""
        for each in self.environments:
            if each.name == name:
                return each
        known = ", ".join(each.name for each in self.environments)
        raise ConfigError(f"delivery.toml has no environment {name!r}. It has {known}.")

    def before(self, environment: Environment) -> Environment | None:
        """The stage before; None for the first."""
        position = self.environments.index(environment)
        return self.environments[position - 1] if position else None

    def is_function(self, address: str) -> bool:
        """Whether a record's image is a lambda, by its address."""
        return any(fnmatch.fnmatchcase(address, each) for each in self.functions)

    def registry_of(self, environment: Environment) -> str:
        """The registry from which the environment's functions take their images."""
        return environment.registry or self.registry


def parse(data: bytes, origin: str) -> Config:
    """The configuration in `data`. Raises `ConfigError` with `origin` and the line."""
    try:
        text = data.decode()
        document = tomllib.loads(text)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        found = re.search(r"\(at line (\d+), column \d+\)", str(error))
        message = str(error).replace(found[0], "").strip() if found else str(error)
        raise ConfigError(f"{origin}:{found[1] if found else 1}: not TOML: {message}.") from error
    try:
        config = Config.model_validate(document)
    except ValidationError as error:
        raise ConfigError("\n".join(_problems(text, origin, error))) from error
    names = [each.name for each in config.environments]
    for position, name in enumerate(names):
        if name in names[:position]:
            place = ("environments", position, "name")
            raise ConfigError(
                f"{origin}:{line_of(text, place)}: {_dotted(place)}: the environment {name} is "
                "there twice."
            )
    config._digest = hashlib.sha256(data).hexdigest()
    return config


def _problems(text: str, origin: str, error: ValidationError) -> list[str]:
    lines = []
    errors = error.errors()
    # Of environments that are wrong, pydantic adds that there are too few.
    inside = {each["loc"][:1] for each in errors if len(each["loc"]) > 1}
    for each in errors:
        place = each["loc"]
        if each["type"] == "too_short" and place in inside:
            continue
        what = each["msg"].removeprefix("Value error, ")
        if each["type"] == "extra_forbidden":
            what = "no setting of this name is known"
        if each["type"] == "missing":
            what = "this setting is missing"
        lines.append(f"{origin}:{line_of(text, place)}: {_dotted(place)}: {what}.")
    return lines


def _dotted(place: tuple[str | int, ...]) -> str:
    """`environments[1].soak`, as people write it."""
    text = "".join(f"[{each}]" if isinstance(each, int) else f".{each}" for each in place)
    return text.removeprefix(".") or "the document"


def utc(text: str) -> datetime:
    """A time of a record or an entry: ISO 8601 with an offset."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
