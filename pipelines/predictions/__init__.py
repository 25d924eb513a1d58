"""What is expected: when what is owed will be paid, and by whom; and what was said before."""
