"""The desk: what people decide, kept for good, with who, when and why."""
