"""Powertools' Logger, Metrics and Tracer, set up once and when first used.

Events, answers and headers are never logged: they can carry tokens and personal data.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from ingestion import settings
from ingestion.errors import Refused

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]

METRICS_NAMESPACE = "Ingestion"


@cache
def logger() -> Logger:
    """The logger; one JSON object per line."""
    return Logger(service=settings.service_name())


@cache
def metrics() -> Metrics:
    """The metrics, written to the log in CloudWatch's embedded format when the invocation ends."""
    return Metrics(namespace=METRICS_NAMESPACE, service=settings.service_name())


@cache
def _tracer() -> Any:
    # Imported here: X-Ray's SDK takes as long to import as boto3, and few invocations are traced.
    from aws_lambda_powertools import Tracer

    return Tracer(service=settings.service_name(), patch_modules=["botocore"])


def count(name: str, value: float = 1) -> None:
    """Adds to one of this invocation's metrics."""
    metrics().add_metric(name=name, unit=MetricUnit.Count, value=value)


def keys(**values: str) -> None:
    """Adds keys, such as product and table, to what this invocation logs from here on."""
    logger().append_keys(**values)


def observed(handler: Handler) -> Handler:
    """Wraps a handler: request id in each log line, faults logged, metrics written, X-Ray."""

    @wraps(handler)
    def observe(event: dict[str, Any], context: Any) -> dict[str, Any]:
        inner = _traced(handler) if settings.is_traced() else handler
        logger().clear_state()
        keys(request_id=context.aws_request_id)
        try:
            return inner(event, context)
        except Refused as refusal:
            logger().info("refused: %s", refusal)
            raise
        except Exception:
            logger().exception("invocation failed")
            raise
        finally:
            if metrics().metric_set:
                metrics().flush_metrics()

    return observe


@cache
def _traced(handler: Handler) -> Handler:
    traced: Handler = _tracer().capture_lambda_handler(handler, capture_response=False)
    return traced
