from ingestion_testing.fixtures import context, environment, s3

__all__ = ["context", "environment", "s3"]
