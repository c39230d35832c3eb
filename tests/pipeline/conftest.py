from ingestion_testing.fixtures import environment, started

__all__ = ["environment", "started"]
