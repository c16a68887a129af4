"""Clauses at rest: releases in the database, and the files of ``clauses/``."""
