"""Pages of this floor, one file per subject."""
