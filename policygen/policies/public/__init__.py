"""The published policies, for everybody. No page here knows a session."""
