"""The record of processing activities (GDPR Art. 30): what was declared, beside what was found."""
