"""Detectors: column names, Presidio's patterns, check digits, and spaCy for running text."""
