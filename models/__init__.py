"""The domain: receivables, said in plain Python.

Everything here is a function of its arguments: no file, no database, no clock, no framework;
import-linter keeps it so. Read this package alone to learn what the project believes about cash
collections.
"""
