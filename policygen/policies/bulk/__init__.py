"""Work on many policies at once: batches, and the engine that does their pieces one by one."""
