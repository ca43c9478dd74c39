"""Requests of data subjects: events, state and dates derived from them, and the vault that knows who asks."""
