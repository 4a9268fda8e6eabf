"""Pages of this room: the directory and the sheets, the invitations, the imports."""
