"""Small functions that make objects for tests, one per model, gathered from every room."""
