"""Holdfast: asset security for digital-asset exchanges.

The folders say what there is, lowest first: ``encoding``, ``amounts`` and ``clock``; ``store``; ``audit``;
``authority``; ``policy``, ``chains``, ``keys`` and ``screening``; ``risk``, ``ledger`` and ``signer``;
``custody``; ``demo`` and ``web``; ``cli``. Imports only ever point down that list.
"""

__version__ = "0.1.0"
