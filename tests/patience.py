"""How long tests wait for what comes at once on a quiet machine."""

from urllib.parse import quote

PATIENCE = 240
"""Seconds: longer than a busy machine takes, and than a disk stands still."""
WAITS_FOR_POSTGRESQL = f"-c statement_timeout={PATIENCE}s -c lock_timeout={PATIENCE}s"
"""What has a process wait that long for the server and for locks, as libpq takes it."""
IN_ADDRESS = f"options={quote(WAITS_FOR_POSTGRESQL)}"
"""The same, as it stands in the address of a database."""
