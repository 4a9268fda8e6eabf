"""Who signs an e-mail: the pôle of the structure, and whom to answer."""

from structures.comptes.models import Habilitation
from structures.models import Structure
from structures.territoires.models import Pole


def signature(structure: Structure | None = None, pole: Pole | None = None) -> dict[str, object]:
    """`pole` and `contact` for `courriels/signature.txt`: empty where no pôle covers the structure."""
    if pole is None and structure is not None:
        pole = Pole.objects.filter(communes=structure.commune_id).order_by("pk").first()
    coordination = (
        Habilitation.objects.de_coordination(pole).filter(utilisateur__is_active=True).order_by("debut").first()
    )
    return {"pole": pole, "contact": coordination.utilisateur.email if coordination else ""}
