"""Which digests are in use, and whether a lifecycle policy would take one away."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from delivery.core.retention import Policy, RegistryImage, Use, expired, in_use
from delivery.edges.aws import explained
from delivery.operations.delivery import Delivery
from delivery.operations.observe import observe, read_stage


@dataclass(frozen=True)
class Loss:
    """A digest in use that a rule would expire."""

    use: Use
    repository: str
    rule: int


def digests_in_use(delivery: Delivery, entries: int) -> tuple[Use, ...]:
    """Each digest that an alias, an environment or one of its last `entries` entries needs."""
    stages, functions = [], {}
    for environment in delivery.config.environments:
        stage, _ = read_stage(delivery, environment.name)
        names = {*stage.functions, *delivery.config.smoke}
        seen = observe(delivery, environment, names, stage, asks_lambda=True)
        stages.append(stage)
        functions[environment.name] = tuple(seen.values())
    return in_use(stages, functions, entries)


def losses(
    policy: Policy, images: Iterable[RegistryImage], uses: Iterable[Use], at: datetime
) -> tuple[Loss, ...]:
    """What the policy, on every repository, would take of what is in use by then."""
    repositories: dict[str, list[RegistryImage]] = {}
    for image in images:
        repositories.setdefault(image.repository, []).append(image)
    used = {each.digest: each for each in uses}
    return tuple(
        Loss(used[digest], repository, rule)
        for repository, held in sorted(repositories.items())
        for digest, rule in sorted(expired(policy, held, at).items())
        if digest in used
    )


def ecr_images(delivery: Delivery, region: str, uses: Iterable[Use]) -> tuple[RegistryImage, ...]:
    """What ECR holds in every repository that something in use comes from."""
    client = delivery.aws.client("ecr", region, None)
    repositories = {_repository(each.image) for each in uses if each.image}
    found = []
    for repository in sorted(repositories):
        with explained(f"the images of {repository} cannot be listed"):
            pages = client.get_paginator("describe_images").paginate(repositoryName=repository)
            found += [
                RegistryImage.model_validate(image)
                for page in pages
                for image in page["imageDetails"]
            ]
    return tuple(found)


def _repository(image: str) -> str:
    return image.partition("/")[2].partition("@")[0].partition(":")[0]
