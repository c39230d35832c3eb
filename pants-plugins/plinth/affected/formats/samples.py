"""Answers that several formats are tried with."""

from __future__ import annotations

from plinth.affected.model import Affected, Answer, Chain, Change, Kind, Unaffected

BOTO3 = Change("3rdparty/python/requirements.txt", "boto3 1.34.0 → 1.35.0")
AWS = Change("src/ingestion/aws.py", "edited")

EMPTY = Answer(
    since="origin/main",
    base="3f2a91c8d0e1" * 3,
    changes=(),
    everything=(),
    targets=(),
    edges=(),
    unaffected=Unaffected(images=16, tests=214),
)
# What there is to say where not even the targets could be listed.
UNKNOWN = Answer(
    since="nowhere",
    base="",
    changes=(),
    everything=("lambdas/authorizer/BUILD:1 does not parse. Repair it for exact results.",),
    targets=(),
    edges=(),
)


def base_change(lambdas: int) -> Answer:
    """A bumped requirement and an edited module of the base, with so many lambdas on it."""
    to_base = {
        BOTO3: ("3rdparty/python#boto3", "base:third_party"),
        AWS: (AWS.path, "base:library"),
    }
    names = [f"lambdas/fn_{number:03}" for number in range(lambdas)]

    def affected(target: str, kind: Kind, wave: int, *through: str) -> Affected:
        steps = (*through, target)
        chains = tuple(Chain(change, (*way, *steps)) for change, way in to_base.items())
        return Affected(target, kind, wave, chains)

    return Answer(
        since="origin/main",
        base=EMPTY.base,
        changes=(BOTO3, AWS),
        everything=(),
        targets=(
            affected("base:image", Kind.IMAGE, 0),
            Affected(
                "src/ingestion/aws_test.py:tests",
                Kind.TEST,
                0,
                (Chain(AWS, (AWS.path, "src/ingestion/aws_test.py:tests")),),
            ),
            *(affected(f"{name}:image", Kind.IMAGE, 1, "base:image") for name in names),
            *(
                affected(
                    f"{name}:container_test", Kind.CONTAINER_TEST, 2, "base:image", f"{name}:image"
                )
                for name in names
            ),
        ),
        edges=(
            *(("base:image", f"{name}:image") for name in names),
            *((f"{name}:image", f"{name}:container_test") for name in names),
        ),
        unaffected=Unaffected(images=1, tests=100),
    )
