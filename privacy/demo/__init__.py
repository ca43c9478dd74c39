"""A fictitious bicycle company whose databases and files hold invented personal data."""
