"""The run: received → stored → checked → routed → confirmed → authorised → batched → exported."""
