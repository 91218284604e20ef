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
