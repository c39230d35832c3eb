"""Bills of materials in CycloneDX: `python -m plinth.release.sbom --help`.

The same image gives the same bytes: no time and nothing random is in them.
"""

from __future__ import annotations

import argparse
import json
import sys
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import DisjunctiveLicense
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from packageurl import PackageURL

from plinth.platform import PLATFORM

_SCHEMA = SchemaVersion.V1_6


def bill(image: Mapping[str, Any], licences: Mapping[str, Sequence[str]]) -> str:
    """The bill of an image: what the locks say it is made of. `licences` are by `type:name`."""
    bom = Bom(serial_number=uuid.uuid5(uuid.NAMESPACE_URL, image["digest"]))
    bom.metadata.timestamp = None
    bom.metadata.component = Component(
        name=image["name"],
        version=image["digest"],
        type=ComponentType.CONTAINER,
        bom_ref="image",
        properties=[Property(name="plinth:unlocked", value=each) for each in image["unlocked"]],
    )
    for each in image["components"]:
        key = f"{each['type']}:{each['name']}"
        bom.components.add(_component(each, licences.get(key, ())))
    bom.register_dependency(bom.metadata.component, bom.components)
    text: str = make_outputter(bom, OutputFormat.JSON, _SCHEMA).output_as_string(indent=2)
    return text + "\n"


def _component(value: Mapping[str, Any], licences: Sequence[str]) -> Component:
    kind, name, version = value["type"], value["name"], value["version"]
    namespace, qualifiers = (
        ("debian", {"arch": PLATFORM.architecture}) if kind == "deb" else (None, None)
    )
    purl = PackageURL(kind, namespace, name, version, qualifiers)
    return Component(
        name=name,
        version=version,
        type=ComponentType.LIBRARY,
        purl=purl,
        bom_ref=purl.to_string(),
        # Of a Python package, those of every file that the lock allows.
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=each) for each in value["sha256"]],
        licenses=[DisjunctiveLicense(name=each) for each in licences],
    )


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m plinth.release.sbom",
        description="Write the bill of materials of an image, as CycloneDX JSON.",
    )
    parser.add_argument("--image", type=Path, required=True, help="what it is made of, as JSON")
    parser.add_argument(
        "--licences", type=Path, action="append", default=[], help="licences, as JSON; repeatable"
    )
    parser.add_argument("--out", type=Path, required=True, help="the file to write")
    options = parser.parse_args(argv)
    licences: dict[str, list[str]] = {}
    for path in options.licences:
        licences.update(json.loads(path.read_text()))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(bill(json.loads(options.image.read_text()), licences))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
