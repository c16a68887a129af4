"""How a draft is read, remarked on, and approved or sent back."""
