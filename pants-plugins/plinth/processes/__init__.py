"""What each test's process is given, hashed, so that `affected` can be held against it."""
