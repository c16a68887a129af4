"""What whoever runs the site sees of it: one log line a request, figures, and errors."""
