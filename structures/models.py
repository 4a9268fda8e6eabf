"""Structures of every family, who belongs to them, and how they came here."""
