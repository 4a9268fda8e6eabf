"""Static files of production: hashed names, compressed, without source-map rules.

One of our packages cites a map file that it doesn't ship; following it would stop collectstatic.
"""

from typing import Any, ClassVar

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StockageStatique(CompressedManifestStaticFilesStorage):
    """Only CSS references are followed."""

    patterns: ClassVar[Any] = (("*.css", (r"""(?P<matched>url\(\s*['"]{0,1}(?P<url>[^)'"]+?)['"]{0,1}\s*\))""",)),)
