"""recordings.formats."""
