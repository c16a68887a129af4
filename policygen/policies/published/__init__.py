"""Versions: how they are made, read and handed out, and how people are told."""
