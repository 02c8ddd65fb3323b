"""Placeholder."""


def measure_guests() -> None:
    """Nothing yet."""
