"""What every page of Holdfast is made with: the perimeter around it, its assets, and the script that asks a passkey."""

from holdfast.pages.assets import SHARED, Assets
from holdfast.pages.perimeter import LOOPBACK_HOSTS, READ_ONLY, SCRIPTED, Perimeter, host_of
from holdfast.pages.words import age, machine_moment, moment, short

__all__ = [
    "LOOPBACK_HOSTS",
    "READ_ONLY",
    "SCRIPTED",
    "SHARED",
    "Assets",
    "Perimeter",
    "age",
    "host_of",
    "machine_moment",
    "moment",
    "short",
]
