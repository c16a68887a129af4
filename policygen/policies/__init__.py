"""Policies that somebody makes: drafts, documents and downloads."""
