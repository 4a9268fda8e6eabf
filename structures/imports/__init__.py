"""Imports of public files: read, match with the territory, write what differs, keep the journal."""
