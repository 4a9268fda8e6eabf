"""One structure, one sheet: duplicates proposed, compared, merged, undone, or said distinct for good."""
