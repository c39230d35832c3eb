"""The variables of the environment that say how to reach others over a network.

Nothing of it can change which bytes are accepted.
"""

NETWORK = (
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
)
