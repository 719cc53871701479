"""A site's own configuration with nothing to decide: the baseline of what deciding costs."""

import re
from pathlib import Path

from route112.apps.site.setup import KAMAILIO_FOLDER

NUMBER = "+33199000000"
"""Rung by every call."""
_DECIDE = 'python_exec("decide");\n\t$var(said) = $rc;'
_RECORD = re.compile(r'xlog\("L_NOTICE", "R1 [^\n]*')


def write_constant(path: Path, target: tuple[str, int]) -> Path:
    """Write the site's configuration with one target for every call and without records."""
    text = (KAMAILIO_FOLDER / "site.cfg").read_text(encoding="utf-8")
    assert text.count(_DECIDE) == 1, "the configuration asks Python in another way now"
    host, port = target
    attempt = f"{NUMBER}|{host}:{port}|udp|2000|30000|CONSTANT"
    text = text.replace(_DECIDE, f'$avp(attempt) = "{attempt}";\n\t$var(said) = 1;')
    text, count = _RECORD.subn("$var(no_record) = 1;", text)
    assert count >= 5, "the configuration writes records in another way now"
    path.write_text(text, encoding="utf-8")
    return path
