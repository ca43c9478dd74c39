"""The law as data: regimes as dated rows with their sources, calendars, and the one function that counts."""
