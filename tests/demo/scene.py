"""A demonstration account and a message: the demonstration's doors open."""

from types import SimpleNamespace

from pcti.demo.comptes_fictifs import COMPTES
from pcti.demo.models import MessageRecu
from structures.comptes.models import Utilisateur


def enrichir(scene: SimpleNamespace) -> None:
    scene.compte_demo = Utilisateur.objects.create_user(COMPTES[0].email, demonstration=True)
    scene.message = MessageRecu.objects.create(
        message_id="<scene@test>", destinataire="a@exemple.fr", sujet="Un message", texte="Bonjour"
    )
