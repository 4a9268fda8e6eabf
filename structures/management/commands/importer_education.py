"""`manage.py importer_education FICHIER`: schools with an ULIS, from either list, recognised by itself."""

from structures.imports.commande import CommandeImport
from structures.imports.education import SOURCES


class Command(CommandeImport):
    help = "Importe les établissements avec ULIS (annuaire de l’éducation, ou liste des collèges de l’Onisep)."
    genres = tuple(SOURCES)
