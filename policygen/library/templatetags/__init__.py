"""What the templates of the desk are written with."""
