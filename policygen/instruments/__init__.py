"""Tools that the core is handed, since they read files or run compiled code."""
