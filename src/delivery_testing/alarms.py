"""The alarm that a canary watches."""

from __future__ import annotations

from delivery_testing.world import World


def put_alarm(aws: World, name: str) -> str:
    """Of the function `name`'s errors, without a state yet; what it is called."""
    alarm = f"{name}-errors"
    aws.client("cloudwatch").put_metric_alarm(
        AlarmName=alarm,
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
        Threshold=0,
        MetricName="Errors",
        Namespace="AWS/Lambda",
        Period=60,
        Statistic="Sum",
    )
    return alarm
