"""Connectors, one file per kind of source. ``open_source`` is the one way in."""
