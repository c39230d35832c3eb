from __future__ import annotations

from plinth.release.record import Release, ReleasedImage
from plinth.sam.released import image_uri, objections, released
from plinth.sam.testing.applications import application

DIGEST = "sha256:" + "a" * 64


def image(name: str, fingerprint: str = "f") -> ReleasedImage:
    return ReleasedImage(
        repository=f"lambdas/{name}",
        address=f"lambdas/{name}:image",
        name=name,
        digest=DIGEST,
        fingerprint=fingerprint,
        base=None,
        sbom=DIGEST,
    )


def release(*images: ReleasedImage) -> Release:
    return Release("2026-11-24.1", "c" * 40, "2026-11-24T12:00:00Z", None, images)


def said(made: Release) -> list[str]:
    return list(objections(application(), made, "record.json", lambda address, packages: "f"))


def test_images_are_named_by_digest_in_whichever_registry() -> None:
    made = release(image("authorizer"), image("orders"), image("docs"), image("elsewhere"))
    assert said(made) == []
    found = released(application(), made)
    assert set(found) == {f"lambdas/{name}:image" for name in ("authorizer", "orders", "docs")}
    assert image_uri(found["lambdas/docs:image"]) == {
        "Fn::Sub": f"${{Registry}}/lambdas/docs@{DIGEST}"
    }


def test_an_image_that_the_record_lacks_is_named() -> None:
    assert said(release(image("authorizer"), image("docs"))) == [
        "lambdas/orders:function: images: lambdas/orders:image is not in release 2026-11-24.1 "
        "(record.json)"
    ]


def test_an_image_of_another_tree_is_named() -> None:
    (found,) = said(release(image("authorizer"), image("orders", "other"), image("docs")))
    assert found.startswith("lambdas/orders:function: images: lambdas/orders:image is another in")
