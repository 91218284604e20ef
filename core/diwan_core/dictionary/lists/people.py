"""Codes of persons and companies."""

from .plain import codes

PEOPLE_LISTS = (
    codes("sex", "Sex", "F | Female\nM | Male\nX | Unspecified", "ICAO Doc 9303"),
    codes(
        "script",
        "Script",
        """
        Latn | Latin
        Arab | Arabic
        Cyrl | Cyrillic
        Hans | Chinese, simplified
        Hant | Chinese, traditional
        Jpan | Japanese
        Kore | Korean
        Deva | Devanagari
        Grek | Greek
        Hebr | Hebrew
        Thai | Thai
        Laoo | Lao
        Armn | Armenian
        Geor | Georgian
        Ethi | Ethiopic
        Beng | Bengali
        Taml | Tamil
        Khmr | Khmer
        Mymr | Myanmar
        Sinh | Sinhala
        Zyyy | Other
        """,
        "ISO 15924, in part",
    ),
    codes(
        "identity_document",
        "Kind of document",
        """
        passport    | Passport                 | pasaporte, جواز سفر
        national_id | National identity card   | cédula, DNI, carte nationale
        residence   | Residence permit
        visa !4     | Visa
        licence     | Driving licence          | permis de conduire
        seaman      | Seafarer's book
        crew        | Crew member certificate
        refugee     | Refugee travel document
        birth       | Birth certificate
        tax         | Tax card
        other       | Other document
        """,
    ),
    codes(
        "address_kind",
        "Kind of address",
        """
        home     | Home
        work     | Work
        business | Business
        delivery | Delivery
        stay     | Place of stay
        other    | Other
        """,
    ),
    codes(
        "person_state",
        "Standing of a person",
        """
        unknown    | Not known
        at_large   | At large
        arrested   | Arrested
        detained   | In detention
        bail       | Released on bail
        wanted     | Wanted
        convicted  | Convicted
        acquitted  | Acquitted
        cleared    | Cleared of suspicion
        deceased   | Deceased
        """,
    ),
    codes(
        "company_role",
        "Role of a company",
        """
        importer      | Importer
        exporter      | Exporter
        carrier       | Carrier                 | shipping line, airline, haulier
        broker        | Customs broker          | declarant, transitaire
        forwarder     | Freight forwarder       | consolidator, NVOCC
        warehouse     | Warehouse keeper
        courier       | Express courier
        manufacturer  | Manufacturer
        wholesaler    | Wholesaler or retailer
        port          | Port or airport operator
        owner         | Owner of conveyances
        right_holder  | Right holder
        bank          | Bank or money service
        other         | Other role
        """,
    ),
    codes(
        "officer_role",
        "Role in a company",
        """
        owner       | Owner
        director    | Director
        manager     | Manager
        agent       | Agent
        shareholder | Shareholder
        beneficial  | Beneficial owner
        other       | Other
        """,
    ),
    codes(
        "compliance_event",
        "Compliance event",
        """
        audit        | Audit
        offence      | Offence
        penalty      | Penalty paid
        authorised   | Authorised (AEO)       | authorised economic operator
        suspended    | Authorisation suspended
        clean        | Control without result
        warning      | Warning
        note         | Note
        """,
    ),
    codes(
        "sector",
        "Sector",
        """
        agriculture   | Agriculture and food
        textiles      | Textiles and clothing
        electronics   | Electronics
        vehicles      | Vehicles and parts
        chemicals     | Chemicals
        pharma        | Pharmaceuticals
        construction  | Construction
        tobacco       | Tobacco and alcohol
        fuel          | Fuel
        metals        | Metals and scrap
        timber        | Timber and furniture
        transport     | Transport and logistics
        general       | General trade
        services      | Services
        other         | Other
        """,
    ),
    codes(
        "language",
        "Language",
        """
        en | English
        fr | French | français
        ar | Arabic | العربية
        es | Spanish | español
        pt | Portuguese | português
        ru | Russian | русский
        zh | Chinese | 中文
        de | German | Deutsch
        it | Italian
        tr | Turkish
        fa | Persian
        ur | Urdu
        hi | Hindi
        sw | Swahili
        am | Amharic
        id | Indonesian
        vi | Vietnamese
        lo | Lao
        ne | Nepali
        ro | Romanian
        uk | Ukrainian
        """,
        "ISO 639-1, in part",
    ),
    codes(
        "warning_code",
        "Warning for officers",
        """
        armed    | Armed
        violent  | Violent
        escaping | May escape
        disease  | May carry an infection
        drugs    | Under the influence of drugs
        suicide  | May harm himself or herself
        child    | Travels with a child
        other    | Other: ask before acting
        """,
        "EU Customs Information System, extended",
    ),
)
