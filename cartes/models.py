"""What says that map data may have changed. Written by triggers (`cartes.battements`), never by code."""

from django.db import models


class Battement(models.Model):
    """Beats of one domain of tables: SQLite counts in one row, PostgreSQL adds rows (see `battements`)."""

    domaine = models.CharField("domaine", max_length=20, db_index=True)
    numero = models.BigIntegerField("numéro", default=1)

    class Meta:
        verbose_name = "battement"

    def __str__(self) -> str:
        return f"{self.domaine} {self.numero}"
