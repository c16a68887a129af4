"""What is to be said of a document before it is published: one module a kind, one registry."""
