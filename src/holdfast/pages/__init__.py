"""What every page of Holdfast is made with: the perimeter around it, its server, its assets, and the passkey script."""

from holdfast.pages.assets import SHARED, Assets
from holdfast.pages.challenges import CHALLENGE_BYTES, Challenges
from holdfast.pages.expiring import Expiring
from holdfast.pages.perimeter import LOOPBACK_HOSTS, READ_ONLY, SCRIPTED, TRUSTED, Perimeter, host_of
from holdfast.pages.serving import serve, served_beside
from holdfast.pages.words import NO_NUL, age, count, machine_moment, moment, printed, short

__all__ = [
    "CHALLENGE_BYTES",
    "LOOPBACK_HOSTS",
    "NO_NUL",
    "READ_ONLY",
    "SCRIPTED",
    "SHARED",
    "TRUSTED",
    "Assets",
    "Challenges",
    "Expiring",
    "Perimeter",
    "age",
    "count",
    "host_of",
    "machine_moment",
    "moment",
    "printed",
    "serve",
    "served_beside",
    "short",
]
