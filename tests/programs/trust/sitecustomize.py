"""What a program's Python trusts, as a machine's administrator sets it; no program is changed.

Libraries that read the bundle of certifi and no variable of the environment are given the authority
of the tests' own front, as a company gives them the authority of its proxy.
"""

import os
from importlib.util import find_spec

if find_spec("certifi") is not None:
    import certifi

    def where():
        return os.environ["SSL_CERT_FILE"]

    certifi.where = where
    certifi.core.where = where
