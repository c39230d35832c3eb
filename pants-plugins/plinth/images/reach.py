"""The variables of the environment that say how to reach registries and Docker, and who one is."""

from plinth.archive.network import NETWORK

REGISTRIES = ("DOCKER_CONFIG", "HOME", "PATH", *NETWORK)
ENGINE = ("DOCKER_CERT_PATH", "DOCKER_CONTEXT", "DOCKER_HOST", "DOCKER_TLS_VERIFY")
