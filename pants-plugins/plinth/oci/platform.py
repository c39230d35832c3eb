"""The one platform that images are made for: a Lambda function's, whatever machine makes them."""

OS, ARCHITECTURE = "linux", "amd64"
