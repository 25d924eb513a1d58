"""The published snapshot, as its readers see it: screens, command line and notebooks.

Everything here only reads. A refresh writes a new snapshot beside the old one and moves the
pointer `CURRENT`; this package follows the pointer and asks the questions.
"""
