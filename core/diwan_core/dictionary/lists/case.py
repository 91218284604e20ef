"""Codes of a case: what happened, how it was found, how it was hidden.

Composed from WCO texts and the reference tables of customs services; see docs/adr/0002-dictionary-and-code-lists.md."""

from .plain import codes

CASE_LISTS = (
    codes(
        "case_type",
        "Type of case",
        """
        seizure     | Seizure                     | saisie, incautación, apreensão, изъятие, ضبط, confiscation
        detention   | Detention of goods          | retention, retenue, suspension of release, held
        offence     | Offence without seizure     | infraction, infracción, violation, irregularity
        control     | Control without result      | nothing found, contrôle sans résultat, negative
        """,
    ),
    codes(
        "date_precision",
        "Precision of a date",
        """
        exact   | Exact
        about   | About this date
        month   | Only the month is known
        year    | Only the year is known
        range   | Between two dates
        """,
    ),
    codes(
        "time_precision",
        "Precision of a time",
        """
        exact   | Exact
        about   | About this time
        hour    | Only the hour is known
        night   | In the night that began on this day
        """,
    ),
    codes(
        "location_type",
        "Type of place",
        """
        seaport         | Seaport                          | port, harbour, quay, pier, puerto, ميناء
        airport         | Airport                          | aéroport, aeropuerto, مطار
        land_border     | Land border crossing             | border post, frontier, poste frontière, معبر
        river_port      | River or lake port               | inland port
        rail_station    | Railway station or yard          | train, gare
        dry_port        | Dry port or container depot      | inland container depot, ICD, terminal
        mail_centre     | Mail or parcel centre            | post office, courier hub, correo
        free_zone       | Free zone                        | zone franche, zona franca
        warehouse       | Warehouse or store               | bonded, depot, entrepôt
        road            | Road, inland                     | highway, street, checkpoint, vía pública
        territorial_sea | At sea, territorial waters       | coast, patrol
        high_sea        | At sea, beyond territorial waters
        market          | Market or shop                   | retail, tienda
        private         | Private premises                 | house, vivienda, dwelling
        business        | Business premises                | factory, office, laboratory
        open_country    | Open country                     | farm, forest, finca, field, rural
        prison          | Prison                           | cárcel
        other           | Other place
        """,
    ),
    codes(
        "direction",
        "Direction",
        """
        import        | Import         | inbound, incoming, entrada, importation, استيراد
        export        | Export         | outbound, outgoing, salida, exportation, تصدير
        transit       | Transit        | tránsito, عبور
        transhipment  | Transhipment   | transbordement, trasbordo
        internal      | Internal       | inland, domestic, interior
        unknown       | Not known
        """,
    ),
    codes(
        "procedure",
        "Customs procedure",
        """
        home_use          | Clearance for home use        | release for free circulation, mise à la consommation
        outright_export   | Outright exportation          | definitive export
        transit           | Customs transit               | TIR, T1
        transhipment      | Transhipment
        warehousing       | Customs warehousing           | bonded warehouse
        temporary         | Temporary admission           | ATA carnet
        inward            | Inward processing
        outward           | Outward processing
        reexport          | Re-exportation
        reimport          | Re-importation
        free_zone         | Free zone
        travellers        | Travellers' relief            | passenger, green channel, red channel
        postal            | Postal traffic                | CN22, CN23
        express           | Express consignment           | de minimis, courier
        relief            | Relief consignment            | humanitarian
        diplomatic        | Diplomatic consignment
        stores            | Stores of a ship or aircraft
        none              | No declaration made           | undeclared
        other             | Other procedure
        """,
    ),
    codes(
        "offence_type",
        "Type of offence",
        """
        smuggling         | Smuggling                          | contrebande, contrabando, تهريب
        false_declaration | False declaration                  | misdeclaration, fausse déclaration
        undervaluation    | Undervaluation                     | undervalued, sous-évaluation
        overvaluation     | Overvaluation                      | trade based money laundering
        misclassification | Wrong tariff heading               | misclassified
        false_origin      | False origin                       | preference
        false_quantity    | False quantity or weight           | short declared
        no_declaration    | Failure to declare                 | undeclared
        prohibited        | Prohibited goods
        restricted        | Restricted goods without permit    | licence, CITES, permit
        ipr               | Infringement of intellectual property | counterfeit, contrefaçon
        transit_abuse     | Abuse of a transit procedure       | diversion
        procedure_abuse   | Abuse of another procedure
        false_documents   | False or forged documents          | faux
        cash              | Failure to declare currency        | bulk cash
        seal              | Broken or changed seal
        obstruction       | Obstruction of control             | escape, refusal
        money_laundering  | Money laundering
        other             | Other offence
        """,
    ),
    codes(
        "detection_method",
        "Detection method",
        """
        risk_profile !4    | Risk profile or selectivity     | targeting, criteria, profiling
        intelligence !4    | Intelligence or information     | tip, informant, renseignement, alert
        warning_message !4 | Warning message from a partner  | early warning
        watch_list !4      | Watch-list match                | hit
        routine !4         | Routine control                 | contrôle de routine, normal control
        random !4          | Random selection                | aléatoire, spot check
        documents          | Examination of documents        | manifest, invoice, post clearance
        physical           | Physical examination            | search, fouille, unloading
        xray_cargo         | X-ray of cargo or vehicle       | scanner, scan, anomaly, non-intrusive
        xray_baggage       | X-ray of baggage or mail        | scanner
        body_scan          | Body scan or body X-ray         | ingested, mule
        dog                | Detector dog                    | K9, sniffer, chien, perro, كلب
        trace              | Trace detection                 | ion scan, swab, wipe test
        field_test         | Chemical field test             | reagent
        radiation          | Radiation detector              | portal monitor
        density            | Density meter or endoscope      | buster, fibrescope, borescope
        weighing           | Weighing                        | weighbridge, weight difference
        tracking           | Tracking device or electronic seal | GPS, cargo tracking
        surveillance       | Surveillance or camera          | CCTV, number plate recognition, drone
        behaviour          | Behaviour of the person         | nervous
        patrol             | Patrol                          | chase, coast guard, mobile unit
        controlled         | Controlled delivery
        investigation !4   | Investigation                   | inquiry
        audit !4           | Post-clearance audit
        found !4           | Found abandoned
        volunteered !4     | Reported or handed over         | public, carrier
        other              | Other method
        unknown            | Not known
        """,
    ),
    codes(
        "selection_basis",
        "Why something was selected",
        """
        profile       | Risk profile or selectivity     | targeting, criteria
        intelligence  | Intelligence or information     | tip, renseignement, alert
        warning       | Warning of a partner            | early warning
        watch_list    | Watch-list match                | hit
        random        | Random selection                | aléatoire, spot check
        routine       | Routine control                 | normal control
        investigation | Investigation                   | inquiry
        audit         | Post-clearance audit
        declared      | Declared or handed over         | volunteered, public, carrier
        chance        | By chance                       | accident, found abandoned
        other         | Other reason
        unknown       | Not known
        """,
    ),
    codes(
        "found_with",
        "Found with",
        """
        documents      | Examination of documents        | manifest, invoice
        advance_data   | Data sent in advance            | pre-arrival, manifest
        eyes           | Eyes and hands                  | physical examination, search, fouille
        behaviour      | Behaviour of the person         | nervous
        xray_cargo     | X-ray of cargo or vehicle       | scanner, scan
        xray_baggage   | X-ray of baggage or mail        | scanner
        body_scan      | Body scan or body X-ray
        dog            | Detector dog                    | K9, chien, perro, كلب
        trace          | Trace detection                 | ion scan, swab
        field_test     | Chemical field test             | reagent
        radiation      | Radiation detector              | portal monitor
        metal_detector | Metal detector
        endoscope      | Endoscope                       | fibrescope, borescope
        density        | Density meter                   | buster
        weighing       | Weighing                        | weighbridge
        anpr           | Number-plate recognition        | ANPR, ALPR
        camera         | Camera or surveillance          | CCTV
        tracking       | Tracking device or electronic seal | GPS
        drone          | Drone                           | UAV
        diver          | Diver                           | hull search
        patrol         | Patrol                          | chase, coast guard
        other          | Other means
        """,
    ),
    codes(
        "selection_reason",
        "Reason for selection",
        """
        country       | Country of origin or departure
        route         | Unusual route
        consignor     | Consignor
        consignee     | Consignee
        declarant     | Declarant or broker
        carrier       | Carrier
        conveyance    | Means of transport
        goods         | Kind of goods
        value         | Value or price
        weight        | Weight or quantity
        documents     | Documents
        seal          | Seal
        person        | Person or behaviour
        information   | Information received
        operation     | Operation
        random        | Random
        other         | Other reason
        """,
    ),
    codes(
        "risk_indicator",
        "Risk indicator",
        """
        source_country     | Known country of production or transit
        first_shipment     | First shipment of this trader
        new_company        | Company set up recently
        no_trade_history   | Trader has no history with these goods
        shell_company      | Address or owner does not fit the business
        generic_goods      | Vague description of goods         | said to contain, general cargo
        low_value          | Value too low for the goods
        low_freight        | Freight costs more than the goods
        weight_mismatch    | Weight does not fit the goods
        unusual_route      | Route makes no commercial sense
        last_minute        | Late booking or change of booking
        change_consignee   | Consignee changed on the way
        paid_cash          | Freight paid in cash
        seal_changed       | Seal broken, changed or missing
        scan_anomaly       | Anomaly in the scan
        container_change   | Signs of work on the container     | fresh paint, rivets, weld, mastic
        empty_return       | Empty or half-loaded conveyance
        stopover           | Unusual stop or deviation
        documents_mismatch | Documents disagree
        phone_only         | Only a mobile phone as contact
        nervous            | Nervous or evasive behaviour
        one_way_ticket     | One-way ticket, bought late or in cash
        earlier_offence    | Earlier offence
        relay              | Rip-off of a legitimate cargo       | rip-on, gancho ciego
        other              | Other indicator
        """,
    ),
    codes(
        "search_type",
        "Type of search",
        """
        none           | No search
        documents      | Documents only
        external       | Outside only
        scan           | Scan only
        partial        | Partial examination        | tailgate, sample
        full           | Full examination           | unstuffed, devanned, complete
        dismantled     | Dismantling                | taken apart
        baggage        | Baggage
        person         | Person, outer clothing     | frisk, pat-down
        intimate       | Person, intimate or medical
        vessel         | Search of a ship           | rummage
        aircraft       | Search of an aircraft
        premises       | Search of premises
        hull           | Diving or underwater       | hull, sea chest
        """,
    ),
)
