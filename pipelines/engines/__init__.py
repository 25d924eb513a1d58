"""Engines that run the project's SQL elsewhere than in the snapshot that is being built."""
