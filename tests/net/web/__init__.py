"""The web listener."""
