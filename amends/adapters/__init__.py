"""Payments, couriers, notices, files and the clock: one Protocol each, real and sandbox."""
