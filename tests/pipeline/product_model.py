"""What a product is after each request, by the rules of `docs/pipeline.md` and no code of its own.

Columns are texts `name type`. A load is known by the name of its file; they sort by time.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field

Answer = tuple[int | str, str]
"""A status or an outcome, and the version that was made, if one was."""

Columns = tuple[str, ...]
Version = tuple[int, int]


@dataclass
class Model:
    """One product, from before its registration to after its deletion."""

    description: str = ""
    version: Version | None = None
    tables: dict[str, Columns] = field(default_factory=dict)
    history: dict[Version, dict[str, Columns]] = field(default_factory=dict)
    loaded: dict[tuple[int, str], list[str]] = field(default_factory=dict)
    # The major versions that a table went into as it was, or with fewer columns.
    continued: set[tuple[int, str]] = field(default_factory=set, compare=False)
    raw: set[str] = field(default_factory=set)
    landed: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)

    def after(self, operation: Operation) -> tuple[Model, Answer]:
        """The product after a request, and the answer to it."""
        then = deepcopy(self)
        return then, operation.apply(then)

    def commit(self, version: Version) -> str:
        self.version = version
        self.history[version] = dict(self.tables)
        return f"v{version[0]}.{version[1]}"

    def minor(self) -> str:
        assert self.version
        return self.commit((self.version[0], self.version[1] + 1))

    def major(self, not_carried: str = "") -> str:
        assert self.version
        old, new = self.version[0], self.version[0] + 1
        for table in self.tables:
            if table == not_carried:
                continue
            self.continued.add((new, table))
            if loads := self.loaded.get((old, table)):
                self.loaded[new, table] = [max(loads)]
        return self.commit((new, 0))


class Operation:
    """One request or event."""

    @property
    def name(self) -> str:
        """For people, on one line."""
        return " ".join([type(self).__name__.lower(), *map(str, vars(self).values())])

    def apply(self, product: Model) -> Answer:
        """Changes the product, and gives the answer."""
        raise NotImplementedError


@dataclass(frozen=True)
class Put(Operation):
    """A file comes to where it stands before its event: one of its name, or `raw`."""

    file: str

    def apply(self, product: Model) -> Answer:
        (product.landed if self.file == "landing" else product.raw).add(self.file)
        return "put", ""


@dataclass(frozen=True)
class Register(Operation):
    description: str = "first"

    def apply(self, product: Model) -> Answer:
        if product.version:
            return 409, ""
        product.description = self.description
        return 201, product.commit((1, 0))


@dataclass(frozen=True)
class Describe(Operation):
    description: str

    def apply(self, product: Model) -> Answer:
        if not product.version:
            return 404, ""
        if product.description == self.description:
            return 400, ""
        product.description = self.description
        return 200, product.minor()


@dataclass(frozen=True)
class Create(Operation):
    table: str
    columns: Columns

    def apply(self, product: Model) -> Answer:
        if not product.version:
            return 404, ""
        if self.table in product.tables:
            return 409, ""
        is_first = product.version == (1, 0) and not product.tables
        product.tables[self.table] = self.columns
        return 201, product.commit((1, 0)) if is_first else product.minor()


@dataclass(frozen=True)
class Reshape(Operation):
    table: str
    columns: Columns

    def apply(self, product: Model) -> Answer:
        if not product.version or self.table not in product.tables:
            return 404, ""
        old = dict(column.split() for column in product.tables[self.table])
        new = dict(column.split() for column in self.columns)
        if old == new:
            return 400, ""
        product.tables[self.table] = self.columns
        retyped = any(new[name] != old[name] for name in old.keys() & new.keys())
        if retyped or old.keys() - new.keys():
            return 200, product.major(not_carried=self.table if retyped else "")
        return 200, product.minor()


@dataclass(frozen=True)
class Drop(Operation):
    table: str

    def apply(self, product: Model) -> Answer:
        if not product.version or self.table not in product.tables:
            return 404, ""
        del product.tables[self.table]
        return 200, product.major()


@dataclass(frozen=True)
class Delete(Operation):
    def apply(self, product: Model) -> Answer:
        if product == Model():
            return 404, ""
        vars(product).update(vars(Model()))
        return 200, ""


@dataclass(frozen=True)
class Land(Operation):
    """The event of a landed file of `v1`, which has these columns."""

    file: str
    table: str
    columns: Columns

    def apply(self, product: Model) -> Answer:
        if self.file in product.raw | product.failed:
            return "moved_before", ""
        if self.file not in product.landed:
            return "gone", ""
        product.landed.remove(self.file)
        known = [
            set(product.history[version][self.table])
            for version in sorted(product.history)
            if version[0] == 1 and self.table in product.history[version]
        ]
        # What a minor version has added may be absent.
        fits = bool(known) and known[0] <= set(self.columns) <= known[-1]
        (product.raw if fits else product.failed).add(self.file)
        return ("raw" if fits else "fail"), ""


@dataclass(frozen=True)
class Load(Operation):
    """The event of a raw file of `v1`."""

    file: str
    table: str

    def apply(self, product: Model) -> Answer:
        if self.file not in product.raw:
            return "gone", ""
        if self.file in product.loaded.get((1, self.table), ()):
            return "loaded_before", ""
        major = 1
        while major == 1 or (major, self.table) in product.continued:
            loads = product.loaded.setdefault((major, self.table), [])
            loads.append(self.file)
            loads.sort()
            major += 1
        return "loaded", ""
