"""What upper floors want to know of accounts."""

from django.dispatch import Signal

# A right of the portal was given or ended. Sent inside the transaction, with `utilisateur`.
droits_changes = Signal()
