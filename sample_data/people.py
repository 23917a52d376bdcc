"""Invented people and companies, the same for the same seed, all at domains nobody can own.

Names come from many languages, and addresses include what breaks careless code: apostrophes, plus
tags, letters whose lower case Python and PostgreSQL disagree about, and values near the limit.
"""

from __future__ import annotations

import random
import unicodedata
from dataclasses import dataclass


def _listed(text: str, between: str | None = None) -> tuple[str, ...]:
    return tuple(text.split(between))


_GIVEN = _listed(
    "Adaeze Agnieszka Aïcha Amara Ana Anselm Aoife Arjun Ayşe Beatriz Bogdan Camille Chiara Dagný"
    " Daniyar Diego Đorđe Ebba Eleni Emeka Fatima Fionn Gaël Giulia Hana Håkon Hiroshi Ines Ingrid"
    " Ioana Jamila Jürgen João Jolanta Kaja Kamala Kenji Kwame Laïla Leila Linnéa Lucía Mahmoud"
    " Mairead Malik Marek Mei Mihai Minh Nadia Naoko Ngozi Niamh Noor Olena Oluwaseun Øystein Paulo"
    " Priya Rasa Renée Rodrigo Sagal Samir Sanna Séamus Siobhán Sofía Søren Tariq Tevita Thandiwe"
    " Tomás Tuuli Uchenna Valentina Viktória Wanjiru Xiomara Yael Yusuf Zeynep Zofia"
)
_FAMILY = _listed(
    "Abbasi Achterberg Adeyemi Almeida Andersen Bauer Bianchi Bjørnstad Čapek Castillo Chaudhry"
    " Chukwu Çelik D'Angelo Dąbrowska Delacroix Demir Díaz Eriksson Fernandes Ferrari Fitzgerald"
    " García Georgiou Großmann Haddad Hakimi Horvat Ibrahim Jensen Johansson Kamau Kaya Khoury"
    " Kowalczyk Kovács Lefèvre Lindqvist Liu MacLeod Mbeki Mazur Moreau Müller Mwangi Nakamura"
    " Ndiaye Nguyễn Novák O'Brien O'Neill Okafor Oliveira Papadopoulou Pérez Petrov Popescu"
    " Quispe Rahman Reyes Rossi Sørensen Santos Sato Schäfer Silva Singh Ștefănescu Suzuki"
    " Takahashi Tamm Tembo Torres Van_Dijk Virtanen Weiß Wójcik Yamamoto Yılmaz Zając Zhang"
)
_DOMAINS = ("example.com", "example.org", "example.net", "mail.test", "post.test", "office.test")
_TAGS = ("billing", "shop", "invoices", "news", "work")

SPECIAL_ADDRESSES = (
    ("Conan.O'Brien+billing@example.com", "conan.o'brien+Billing@example.com"),
    ("İpek.Çağlar@example.org", "ipek.Çağlar@example.org"),
    ("STRAßE.Weiß@example.net", "straße.weiß@example.net"),
    (f"{'very-long-' * 6}Name@{'department.' * 12}example.com",) * 2,
    ("acct,(42)=7@mail.test", "ACCT,(42)=7@mail.test"),
    ("null@post.test", "NULL@post.test"),
)
"""Addresses and another spelling that PostgreSQL folds alike."""

SPECIAL_EXTERNAL_IDS = ("acct, (42)=7) already exists.", "null", "4711", "Ελλάδα-ß-№-0001")
"""External IDs that a message shows unquoted, as it shows all of them."""

_COMPANIES = _listed(
    "Alder & Ash|Blue Harbour|Cobalt Kitchen|Dovetail Audio|Ember Analytics|Fjordlys|Grano Duro"
    "|Hummingbird Press|Inkwell Fonts|Juniper Courses|Kestrel Maps|Lumen Plugins|Mosaik Studio"
    "|Nimbus Backup|Okapi Translate|Papaya Icons|Quartz Metrics|Rook Chess Club|Saffron Recipes"
    "|Tidewater Yoga",
    "|",
)


@dataclass(frozen=True, slots=True)
class Company:
    """A merchant of the shop, with what its subscriptions cost in the smallest unit."""

    name: str
    slug: str
    email: str
    currency: str
    prices: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Person:
    """A customer to be. `external_id` is what a merchant's own system would call them."""

    name: str
    email: str
    external_id: str


class People:
    """An endless line of different people."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._taken: set[str] = set()

    def next(self) -> Person:
        """Somebody whose address nobody before them has, in any letter case."""
        given, family = self._rng.choice(_GIVEN), self._rng.choice(_FAMILY).replace("_", " ")
        address = self._address(given, family)
        self._taken.add(address.casefold())
        return Person(f"{given} {family}", address, self._external_id())

    def _address(self, given: str, family: str) -> str:
        first, last = _plain(given), _plain(family)
        local = self._rng.choice(
            (f"{first}.{last}", f"{first[0]}{last}", f"{last}.{first}", f"{first}_{last}", first)
        )
        if self._rng.random() < 0.12:
            local += "+" + self._rng.choice(_TAGS)
        domain = self._rng.choice(_DOMAINS)
        number = ""
        while (address := f"{local}{number}@{domain}").casefold() in self._taken:
            number = str(self._rng.randrange(2, 999))
        return address.lower() if self._rng.random() < 0.7 else address

    def _external_id(self) -> str:
        digits = self._rng.randrange(10**9)
        return self._rng.choice(
            (f"crm-{digits:09d}", f"user_{self._rng.getrandbits(80):020x}", f"acct/{digits:012d}")
        )


def companies() -> tuple[Company, ...]:
    """The merchants, always the same."""
    rng = random.Random("companies")
    return tuple(_company(name, rng) for name in _COMPANIES)


def _company(name: str, rng: random.Random) -> Company:
    slug = "-".join(_plain(word) for word in name.replace("&", "").split())
    currency = rng.choices(("usd", "eur", "gbp", "sek", "jpy"), (9, 6, 3, 1, 1))[0]
    prices = tuple(rng.sample((500, 900, 1900, 2900, 4900, 9900), 3))
    return Company(name, slug, f"owner@{slug}.test", currency, prices)


def _plain(name: str) -> str:
    """Lower case without most accents, as people choose their addresses."""
    parts = unicodedata.normalize("NFKD", name).replace("ı", "i").replace("ø", "o").lower()
    return "".join(part for part in parts if not unicodedata.combining(part)).replace(" ", "")
