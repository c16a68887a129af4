"""What sets policygen up, and starts the servers that it stands on."""
