"""The parts of a sheet that are corrected in place, declared once: the page, the forms and the history read it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Section:
    """One part of the sheet. A group of fields is compared as a whole when two people write at once."""

    cle: str
    titre: str
    groupes: tuple[tuple[str, ...], ...]
    gabarit: str
    aide: str = ""

    @property
    def champs(self) -> tuple[str, ...]:
        """Every field of the section."""
        return tuple(nom for groupe in self.groupes for nom in groupe)


CONTACT = Section(
    "contact",
    "À qui s’adresser",
    (
        ("contact_fonction",),
        ("telephone",),
        ("courriel",),
        ("site_web",),
        ("contact_personne", "contact_nom", "contact_nom_public"),
    ),
    "structures/section_contact.html",
    "Une fonction et une adresse de service, qui restent justes quand les personnes changent.",
)
LIEU = Section(
    "lieu",
    "Où la trouver",
    (("adresse", "code_postal", "commune", "lat", "lon", "point_approche"),),
    "structures/section_lieu.html",
    "La commune est retrouvée par le code postal et le nom.",
)
ACCUEIL = Section(
    "accueil",
    "Qui elle accueille",
    (("capacite",), ("publics",)),
    "structures/section_accueil.html",
)
IDENTITE = Section(
    "identite",
    "Ce qu’elle est",
    (("nom",), ("type", "precision"), ("finess",), ("siret",), ("uai",), ("safir",)),
    "structures/section_identite.html",
)
# In the order of the page on a phone.
SECTIONS: tuple[Section, ...] = (CONTACT, LIEU, ACCUEIL, IDENTITE)
PAR_CLE: dict[str, Section] = {section.cle: section for section in SECTIONS}

LIBELLES: dict[str, str] = {
    "nom": "Nom",
    "type": "Type",
    "precision": "Nature",
    "finess": "Numéro FINESS",
    "siret": "SIRET",
    "uai": "Numéro UAI",
    "safir": "Code SAFIR",
    "organisme": "Organisme gestionnaire",
    "adresse": "Adresse",
    "code_postal": "Code postal",
    "commune": "Commune",
    "lat": "Latitude",
    "lon": "Longitude",
    "capacite": "Capacité",
    "publics": "Publics accueillis",
    "telephone": "Téléphone",
    "courriel": "Courriel du service",
    "site_web": "Site web",
    "contact_fonction": "Service ou fonction à contacter",
    "contact_nom": "Personne à contacter",
    "contact_nom_public": "Nom montré aux partenaires",
}
