"""How others answer the same questions, restated in our own words from what they do."""
