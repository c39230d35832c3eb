"""The ingestion library: what the pipeline's lambdas share, carried once by the base image."""
