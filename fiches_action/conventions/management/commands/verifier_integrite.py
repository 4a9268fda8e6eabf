"""Check every sealed document, evidence chain and stored file; exit 1 and list what is wrong."""

import hashlib
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from fiches_action.conventions import preuve, verification
from fiches_action.conventions.etats import Etat
from fiches_action.conventions.models import Convention, Document, Scellement
from socle.fichiers import ContenuAltere


class Command(BaseCommand):
    help = "Vérifie les documents scellés, les chaînes de preuve et les fichiers conservés."

    def handle(self, *args: Any, **options: Any) -> None:
        constats = [*self._fichiers(), *self._chaines(), *self._sceaux()]
        for constat in constats:
            self.stderr.write(constat)
        if constats:
            raise CommandError(f"{len(constats)} anomalie(s) trouvée(s).")
        self.stdout.write(
            f"Tout est intact : {Document.objects.count()} fichiers, {Convention.objects.count()} chaînes de preuve, "
            f"{Scellement.objects.filter(document__isnull=False).count()} documents scellés."
        )

    def _fichiers(self) -> list[str]:
        constats = []
        for document in Document.objects.iterator():
            try:
                if len(document.lire()) != document.octets:
                    constats.append(f"fichier {document.empreinte} : taille inattendue")
            except FileNotFoundError:
                constats.append(f"fichier {document.empreinte} : absent")
            except ContenuAltere:
                constats.append(f"fichier {document.empreinte} : contenu altéré")
        return constats

    def _chaines(self) -> list[str]:
        return [
            f"{convention.reference} : {rupture}"
            for convention in Convention.objects.iterator()
            for rupture in preuve.ruptures(convention)
        ]

    def _sceaux(self) -> list[str]:
        constats = []
        scellements = Scellement.objects.filter(document__isnull=False).select_related(
            "version__convention", "version__document", "document"
        )
        for scellement in scellements.iterator():
            nom = scellement.version.convention.reference
            try:
                final = scellement.document.lire() if scellement.document else b""
            except (FileNotFoundError, ContenuAltere):
                continue  # already listed with the files
            prefixe = hashlib.sha256(final[: scellement.version.document.octets]).hexdigest()
            if prefixe != scellement.version.h0:
                constats.append(f"{nom} : le document scellé ne commence pas par la version signée")
            constats += [f"{nom} : {constat}" for constat in verification.controler(final)]
        sans = Convention.objects.filter(etat=Etat.SCELLEE).exclude(versions__scellement__document__isnull=False)
        return constats + [f"{convention.reference} : scellée sans document" for convention in sans]
