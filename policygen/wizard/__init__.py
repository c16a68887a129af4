"""The interview: pages of questions that fill a draft, and the review of it."""
