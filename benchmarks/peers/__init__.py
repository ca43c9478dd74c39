"""The open tools that do parts of the same job, each in an environment of its own, on the same cells and texts."""
