"""One layer of an image: what is asked of the sandbox that makes it, and what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from plinth.archive.tar import DIRECTORY
from plinth.oci.assemble.tree import TreeError, TreeIndex, follow, index_after, owner_ids, seen_from
from plinth.oci.dockerfile.step import LayerStep
from plinth.oci.errors import OciError

MODULE = "plinth.oci.assemble.make_layer"


@dataclass(frozen=True)
class LayerRequest:
    """All that a layer is made of, its build context aside: the same request makes the same bytes.

    `owner` is the step's, by number. `lower` is the part of the lower layers' tree that matters.
    `executables` are the files of the context with an execute bit, where the disk does not tell:
    Pants shows every large file of a sandbox as executable. None stands for what the disk tells.
    """

    step: LayerStep
    owner: tuple[int, int]
    lower: TreeIndex
    executables: tuple[str, ...] | None = None

    def to_json(self) -> dict[str, Any]:
        """The request as a JSON object, without the step's place: a line put in above it makes no
        new layer. What is said of an error in it has to be prefixed with that place.
        """
        return {
            "step": {**self.step.to_json(), "where": ""},
            "owner": list(self.owner),
            "lower": self.lower.to_json(),
            "executables": None if self.executables is None else list(self.executables),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> LayerRequest:
        """The inverse of `to_json`, the step's place aside."""
        uid, gid = value["owner"]
        step = LayerStep.from_json(value["step"])
        executables = value["executables"]
        return cls(
            step,
            (uid, gid),
            TreeIndex.from_json(value["lower"]),
            None if executables is None else tuple(executables),
        )


@dataclass(frozen=True)
class Layer:
    """A layer: the digest and size of its compressed blob, the digest of its tar, and its tree.

    `kept` are the paths that must not take the place of something of another kind in the layers
    below, or None for all of them.
    """

    digest: str
    size: int
    diff_id: str
    index: TreeIndex
    kept: tuple[str, ...] | None = None

    def to_json(self) -> dict[str, Any]:
        """The layer as a JSON object."""
        return {
            "digest": self.digest,
            "size": self.size,
            "diff_id": self.diff_id,
            "index": self.index.to_json(),
            "kept": None if self.kept is None else list(self.kept),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Layer:
        """The inverse of `to_json`."""
        kept = value["kept"]
        return cls(
            value["digest"],
            value["size"],
            value["diff_id"],
            TreeIndex.from_json(value["index"]),
            None if kept is None else tuple(kept),
        )


def layer_request(step: LayerStep, index: TreeIndex) -> LayerRequest | None:
    """What to make for a step on an image with this index; None for a step that changes nothing.

    Raises `OciError` for an owner that the image does not know.
    """
    try:
        if step.keyword == "WORKDIR":
            there = index.nodes.get(follow(step.destination, index.nodes))
            if there is not None and there.kind == DIRECTORY:
                return None
        owner = owner_ids(index, step.owner)
    except TreeError as error:
        raise OciError(f"{step.at}: {error}") from error
    return LayerRequest(step, owner, seen_from(index, step.destination))


def index_with(index: TreeIndex, layer: Layer, step: LayerStep) -> TreeIndex:
    """The image's index once the step's layer is on it.

    Raises `OciError` where Docker's builder would not put a directory in the place of a file, or a
    file in the place of a directory.
    """
    for path in layer.index.nodes if layer.kept is None else layer.kept:
        new, old = layer.index.nodes[path], index.nodes.get(path)
        if old is not None and DIRECTORY in (new.kind, old.kind) and new.kind != old.kind:
            new_is = "a directory" if new.kind == DIRECTORY else "no directory"
            old_is = "none" if new.kind == DIRECTORY else "one"
            raise OciError(
                f"{step.at}: it would make /{path} {new_is}, and in the image it is {old_is}"
            )
    return index_after(index, layer.index)


def changes(index: TreeIndex, layer: Layer) -> bool:
    """Whether the layer puts anything into an image that has this index.

    One that only names directories as they are already, such as a lambda's without packages of its
    own, need not be in the image.
    """
    return any(
        node.kind != DIRECTORY or index.nodes.get(path) != node
        for path, node in layer.index.nodes.items()
    )
