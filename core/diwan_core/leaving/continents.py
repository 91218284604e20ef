"""Continents of countries, for rows that would name too few people: UN M49 regions, the Americas divided in two as in
most atlases. Codes are ISO 3166-1 alpha-2."""

from typing import Final

from diwan_core.dictionary import N_

_BY_CONTINENT: Final = {
    N_("Africa"): (
        "AO BF BI BJ BW CD CF CG CI CM CV DJ DZ EG EH ER ET GA GH GM GN GQ GW KE KM LR LS LY MA MG ML MR "
        "MU MW MZ NA NE NG RE RW SC SD SH SL SN SO SS ST SZ TD TF TG TN TZ UG YT ZA ZM ZW IO"
    ),
    N_("Antarctica"): "AQ BV GS HM",
    N_("Asia"): (
        "AE AF AM AZ BD BH BN BT CN CY GE HK ID IL IN IQ IR JO JP KG KH KP KR KW KZ LA LB LK MM MN MO MV "
        "MY NP OM PH PK PS QA SA SG SY TH TJ TL TM TR TW UZ VN YE"
    ),
    N_("Europe"): (
        "AD AL AT AX BA BE BG BY CH CZ DE DK EE ES FI FO FR GB GG GI GR HR HU IE IM IS IT JE LI LT LU LV "
        "MC MD ME MK MT NL NO PL PT RO RS RU SE SI SJ SK SM UA VA XK"
    ),
    N_("North America"): (
        "AG AI AW BB BL BM BQ BS BZ CA CR CU CW DM DO GD GL GP GT HN HT JM KN KY LC MF MQ MS MX NI PA PM "
        "PR SV SX TC TT US VC VG VI"
    ),
    N_("Oceania"): "AS AU CC CK CX FJ FM GU KI MH MP NC NF NR NU NZ PF PG PN PW SB TK TO TV UM VU WF WS",
    N_("South America"): "AR BO BR CL CO EC FK GF GY PE PY SR UY VE",
}
CONTINENT: Final[dict[str, str]] = {
    code: continent for continent, codes in _BY_CONTINENT.items() for code in codes.split()
}
