from __future__ import annotations

from plinth.affected.compare import Comparison
from plinth.affected.git import FileChange
from plinth.affected.kinds.words import About
from plinth.affected.reasons import MAX_CHAINS, Reasons
from plinth.affected.testing.samples import (
    EVERY_TEST,
    distribution,
    document,
    file,
    giving,
    owning,
)
from plinth.fingerprint.document import Document
from plinth.fingerprint.part import Part

NAMES = "src/library/names.py"
EDITED = FileChange(NAMES, "100644", "100644")


def chains(
    after: Document, *files: FileChange, before: Document | None = None
) -> dict[str, list[str]]:
    comparison = Comparison(before or document(), after)
    reasons = Reasons(comparison, About({each.path: each for each in files}))
    return {spec: [str(each) for each in reasons.chains(spec)] for spec in comparison.affected}


def test_a_module_leads_through_layer_and_base_to_images_and_their_tests() -> None:
    found = chains(document(giving(NAMES, file(NAMES, "0644 sha256:2"))), EDITED)
    start = f"edited ({NAMES}) › {NAMES}"
    assert found == {
        "base:image": [f"{start} › base:library › base:image"],
        "lambdas/docs/handler_test.py:tests": [
            f"{start} › lambdas/docs/handler.py › lambdas/docs/handler_test.py:tests"
        ],
        "lambdas/docs:container_test": [
            f"{start} › base:library › base:image › lambdas/docs:image"
            " › lambdas/docs:container_test"
        ],
        "lambdas/docs:image": [f"{start} › base:library › base:image › lambdas/docs:image"],
        "lambdas/orders/handler_test.py:tests": [
            f"{start} › lambdas/orders/handler.py › lambdas/orders/handler_test.py:tests"
        ],
        "lambdas/orders:container_test": [
            f"{start} › base:library › base:image › lambdas/orders:image"
            " › lambdas/orders:container_test"
        ],
        "lambdas/orders:image": [f"{start} › base:library › base:image › lambdas/orders:image"],
        "src/library/names_test.py:tests": [f"{start} › src/library/names_test.py:tests"],
    }


def test_a_distribution_names_the_lock_and_the_requirement() -> None:
    after = document(giving("3rdparty#boto3", distribution("boto3", "1.35.0")))
    assert chains(after)["base:image"] == [
        "boto3 1.34.0 → 1.35.0 (3rdparty/requirements.txt) › 3rdparty#boto3 › base:third_party"
        " › base:image"
    ]


def test_what_all_tests_have_in_common_is_no_step() -> None:
    after = document(giving(EVERY_TEST, Part("option", "pants.toml", "[test] timeout", "2")))
    found = chains(after)
    assert found["src/library/names_test.py:tests"] == [
        "[test] timeout changed (pants.toml) › src/library/names_test.py:tests"
    ]
    assert not any(spec.endswith(":image") for spec in found)


def test_of_two_changes_each_target_is_given_its_own() -> None:
    handler = "lambdas/docs/handler.py"
    after = document(
        giving("3rdparty#boto3", distribution("boto3", "1.35.0")),
        giving(handler, file(handler, "0644 sha256:2")),
    )
    found = chains(after)
    assert len(found["lambdas/docs:image"]) == 2
    assert len(found["lambdas/orders:image"]) == 1


def test_a_target_that_is_new_says_so() -> None:
    found = chains(document(), before=document(without="lambdas/docs:image"))
    assert found["lambdas/docs:image"] == ["lambdas/docs:image new › lambdas/docs:image"]


def test_a_file_that_git_does_not_see_is_said_as_pants_sees_it() -> None:
    after = document(owning("lambdas/docs:image", Part("source", "", "docs/x.py", "1")))
    assert "as Pants sees it" in chains(after)["lambdas/docs:image"][0]


def test_a_target_keeps_no_more_reasons_than_anybody_reads() -> None:
    parts = [Part("instruction", "", f"{n:03}", f"USER u{n}") for n in range(50)]
    found = chains(document(owning("lambdas/docs:image", *parts)))
    assert len(found["lambdas/docs:image"]) == MAX_CHAINS
