"""A history with something of everything, for those who look at the board, and for its tests."""

from __future__ import annotations

from datetime import timedelta

from delivery.core.errors import DeliveryError
from delivery.operations.hold import hold
from delivery.operations.rollback import rollback
from delivery.operations.verify import verify
from delivery_testing.moto_corrections import Behaviour, Unhandled
from delivery_testing.world import World

FIRST, SECOND, THIRD = "2026-11-21.1", "2026-11-23.2", "2026-11-24.1"
# What an attacker would have us print.
HOSTILE = "</p><script>document.title = 'run'</script> audit & \"quotes\""


def live(aws: World) -> World:
    """Three releases on their way over four days; test has drifted, prod is rolled back, dev held.

    A reason in it holds markup.
    """
    aws.promote_through(aws.release(FIRST))
    _later(aws, hours=26)
    second = dict.fromkeys(aws.lambdas[3:], FIRST)
    aws.promote_through(aws.release(SECOND, of=second), "dev", "test")
    _later(aws, hours=5)
    delivery = aws.delivery
    verify(delivery, delivery.config.environment("test"))
    aws.promote_through(SECOND, "preprod", "prod")
    _later(aws, hours=2)
    rollback(delivery, delivery.config.environment("prod"), reason="orders time out since 14:00")
    _later(aws, hours=20)
    third = {**second, **dict.fromkeys(aws.lambdas[1:3], SECOND)}
    _fails_once(aws, aws.release(THIRD, of=third))
    aws.promote(THIRD, "dev")
    aws.move_by_hand("test", aws.lambdas[1], "1")
    _later(aws, minutes=47)
    hold(delivery, delivery.config.environment("dev"), HOSTILE)
    return aws


def _later(aws: World, **duration: float) -> None:
    aws.behaviour.ahead += timedelta(**duration)


def _fails_once(aws: World, release: str) -> None:
    def answer(function: str, digest: str, event: object) -> object:
        if function.endswith(aws.lambdas[0]):
            raise Unhandled("no module named 'orders'")
        return {"ok": True}

    aws.behaviour.answer = answer
    try:
        aws.promote(release, "dev")
    except DeliveryError:
        aws.behaviour.answer = Behaviour().answer
