"""Couriers: the sandbox."""
