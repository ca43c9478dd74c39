"""The map for other tools, and as text for Git: a file for each format, all of them pure."""
