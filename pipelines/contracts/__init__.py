"""What is agreed with whoever sends the extracts, and where a source does not keep to it.

The figures never depend on it: what would make them wrong is refused by the intake, or stops the
publication. A contract says what a person should look at, with the line of the file to look at.
"""
