"""Extracts in: one module per source format, each of them strict, none of them silent.

A reader turns one file into typed Parquet tables in its landing folder. Every record of the file
is either loaded or quarantined with its line, column, value and reason; a file that cannot be
trusted at all is refused whole.
"""
