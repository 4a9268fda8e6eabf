"""Several places of one structure: each has its sheet, and names its main site. Two levels only."""

from django.db import transaction

from structures.models import Structure


class ErreurSite(Exception):
    """The site can't be attached; the message is for the person."""


def autres_sites(structure: Structure) -> list[Structure]:
    """The other open sites of the same structure, the main one first (one query)."""
    principal = structure.site_principal_id or structure.pk
    famille = Structure.objects.ouvertes().filter(site_principal=principal) | Structure.objects.ouvertes().filter(
        pk=principal
    )
    sites = famille.exclude(pk=structure.pk).select_related("commune").order_by("nom_recherche", "pk")
    return sorted(sites, key=lambda site: site.pk != principal)


@transaction.atomic
def rattacher(site: Structure, principal: Structure | None) -> None:
    """Make a structure a site of another one, or (None) a structure of its own. Raises ErreurSite."""
    site = Structure.objects.select_for_update(of=("self",)).select_related("commune").get(pk=site.pk)
    if principal is not None:
        # The site of a site belongs to the main one.
        principal = principal.site_principal or principal
        if principal.pk == site.pk:
            raise ErreurSite("Une structure n’est pas un site d’elle-même.")
        if principal.fermee_le is not None or principal.fictive != site.fictive:
            raise ErreurSite(f"«\u00a0{principal.nom}\u00a0» ne peut pas être un site principal.")
    for sien in Structure.objects.filter(site_principal=site) if principal is not None else ():
        sien.site_principal = principal
        sien._change_reason = "son site principal est rattaché à un autre"  # type: ignore[attr-defined]
        sien.save(update_fields=["site_principal"])
    site.site_principal = principal
    site._change_reason = "site rattaché" if principal is not None else "site détaché"  # type: ignore[attr-defined]
    site.save(update_fields=["site_principal"])
