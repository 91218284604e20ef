"""Codes for the result and the route of a case, and for the people and means of transport as first reported."""

from .plain import codes

COURSE_LISTS = (
    codes(
        "outcome",
        "Outcome",
        """
        seized          | Goods seized
        detained        | Goods detained, decision pending
        released        | Goods released
        released_duty   | Released against payment of duty
        released_fine   | Released against payment of a fine
        returned        | Goods returned or re-exported
        abandoned       | Goods abandoned
        controlled      | Controlled delivery
        nothing         | Nothing found
        pending         | Pending
        """,
    ),
    codes(
        "legal_followup",
        "Legal follow-up",
        """
        none           | None
        warning        | Warning
        administrative | Administrative fine
        settlement     | Settlement or compounding        | transaction
        prosecution    | Handed over for prosecution
        police         | Handed over to the police
        court          | Before the court
        convicted      | Convicted
        acquitted      | Acquitted
        appeal         | Under appeal
        abandoned      | Proceedings ended
        pending        | Pending
        """,
    ),
    codes(
        "agency_kind",
        "Kind of service",
        """
        customs     | Customs                    | douane, aduana, جمارك
        police      | Police                     | gendarmerie
        border      | Border guard
        coast_guard | Coast guard
        navy        | Navy or armed forces
        drugs       | Drug enforcement
        wildlife    | Wildlife or park service   | rangers
        forestry    | Forestry
        fisheries   | Fisheries
        environment | Environment
        health      | Health or medicines
        veterinary  | Veterinary or plant health
        tax         | Tax or financial police
        culture     | Antiquities
        post        | Postal service
        aviation    | Airport or aviation security
        port        | Port authority
        joint       | Several services together
        other       | Other service
        """,
    ),
    codes(
        "sanction",
        "Sanction",
        """
        none         | None
        warning      | Warning
        fine         | Fine                     | amende, multa, غرامة
        confiscation | Confiscation of goods    | forfeiture
        conveyance   | Confiscation of the conveyance
        prison       | Imprisonment
        suspended    | Suspended sentence
        community    | Work for the community
        licence      | Loss of a licence or authorisation
        expulsion    | Expulsion from the country
        pending      | Not decided yet
        other        | Other
        """,
    ),
    codes(
        "leg_role",
        "Role of a leg",
        """
        origin      | Origin of the goods     | made in, source
        departure   | Departure               | loading, shipped from
        transit     | Transit                 | via, transhipped at
        seizure     | Point of seizure        | found at
        destination | Destination             | delivery, shipped to
        transhipment @4 | Transhipment        | unloaded and loaded
        reexport @4 | Re-export               | exported again
        market @4   | Intended market         | to be sold in
        """,
    ),
    codes(
        "confidence",
        "Confidence",
        """
        confirmed | Confirmed
        probable  | Probable
        possible  | Possible
        doubtful  | Doubtful
        """,
    ),
    codes(
        "party_role",
        "Role of a person or company",
        """
        suspect     | Suspect                 | offender
        driver      | Driver                  | chauffeur, conductor, سائق
        passenger   | Passenger or traveller  | voyageur, pasajero
        courier     | Courier or mule
        crew        | Crew                    | seaman, sailor
        master      | Master or captain
        consignor   | Consignor or exporter   | shipper, sender, expéditeur
        consignee   | Consignee or importer   | receiver, destinataire, importer
        declarant   | Declarant or broker     | customs agent, transitaire, forwarder
        carrier     | Carrier                 | transporter, shipping line, airline
        notify      | Notify party
        owner       | Owner of goods
        vehicle_owner | Owner of the conveyance
        buyer       | Buyer
        organiser   | Organiser
        accomplice  | Accomplice
        financier   | Financier
        right_holder | Right holder           | brand owner
        witness     | Witness
        informant !4 | Person who reported it
        recipient @4 | Recipient of the goods or money
        agent @4    | Agent of the ship or carrier
        other       | Other role
        """,
    ),
    codes(
        "conveyance_kind",
        "Kind of conveyance",
        """
        lorry          | Lorry                     | truck, camion, camión, شاحنة, HGV
        trailer        | Trailer or semi-trailer   | remorque
        van            | Van                       | minivan, pickup
        car            | Car                       | voiture, coche, سيارة, automobile
        bus            | Bus or coach              | autocar
        motorcycle     | Motorcycle                | moto, boda boda, tuk-tuk
        bicycle        | Bicycle or cart           | handcart
        agricultural   | Agricultural vehicle      | tractor
        dhow           | Dhow                      | boutre, سنبوك
        small_boat     | Small boat                | go-fast, speedboat, lancha, pirogue, canoe
        fishing        | Fishing vessel            | trawler
        yacht          | Yacht or sailing boat     | pleasure craft
        container_ship | Container ship
        cargo_ship     | Other cargo ship          | bulk carrier, ship, vessel, navire, buque
        tanker         | Tanker
        ferry          | Ferry or cruise ship      | ro-ro
        semisub        | Semi-submersible          | narco-submarine
        aircraft       | Airliner                  | plane, avion, flight, طائرة
        freighter      | Cargo aircraft
        light_aircraft | Light aircraft            | Cessna, helicopter, private plane
        drone          | Drone                     | UAV
        train          | Train or wagon            | wagon, rail
        container      | Container                 | conteneur, contenedor, حاوية, box
        mail           | Mail                      | post, letter, parcel, colis
        express        | Express courier           | parcel
        animal         | Animal                    | donkey, camel, mule
        on_foot        | On foot                   | pedestrian, à pied
        pipeline       | Pipeline or cable
        other          | Other
        """,
    ),
    codes(
        "paper_type",
        "Type of paper",
        """
        703 | House waybill
        704 | Master bill of lading
        705 | Bill of lading
        720 | Rail consignment note
        730 | Road consignment note        | CMR
        740 | Air waybill
        741 | Master air waybill
        750 | Despatch note for post parcels | CN23
        785 | Cargo manifest
        952 | TIR carnet
        955 | ATA carnet
        380 | Commercial invoice
        830 | Declaration for export
        929 | Declaration for import
        861 | Certificate of origin
        other | Other paper
        """,
        "UN/EDIFACT 1001, in part",
    ),
    codes(
        "paper_state",
        "State of a paper",
        """
        genuine | Genuine
        false   | Genuine paper, false contents
        altered | Altered
        forged  | Forged
        unknown | Not known
        """,
    ),
)
