"""Comparing and reading pictures that were copied by us: runs in a process of its own, because it is heavy."""
