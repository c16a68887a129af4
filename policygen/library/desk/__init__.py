"""The desk: Django's admin, as legal staff see it. Each module is one page or one panel of it."""
