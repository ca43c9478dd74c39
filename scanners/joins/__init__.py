"""Which fields join: found by names, types and values, and proposed with a score and its reasons."""
