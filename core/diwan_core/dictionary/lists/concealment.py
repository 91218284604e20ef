"""Ways of concealment, and where each is usual: on a road, in a container, on a ship, with a passenger by air, in air
cargo, on a railway, in the post, on a person, with an animal, in a place. A plus: it is among the most usual there."""

from collections.abc import Mapping
from typing import Final

from .plain import codes

PLACES_OF_MODE: Final[Mapping[str, tuple[str, ...]]] = {
    "1": ("container", "sea"),
    "2": ("rail", "container"),
    "3": ("road",),
    "4": ("air_passenger", "air_cargo"),
    "5": ("post",),
    "8": ("sea", "container"),
}
"""Where goods are hidden that travel by a mode of transport (Recommendation 19), as the list of concealment methods
names it; the first comes first."""

CONCEALMENT: Final = codes(
    "concealment_method",
    "Concealment method",
    """
    none             | Not concealed                        | open, in plain sight
    in_cargo         | Among other goods                    | mixed load, cover load, behind
    in_goods         | Inside the goods                     | hollowed, inside product
    in_packaging     | In the packaging                     | carton wall, pallet, spool, roll
    false_floor | False floor | double floor, double fond, doble fondo | road+ container+ sea rail+
    false_wall | False wall or bulkhead | double wall, partition | road+ container+ sea rail+
    false_ceiling | False ceiling or roof | roof | road container+ rail
    false_bottom | False bottom of luggage or case | double bottom, suitcase | air_passenger+ person+ post
    container_part | In the structure of a container | beam, reefer unit, doors, corrugation | container+ rail
    rip_on | Bag behind the container doors | rip-off, rip-on, gancho ciego | container+
    fuel_tank | In a fuel tank | réservoir, tanque | road+ sea rail
    tyres | In tyres or wheels | spare wheel, pneu, llanta | road+
    vehicle_cabin | In the cabin | seat, dashboard, door panel | road+ rail
    vehicle_chassis | In the chassis or bodywork | bumper, axle, rocker panel | road+ rail
    engine | In the engine space | battery, air filter, bonnet | road+ sea rail
    trailer | In the trailer | kingpin, side beam | road+
    built_in         | Purpose-built hiding place           | trap, caleta, cache
    machinery | Inside machinery | roller, transformer, gearbox | container road air_cargo+ rail
    furniture | Inside furniture | | container road air_cargo rail place+
    food | Inside food or agricultural products | fruit, coffee, fish, cans | container road air_cargo+ post+ rail+
    liquid | Dissolved or in liquid | bottle, impregnated | container air_passenger+ air_cargo post+
    impregnated | Impregnated in material | clothes, paper, plastic | air_passenger air_cargo post+
    electronics | Inside electronics | computer, toy, speaker | air_passenger air_cargo+ post+
    books | In books, letters or documents | mail, envelope | air_passenger air_cargo post+
    toiletries | In cosmetics or toiletries | shampoo, cream | air_passenger+ post+
    clothing | In clothing or shoes | coat, shoes, belt | air_passenger person+ post+
    on_body | On the body | strapped, body pack, taped | air_passenger+ person+ rail
    in_body | In the body | swallowed, ingested, mule, in corpore | air_passenger+ person+
    baggage | In baggage | suitcase, hand luggage | air_passenger+ person+ rail+ road sea
    vessel_structure | In the structure of a vessel | void, ballast tank, bilge | sea+
    hull | On or under the hull | sea chest, torpedo, parasite | sea+
    sea_drop | Thrown into the sea | jettison, drop-off, floating | sea+
    aircraft | In the structure of an aircraft | galley, lavatory | air_passenger air_cargo
    animals | In or with live animals | | animal+ road
    drone | Carried by a drone | UAV | place
    buried | Buried or hidden in the open | stash | place+
    documents !4     | Hidden behind false documents        | misdeclared
    floor @4 | In the floor | | container road rail
    roof @4 | In the roof | | container road rail
    front_wall @4 | In the front wall | bulkhead | container+ road
    reefer_unit @4 | In the refrigeration unit | reefer, evaporator | container+ road
    airbag @4 | In the space of an airbag | | road
    gas_cylinder @4 | In a gas cylinder | | road sea place
    lpg_tank @4 | In an LPG tank | autogas | road
    ballast @4 | In a ballast tank | | sea
    rudder_trunk @4 | In the rudder trunk | | sea
    anchor_locker @4 | In the anchor locker | chain locker | sea
    fish_hold @4 | In the fish hold | | sea
    towed @4 | Towed under water | torpedo | sea
    galley @4 | In the galley | | air_passenger air_cargo sea
    lavatory @4 | In a lavatory | toilet | air_passenger rail
    panel @4 | Behind a panel | lining | air_passenger air_cargo rail+ sea
    wagon_roof @4 | In the roof of a wagon | | rail+
    locomotive @4 | In the locomotive | | rail+
    prosthesis @4 | In a prosthesis or plaster | | air_passenger person
    wig @4 | In a wig or the hair | | air_passenger person
    nappy @4 | In a nappy | diaper | air_passenger person
    cavity @4 | In a body cavity, not swallowed | inserted | air_passenger person+
    other            | Other
    unknown          | Not known
    """,
)
