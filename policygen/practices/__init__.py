"""Who may do what: practices, their locations, their members and those invited to join them."""
