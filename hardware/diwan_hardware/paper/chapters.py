"""The chapters of the guide that are the same for every order: clauses, endurance, power, heat and dust, acceptance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from diwan_hardware import energy, storage
from diwan_hardware.check.result import limit_words
from diwan_hardware.paper.html import items, paragraph, table
from diwan_hardware.plan import Plan
from diwan_hardware.profile import MEASURES, Profile
from diwan_hardware.storage import Use, sized

CLAUSES: Final = (
    "Products named in this document are examples. An offer of anything that meets the specification is equal to "
    "them; the "
    "bidder shows it line by line.",
    "All goods are new and in the manufacturer's sealed packaging, except lines that say \"used\". Serial "
    "numbers are listed in "
    "the delivery note in electronic form (CSV).",
    "The bidder names the manufacturer and the exact model of each line, with the data sheet. A model may be "
    "changed after the "
    "award only with the buyer's written consent, for one that meets the same clauses.",
    "Memory cards, USB sticks and disks come from the manufacturer or its authorised distributor; the bidder "
    "proves the chain.",
    "The buyer tests a sample of each lot, chosen by the buyer, before the lot is accepted: one in twenty, at "
    "least two. One "
    "counterfeit item, or one that fails the test of this document, rejects the lot at the bidder's cost.",
    "Warranty begins with acceptance, not with delivery. A defective item is replaced within 30 days; disks and "
    "cards that "
    "held data are not given back.",
    "Power plugs, voltage and frequency are those of the country. Devices carry the conformity mark the country "
    "asks for "
    "and meet IEC 62368-1.",
    "No device needs an account, a subscription or a service of its manufacturer to work, and none reports to one.",
    "Firmware that is needed to run Debian 12 or 13 unmodified is named in the offer; devices that need closed "
    "drivers outside "
    "Debian are not accepted.",
    "Prices are given per line, with taxes, transport to the capital and insurance apart, and hold for 90 days.",
    "Spares are delivered with the first lot. The bidder states until when spare parts of each line can be bought.",
    "Packaging survives a journey on unpaved roads. Batteries are declared and packed for transport (UN 3480, UN "
    "3481).",
    "Old equipment and batteries are taken back on request, and destroyed with a certificate.",
)  # fmt: skip
"""Pasted into a tender as they are."""


def endurance(plan: Plan, use: Use, profiles: Mapping[str, Profile]) -> Iterator[str]:
    """How long cards and disks last, with the arithmetic."""
    day = plan.storage.post_day_written
    yield '<h2 class="new">4. Endurance of memory cards, eMMC and SSDs</h2>'
    yield paragraph(
        "Flash memory wears out by being written. Makers state the endurance of an SSD in terabytes written "
        "(TBW), that of "
        "a memory card in hours of video, and often nothing: then it is not bought. A database writes small "
        "pieces, for which "
        "flash writes several times as much inside; the factors below are cautious."
    )
    yield paragraph("years = terabytes written ÷ (bytes written in a day × factor × 365)", "formula")
    yield paragraph(
        f"A post of this plan takes in {use.cases:,} cases a year with {use.pictures:g} pictures of "
        f"{use.picture_kb:,} kB and "
        f"receives the cases of the others; with the system's own {sized(storage.SYSTEM_DAY_BYTES)} it writes "
        f"{sized(day)} a day."
    )
    rows = []
    for profile in profiles.values():
        for item in profile.items if profile.kind == "post" else ():
            if item.flash is not None:
                flash = item.flash
                years = storage.life_years(flash, day)
                shown = f"{years:.1f}" if years < 100 else "more than 100"
                rows.append(
                    (
                        profile.title,
                        item.title,
                        f"{flash.endurance_tbw:g}",
                        f"{storage.AMPLIFICATION[flash.kind]:g}",
                        shown,
                        flash.source,
                    )
                )
    yield table(("For", "Memory", "#TBW", "#Factor", "#Years", "Where the number comes from"), rows)
    yield paragraph(
        "An ordinary card of 64 GB that states nothing holds perhaps 300 full writes, 19 TB: the same arithmetic gives "
        f"{19e12 / (day * storage.AMPLIFICATION['sd'] * 365):.1f} years on paper, fewer in heat. eMMC "
        "soldered to a board "
        "lies between (3,000 writes of 32 GB, 96 TB, factor 4) and cannot be replaced: its wear is read by the "
        "check and shown."
    )
    yield paragraph(
        "Most cards fail for another reason first: power that goes while they write. Hence the UPS, cards and disks "
        "that protect what is being written, and the mirror stick."
    )
    yield paragraph(
        f"Stored after {use.years} years: {sized(plan.storage.post_bytes)} at a post, "
        f"{sized(plan.storage.central_bytes)} at the "
        f"centre, {sized(plan.storage.backup_bytes)} on a backup disk. A disk is filled to {storage.RESERVE:.0%} "
        "at most."
    )


def power(plan: Plan) -> Iterator[str]:
    """Energy of the sites, UPS, solar sets, the clock's battery."""
    yield "<h2>5. Power: UPS, sun, the battery of the clock</h2>"
    for name, site in plan.energy.items():
        yield f"<h3>One {name}</h3>"
        rows = [(draw.title, f"{draw.watts:g}", f"{draw.hours:g}", f"{draw.watt_hours:g}") for draw in site.draws]
        yield table(("What draws", "#W", "#Hours", "#Wh a day"), rows, "keep")
        yield items(energy.formulas(site))
    yield items(
        (
            "The UPS bridges cuts and gives the machine time to stop. minutes = battery Wh × 0.7 ÷ W × 60: a UPS "
            "of 60 Wh holds "
            "25 W for 100 minutes when new. Diwan loses nothing when power fails; disks and screens do.",
            "Batteries of UPS are replaced after three years in 25 °C, and after half of it for each 10 °C more "
            "(lead).",
            "The clock's battery (CR2032) lasts five to eight years. Without a clock a post that was off does "
            "not know the day until "
            "it reaches the centre; cases are then marked as of a doubtful clock. A DS3231 drifts by 2 ppm, 63 "
            "seconds a year; a plain "
            "crystal by 20 to 50 ppm, one to four seconds a day.",
            "Protection against surge and a good earth cost less than the first lightning.",
        )
    )


def heat_and_dust() -> Iterator[str]:
    """What heat and dust do, and what helps."""
    yield "<h2>6. Heat and dust</h2>"
    yield items(
        (
            "A processor that grows too hot slows itself down: a Raspberry Pi from 80 °C on. The air in a closed "
            "cabinet is 10 to "
            "15 °C warmer than the room, in the sun 30 °C. Shade comes before any cooler.",
            "Metal cases without a fan carry the heat of 5 to 15 W away and keep dust out. A fan draws in dust "
            "and stops after two "
            "years in the desert.",
            "Flash keeps its data for a shorter time when it is hot without power: an SSD on a shelf at 30 °C "
            "about a year (JESD218). "
            "Spares and backup disks are kept cool and plugged in every three months.",
            "Near the sea salt creeps into sockets: closed cabinet, contact spray, covers on unused sockets.",
            "Ants and geckos like warm cases: openings of at most 1 mm.",
        )
    )


def acceptance(plan: Plan, profiles: Mapping[str, Profile]) -> Iterator[str]:
    """How a machine is accepted, and the limits it is judged by."""
    yield "<h2>7. Acceptance</h2>"
    yield items(
        (
            "The technician puts the label on the machine and runs `diwan hardware check --profile NAME --asset LABEL "
            "--burn-in LENGTH` on it. Interrupted by a power cut, the same command goes on.",
            "Each value is judged: pass, warn, fail, or unknown where the machine does not tell. A machine that "
            "fails goes back. A "
            "warning or an unknown is decided by a person, in writing.",
            "Memory cards and disks are tested whole and blank (`--device`): counterfeit ones claim more than "
            "they hold.",
            "The result is signed and kept at the centre, where the machine then stands in the register of "
            "assets with its serial number, "
            "place and warranty.",
        ),
        "ol",
    )
    for name in plan.machines:
        profile = profiles[name]
        if profile.limits:
            rows = [
                (MEASURES[key].title, MEASURES[key].unit, limit_words(limit)) for key, limit in profile.limits.items()
            ]
            if profile.burn_in_hours:
                rows.append(("Burn-in", "hours", f"{profile.burn_in_hours:g}"))
            yield f"<h4>{profile.title}</h4>" + table(("Measured", "Unit", "Judged"), rows, "keep")
