"""Findings about documents and libraries: what changed, what is affected, what can be reached."""
