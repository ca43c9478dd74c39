"""Tests. A package, so that folders which mirror the product's never shadow it on the path."""
