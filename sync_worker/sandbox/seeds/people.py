"""Participants and plan managers: as many as asked for, no two of one name or one NDIS number."""

from __future__ import annotations

import unicodedata
from datetime import date, timedelta
from random import Random


def words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FIRST_NAMES = words("""
Aaliyah Aaron Abigail Adam Aisha Alan Amelia Amir Andrea Angus Anh Archie Aroha Asha Audrey Ava
Bao Beatrice Ben Bindi Bridget Caleb Callum Carmen Cassandra Charlotte Chloe Chris Claire Cooper
Daisy Dana Daniel Darcy Deepika Dimitri Dylan Eleanor Eli Elsie Emily Eva Faisal Farah Fergus
Fiona Frank Freya George Grace Hamish Hannah Harper Hassan Heidi Holly Hugo Imogen Indigo Isaac
Isla Ivy Jack Jacob Jarrah Jasmine Joel José Kaia Kai Keith Kirra Lachlan Layla Leila Leo Lily
Logan Lucas Maeve Mahalia Marcus Matilda Mei Mia Mohammed Nadia Ned Noah Olive Oscar Patrick Pearl
Priya Quinn Rania Reuben Riley Rosie Ruby Samuel Sienna Sofia Tahlia Tane Thanh Tilly Uma Victor
Violet Willow Xavier Yasmin Zachary Zoë
""")
LAST_NAMES = words("""
Abbott Adeyemi Ahmed Aitken Alvarez Anderson Armstrong Atkinson Baker Banerjee Barnes Bartlett
Bennett Bianchi Blake Boyd Brennan Burke Byrne Cameron Campbell Carter Cassidy Chan Chandra Chen
Clarke Collins Connolly Cooke Costa Coulter Crawford Cruz Cunningham D'Souza Dalton Davies Dawson
Delaney Dempsey Dixon Donovan Doyle Duncan Edwards Egan Ellis Evans Farrell Fernandez Findlay
Fitzgerald Fletcher Flynn Foster Fraser Gallagher Garcia Gibson Gill Gonzalez Gordon Graham Grant
Greene Griffiths Hall Hamilton Hansen Harris Hartley Harvey Hassan Hayes Henderson Ho Hoang Hogan
Holmes Howard Hughes Hussain Ibrahim Jackson James Jensen Johnston Jovanović Kaur Keating Kelly
Kennedy Khan Kim King Kowalski Kumar Lam Lawson Le Lee Lewis Liu Lopez Lynch MacDonald Mahoney
Malik Marino Marsh Martin Mason McCarthy McIntyre McKenzie Mehta Mendoza Miller Mitchell Moore
Morgan Morris Muir Müller Murphy Nair Nash Nelson Nguyen Nicholls Nolan Novak O'Brien O'Connor
O'Neill Olsen Osman Owen Papadopoulos Park Parker Patel Pearce Perera Petrov Pham Phillips Porter
Powell Quigley Rahman Rao Reid Reilly Rhodes Rizzo Roberts Rossi Russell Ryan Santos Sato Schmidt
Scott Shah Sharma Shaw Silva Simpson Singh Slater Stewart Stone Sullivan Sutherland Tanaka Thomas
Thompson Tran Tucker Turner Vella Vu Walker Wallace Walsh Wang Watson Webb Weston Whelan Wilson
Wong Wood Wright Yilmaz Young Zhang
""")
STREETS = words("""
Acacia Banksia Beach Bridge Church Elizabeth Fern George Gum High Jacaranda King Lake Main Mill
Ocean Park Queen River Station Victoria Wattle
""")
TOWNS = (
    ("Ballarat", "VIC", "3350"),
    ("Bendigo", "VIC", "3550"),
    ("Cairns", "QLD", "4870"),
    ("Dubbo", "NSW", "2830"),
    ("Fremantle", "WA", "6160"),
    ("Geelong", "VIC", "3220"),
    ("Hobart", "TAS", "7000"),
    ("Mount Gambier", "SA", "5290"),
    ("Newcastle", "NSW", "2300"),
    ("Parramatta", "NSW", "2150"),
    ("Toowoomba", "QLD", "4350"),
    ("Wollongong", "NSW", "2500"),
)
NDIS_NUMBERS = 1_000_000
PLAN_MANAGERS = (
    "Clearwater Plan Management",
    "Southern Cross Plan Partners",
    "Wattle Tree Plan Management",
    "Open Road Plan Managers",
    "Harbour Light Financial Plans",
    "Coastline Plan Management",
    "Redgum Plan Support",
    "Kookaburra Plan Management",
)


class People:
    """Participant number n is the same person for the same seed, however many there are."""

    def __init__(self, seed: int, today: date) -> None:
        self._seed = seed
        self._today = today
        order = Random(f"names of {seed}")
        self._first = order.sample(FIRST_NAMES, len(FIRST_NAMES))
        self._last = order.sample(LAST_NAMES, len(LAST_NAMES))
        self._ndis_offset = order.randrange(NDIS_NUMBERS)

    def participant(self, n: int) -> dict[str, object]:
        first, last = self.name(n)
        return self.person(first, last, self.ndis_number(n), Random(f"{self._seed}/{n}"))

    def person(self, first: str, last: str, ndis: str, chance: Random) -> dict[str, object]:
        town, state, postcode = chance.choice(TOWNS)
        born = self._today - timedelta(days=chance.randrange(7 * 365, 80 * 365))
        return {
            "FirstName": first,
            "LastName": last,
            "Email": f"{plain(first)}.{plain(last)}.{ndis[-4:]}@mail.example",
            "MobilePhone": f"0491 570 {chance.randrange(1000):03d}",
            "MailingStreet": f"{chance.randrange(1, 240)} {chance.choice(STREETS)} Street",
            "MailingCity": town,
            "MailingState": state,
            "MailingPostalCode": postcode,
            "MailingCountry": "Australia",
            "Birthdate": born.isoformat(),
            "NDIS_Number__c": ndis,
        }

    def name(self, n: int) -> tuple[str, str]:
        """Every last name with every first name, and then the same with double surnames."""
        round_, at = divmod(n, len(self._last))
        first, last = self._first[(at + round_) % len(self._first)], self._last[at]
        doubled = round_ // len(self._first)
        if doubled:
            last = f"{last}-{self._last[(at + doubled) % len(self._last)]}"
        return first, last

    def ndis_number(self, n: int) -> str:
        """430 and six digits. 7,919 has no factor in common with a million, so none comes twice."""
        return f"430{(self._ndis_offset + n * 7919) % NDIS_NUMBERS:06d}"


def plan_manager(n: int) -> dict[str, object]:
    name = PLAN_MANAGERS[n]
    town, state, postcode = TOWNS[n]
    return {
        "Name": name,
        "Type": "Plan Manager",
        "Phone": f"03 7010 {5000 + n}",
        "BillingStreet": f"Level {n + 1}, {20 + n} {STREETS[n]} Street",
        "BillingCity": town,
        "BillingState": state,
        "BillingPostalCode": postcode,
        "BillingCountry": "Australia",
        "Finance_Email__c": f"accounts@{plain(name)}.example",
    }


def plain(name: str) -> str:
    """As it stands in an e-mail address."""
    folded = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return "".join(c for c in folded.lower() if c.isalnum() or c == "-")
