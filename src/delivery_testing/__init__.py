"""What the tests of delivery stand on: an AWS by moto, a registry on loopback, crashes."""
