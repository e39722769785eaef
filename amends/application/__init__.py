"""Loads, decides and appends in batches; knows the world outside only by its ports."""
