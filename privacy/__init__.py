"""What must we do? The command line, configuration, the record, requests, the journal and the reports."""
