"""The screens: what the CFO, the collectors and the analysts see. They read; they never compute."""
