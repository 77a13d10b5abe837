"""Names of the demo's clients, packages, tags and services."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DemoPackage:
    """A package of the demo; prices in euro."""

    name: str
    description: str
    period_months: int
    setup: float
    fee: float


PACKAGES = (
    DemoPackage("Europe 500", "500 minutes to 31 European countries", 1, 0.99, 9.90),
    DemoPackage("Europe 2000", "2 000 minutes to 31 European countries", 1, 0.99, 24.90),
    DemoPackage("World Unlimited", "Landlines worldwide, fair use 5 000 minutes", 1, 4.90, 39.00),
    DemoPackage("Call Shop Flat", "A flat rate for one booth", 1, 9.00, 59.00),
    DemoPackage("Card 100", "A hundred minutes on a card", 3, 0.00, 6.50),
    DemoPackage("Office 10", "Ten lines with numbers", 1, 19.00, 79.00),
    DemoPackage("Night & Weekend", "Nights and weekends to mobiles", 1, 0.49, 4.90),
    DemoPackage("Year Saver", "1 000 minutes a month, paid by the year", 12, 0.00, 89.00),
    DemoPackage("SMS 50", "50 text messages to any network", 1, 0.10, 1.00),
    DemoPackage("Data 1 GB", "One gigabyte for travellers", 1, 0.10, 1.50),
    DemoPackage("O'Brien's \"Home\" 🚀", "Landlines at home, in one household", 1, 0.50, 3.30),
    DemoPackage("باقة الشرق", "The East package, from right to left", 1, 0.80, 7.70),
)
SPECIAL_NAMES = (
    'O\'Neill "Quick" Calls',
    "📞 Ring & Ring 🎉",
    "شركة الاتصالات",
    "Übersee Telefonie GmbH",
    "東京コール",
)
"""Names with quotes, signs and letters of other scripts, as every operator has them."""
TAGS = (
    "vip",
    "wholesale",
    "trial",
    "retail",
    "partner",
    "spring promotion",
    "late payer",
    "prepaid",
    "roaming",
    "ذهبي",
)
SERVICES = ("voice", "sms", "data")
COUNTRIES = (
    "Austria",
    "Germany",
    "Poland",
    "United Kingdom",
    "United States",
    "Japan",
    "Nigeria",
    "Brazil",
    "India",
    "Cuba",
)
FIRST_WORDS = (
    "Acme",
    "Aurora",
    "Bluebird",
    "Borealis",
    "Cedar",
    "Citadel",
    "Comet",
    "Delta",
    "Ember",
    "Falcon",
    "Granite",
    "Harbour",
    "Iris",
    "Juniper",
    "Kestrel",
    "Lumen",
    "Meridian",
    "Nimbus",
    "Orchid",
    "Pioneer",
    "Quartz",
    "River",
    "Summit",
    "Tandem",
    "Umbra",
    "Vertex",
    "Willow",
    "Zephyr",
)
LAST_WORDS = (
    "Calls",
    "Voice",
    "Lines",
    "Telecom",
    "Connect",
    "Networks",
    "Communications",
    "Tel",
    "Talk",
    "Phone Shop",
    "VoIP",
    "Trunking",
)
