"""Dagster definitions, one module per stage. Every module here is loaded; there is no list."""
