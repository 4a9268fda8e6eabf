"""Who belongs to a structure: invitations, requests, teams, lists of invitations."""


def brancher() -> None:
    """Plug this room in, once the models are ready: jobs, signals, home page, kinds of e-mails."""
    from django.db.models.signals import post_save

    from socle import prises
    from structures.adhesions import (
        effacement,
        travaux,  # noqa: F401 (registers its jobs)
    )
    from structures.adhesions.attentes import attentes
    from structures.adhesions.encart import encarts
    from structures.adhesions.equipe import mes_structures
    from structures.adhesions.orphelines import quand_des_droits_changent, quand_un_compte_change
    from structures.comptes.models import Utilisateur
    from structures.comptes.notifications import declarer
    from structures.comptes.signaux import droits_changes

    droits_changes.connect(quand_des_droits_changent, sender=Utilisateur)
    post_save.connect(quand_un_compte_change, sender=Utilisateur)
    prises.attentes.brancher(attentes, rang=25)
    prises.encarts_structure.brancher(encarts, rang=95)
    prises.encarts_compte.brancher(mes_structures)
    prises.alertes_suppression.brancher(effacement.alertes)
    prises.effacements.brancher(effacement.effacer)
    prises.accueils_sur_invitation.brancher(effacement.accueil_sur_invitation)
    declarer(
        "structures-demande",
        "Les demandes pour rejoindre une équipe",
        "Quelqu’un dit travailler dans une structure dont vous tenez l’équipe. Sans courriel, la demande reste "
        "visible sur votre page d’accueil.",
    )
    declarer(
        "structures-adhesion",
        "Votre place dans une équipe",
        "La réponse à votre demande, un changement de votre rôle, la fin de votre participation.",
        obligatoire=True,
    )
