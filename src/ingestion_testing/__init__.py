"""What the tests of the library and of the lambdas share. No image carries it."""
