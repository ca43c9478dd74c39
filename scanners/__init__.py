"""How do we look? Connectors, sampling, text extraction and detection. Read-only, always."""
