"""Codes of units, users, agreements, arrivals and sites of the network."""

from .plain import codes

NETWORK_LISTS = (
    codes(
        "unit_kind",
        "Kind of unit",
        """
        administration | Administration
        region         | Region
        directorate    | Directorate
        office         | Office
        post           | Post
        team           | Team
        partner        | Partner
        """,
    ),
    codes(
        "user_role",
        "Role of a user",
        """
        officer       | Post officer
        supervisor    | Post supervisor
        analyst       | Intelligence analyst
        investigator  | Investigator
        coordinator   | Operation coordinator
        administrator | National administrator
        partner       | Regional or partner reader
        auditor       | Auditor
        technician    | IT technician
        trainer       | Trainer
        """,
    ),
    codes(
        "agreement_kind",
        "Kind of agreement",
        """
        bilateral    | Bilateral
        regional     | Regional
        multilateral | Multilateral
        national     | Between national authorities
        request      | Single request
        """,
    ),
    codes(
        "arrival_state",
        "State of an arrival",
        """
        expected  | Expected
        arrived   | Arrived
        selected  | Selected for control
        released  | Released
        cancelled | Cancelled
        overdue   | Overdue
        """,
    ),
    codes(
        "site_phase",
        "Phase of a site",
        """
        questionnaire | Questionnaire
        assessment    | Assessment
        procurement   | Procurement
        installation  | Installation
        training      | Training
        acceptance    | Acceptance
        operation     | In operation
        closed        | Closed
        """,
    ),
    codes(
        "power_supply",
        "Power supply",
        """
        stable    | Stable mains
        cuts      | Mains with cuts
        generator | Generator
        solar     | Solar
        none      | None
        """,
    ),
    codes(
        "connection",
        "Connection",
        """
        fibre  | Fibre
        dsl    | Copper line
        mobile | Mobile data
        vsat   | Satellite
        radio  | Radio link
        none   | None
        """,
    ),
)
