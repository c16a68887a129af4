"""How what was published is proved, kept, packed, moved and restored."""
