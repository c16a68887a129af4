"""Privacy policies for medical and dental practices, assembled from reviewed clauses."""

__version__ = "0.1.0"
