"""A new kind of target that makes a file for images needs no edit in `images`."""

from __future__ import annotations

import os.path

from pants.core.target_types import FileSourceField
from pants.engine.fs import CreateDigest, FileContent, Snapshot
from pants.engine.rules import Get, collect_rules, rule
from pants.engine.target import (
    COMMON_TARGET_FIELDS,
    GeneratedSources,
    GenerateSourcesRequest,
    OptionalSingleSourceField,
    StringField,
    Target,
)
from pants.engine.unions import UnionRule

from plinth.fingerprint.made import MadeFile
from plinth.fingerprint.part import Part
from plinth.fingerprint.util_rules.maker import MakerRequest
from plinth.images.testing.repository import Repository


class StampSourceField(OptionalSingleSourceField):
    uses_source_roots = False


class StampTextField(StringField):
    alias = "text"
    help = "What is stamped."


class StampTarget(Target):
    alias = "stamp"
    core_fields = (*COMMON_TARGET_FIELDS, StampSourceField, StampTextField)
    help = "A file with a text."


class GenerateStampRequest(GenerateSourcesRequest):
    input = StampSourceField
    output = FileSourceField


class StampMaker(MakerRequest):
    maker = StampTarget


@rule
async def generate_stamp(request: GenerateStampRequest) -> GeneratedSources:
    address = request.protocol_target.address
    path = os.path.join(address.spec_path, address.target_name)
    text = str(request.protocol_target[StampTextField].value)
    return GeneratedSources(
        await Get(Snapshot, CreateDigest([FileContent(path, text.encode())])),
    )


@rule
async def made_stamp(request: StampMaker) -> MadeFile:
    text = str(request.target[StampTextField].value)
    return MadeFile(request.path, (Part("stamp", "", request.path, text),))


def test_a_new_maker_states_its_parts_in_the_fingerprint_of_an_image() -> None:
    repository = Repository(
        more=[
            *collect_rules(globals()),
            UnionRule(GenerateSourcesRequest, GenerateStampRequest),
            UnionRule(MakerRequest, StampMaker),
        ],
        more_types=[StampTarget],
    )
    build = """\
stamp(name="note", text="one")
docker_image(name="image", instructions=["FROM scratch", "COPY new/note /"], dependencies=[":note"])
"""
    repository.reset()
    repository.write({"new/BUILD": build})
    before = repository.fingerprint("new:image")
    assert Part("stamp", "", "new/note", "one") in before.parts
    assert not before.reasons
    digest = repository.digest("new:image")

    repository.edit("new/BUILD", '"one"', '"two"')
    after = repository.fingerprint("new:image")
    assert after.value != before.value
    assert repository.digest("new:image") != digest
