"""How the desk's tables came to be, one step at a time. A released step never changes."""
