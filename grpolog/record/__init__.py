"""From trainer data to events on disk: the training side."""
