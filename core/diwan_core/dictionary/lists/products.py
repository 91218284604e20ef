"""Codes of what is recorded of goods of single product groups, since dictionary 4."""

from .plain import codes

PRODUCT_LISTS = (
    codes(
        "hs_edition",
        "Edition of the Harmonized System",
        """
        hs2028 | HS 2028
        hs2022 | HS 2022
        hs2017 | HS 2017
        hs2012 | HS 2012
        hs2007 | HS 2007
        """,
        "WCO",
    ),
    codes(
        "lab_state",
        "State of the laboratory's work",
        """
        not_tested  | Not tested
        presumptive | Presumptive test only       | field test, reagent
        confirmed   | Confirmed by the laboratory
        refuted     | Refuted by the laboratory
        """,
    ),
    codes(
        "precursor_event",
        "What happened to chemicals",
        """
        seized     | Seized
        stopped    | Shipment stopped
        suspicious | Suspicious order
        theft      | Theft or loss         | diverted
        other      | Other
        """,
    ),
    codes(
        "tax_stamp",
        "Tax stamp",
        """
        none    | None
        genuine | Genuine, of this country
        foreign | Of another country
        forged  | Forged
        unknown | Not known
        """,
    ),
    codes(
        "authenticity",
        "Authenticity",
        """
        genuine       | Genuine
        counterfeit   | Counterfeit     | fake
        illicit_white | Illicit white   | cheap white
        unknown       | Not known
        """,
    ),
    codes(
        "cites_term",
        "Trade term for specimens",
        """
        bodies          | Bodies
        bones           | Bones
        carvings        | Carvings
        claws           | Claws
        coral_raw       | Coral, raw
        coral_worked    | Coral, worked         | jewellery
        derivatives     | Derivatives
        eggs            | Eggs
        extract         | Extract
        feathers        | Feathers
        fins            | Fins
        furniture       | Furniture
        gall            | Bile                  | gall
        gall_bladders   | Gall bladders
        garments        | Garments
        hair            | Hair
        horns           | Horns
        ivory_carvings  | Ivory carvings
        ivory_pieces    | Ivory pieces
        leather         | Leather products
        live            | Live
        logs            | Logs
        meat            | Meat
        medicine        | Medicine
        oil             | Oil
        plants_dried    | Dried plants
        plywood         | Plywood
        powder          | Powder
        roots           | Roots
        sawn_wood       | Sawn wood             | timber
        scales          | Scales
        seeds           | Seeds
        shells          | Shells
        skins           | Skins                 | hides
        skulls          | Skulls
        specimens       | Specimens for science
        swim_bladders   | Swim bladders
        teeth           | Teeth
        trophies        | Trophies
        tusks           | Tusks
        veneer          | Veneer
        wood_products   | Wood products
        other           | Other
        """,
        "Diwan, after the trade terms of CITES",
    ),
    codes(
        "cites_source",
        "Source of specimens",
        """
        W | Taken from the wild
        X | Taken in the sea
        R | Ranched
        D | Appendix I, bred for trade
        A | Plants artificially propagated
        C | Bred in captivity
        F | Born in captivity
        U | Source unknown
        I | Confiscated or seized
        O | Pre-Convention
        Y | Assisted production of plants
        """,
        "CITES",
    ),
    codes(
        "permit_state",
        "State of a permit",
        """
        none    | None
        valid   | Valid
        forged  | Forged
        altered | Altered
        misused | Misused     | wrong species, expired, second use
        unknown | Not known
        """,
    ),
    codes(
        "identified_by",
        "How a species was identified",
        """
        sight  | By sight
        expert | By an expert
        dna    | By DNA
        lab    | By another examination
        """,
    ),
    codes(
        "species_rank",
        "How far a species is known",
        """
        species | Species
        genus   | Genus only       | spp.
        family  | Family or higher
        """,
    ),
    codes("alive", "State on arrival", "alive | Alive\ndead | Dead\nsome | Some alive, some dead"),
    codes(
        "serial_state",
        "State of a serial number",
        """
        readable | Readable
        partly   | Partly readable
        erased   | Erased          | obliterated
        restored | Restored
        none     | None
        """,
    ),
    codes(
        "weapon_condition",
        "Condition of a weapon",
        """
        factory     | As made in a factory
        converted   | Converted        | blank-firing, alarm
        deactivated | Deactivated
        reactivated | Reactivated
        craft       | Made by craft    | homemade
        printed     | Printed          | 3D
        parts       | Assembled from parts
        unknown     | Not known
        """,
    ),
    codes(
        "alarm_cause",
        "Cause of a radiation alarm",
        """
        medical      | Medical treatment of a person
        norm         | Naturally radioactive goods  | ceramics, fertiliser, NORM
        legal        | Declared source
        contaminated | Contaminated goods
        source       | Undeclared source
        nuclear      | Nuclear material
        unknown      | Not known
        """,
    ),
    codes(
        "medicine_class",
        "Class of a medical product",
        """
        falsified    | Falsified
        substandard  | Substandard
        unregistered | Unregistered or unlicensed
        genuine      | Genuine, diverted or undeclared
        """,
        "WHO",
    ),
    codes(
        "ipr_right",
        "Right infringed",
        """
        mark      | Trade mark
        design    | Design
        copyright | Copyright
        patent    | Patent
        gi        | Geographical indication
        variety   | Plant variety
        other     | Other right
        """,
    ),
)
