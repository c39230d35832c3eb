class ImageError(Exception):
    """An image that cannot be assembled from what its target and Dockerfile say."""
