"""Databases: one connector, and one file for each dialect's habits of opening, counting and sampling."""
