"""The pages of a practice's policies, for its members."""
