"""Readers of file formats, one file per family. ``registry.extractor_for`` is the one way in."""
