"""
The only Python file that Kamailio loads: finds the package, hands over to it.

Kamailio embeds the distribution's interpreter; ROUTE112_VENV names the virtual environment whose
packages it may use. When anything here fails the site still starts: every call then takes the
native route, and OPTIONS is answered 503 so that edges prefer another site.
"""  # noqa: INP001  Kamailio loads a file, not a package

import os
import site
import sys

import KSR


class NativeOnly:
    """Refuses every question, so that the native route serves."""

    def child_init(self, _rank: int) -> int:
        """Prepare nothing."""
        return 0

    def decide(self, _message: object) -> int:
        """Refuse."""
        return -1

    health = source = fresh = beat = decide


def mod_init() -> object:
    """Give Kamailio its handler."""
    try:
        assert sys.version_info[:2] == (3, 11), f"{sys.version}: not Python 3.11"
        site.addsitedir(f"{os.environ['ROUTE112_VENV']}/lib/python3.11/site-packages")
        from route112.adapters import kemi

        return kemi.open_site(KSR, os.environ)
    except Exception as error:  # noqa: BLE001  a site without Python is better than no site
        KSR.err(f"python DOWN, native route only: {error!r}\n")
        return NativeOnly()
