from ingestion_testing.fixtures import context, environment, s3, started

__all__ = ["context", "environment", "s3", "started"]
