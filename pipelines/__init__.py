"""The shell: extracts in, tables, checks, snapshot out; Dagster and the command line."""
