"""Privacy policies for medical and dental practices, assembled from reviewed clauses."""
