"""Codes of controlled drugs, weapons, strategic goods, money and marks of goods, since dictionary 4."""

from .plain import codes

CONTROLLED_LISTS = (
    codes(
        "drug_schedule",
        "Schedule of a controlled substance",
        """
        un61_1   | 1961 Convention, Schedule I
        un61_2   | 1961 Convention, Schedule II
        un61_3   | 1961 Convention, Schedule III
        un61_4   | 1961 Convention, Schedules I and IV
        un71_1   | 1971 Convention, Schedule I
        un71_2   | 1971 Convention, Schedule II
        un71_3   | 1971 Convention, Schedule III
        un71_4   | 1971 Convention, Schedule IV
        un88_1   | 1988 Convention, Table I
        un88_2   | 1988 Convention, Table II
        national | Controlled by national law only
        none     | Not controlled
        """,
        "United Nations drug conventions",
    ),
    codes(
        "weapon_kind",
        "Kind of weapon",
        """
        pistol       | Pistol
        revolver     | Revolver
        rifle        | Rifle
        assault      | Assault rifle         | AK-47
        carbine      | Carbine
        shotgun      | Shotgun
        combination  | Combination gun       | drilling
        submachine   | Submachine gun
        machine_gun  | Machine gun
        sniper       | Anti-materiel or sniper rifle
        air_gun      | Air gun
        blank        | Blank-firing or alarm weapon
        disguised    | Disguised weapon      | pen gun, key gun
        launcher     | Launcher or mortar
        frame        | Frame or receiver     | essential part
        barrel       | Barrel, slide or cylinder | essential part
        magazine     | Magazine
        silencer     | Silencer              | suppressor
        conversion   | Conversion kit        | auto sear, switch
        cartridge    | Cartridges
        shell        | Shells, grenades or mines
        explosive    | Explosive
        detonator    | Detonator
        other        | Other
        """,
    ),
    codes(
        "dual_use_category",
        "Category of dual-use goods",
        """
        cat_0     | 0: nuclear materials and installations
        cat_1     | 1: special materials
        cat_2     | 2: processing of materials        | machine tools
        cat_3     | 3: electronics
        cat_4     | 4: computers
        cat_5     | 5: telecommunications and security of information
        cat_6     | 6: sensors and lasers             | night vision
        cat_7     | 7: navigation and avionics
        cat_8     | 8: marine
        cat_9     | 9: aerospace and propulsion       | engine, drone
        military  | Military list
        catch_all | Not listed: by its end use        | catch-all
        unknown   | Not known
        """,
        "Categories of the Wassenaar Arrangement and the EU, extended",
    ),
    codes(
        "goods_tag",
        "Mark of goods",
        """
        poao      | Products of animal origin    | meat, dairy, POAO
        indecent  | Indecent or obscene material | pornography
        stolen    | Stolen goods
        sanctions | Goods under sanctions        | embargo
        forced    | Made by forced labour
        unsafe    | Unsafe product               | product safety
        dangerous | Dangerous goods              | ADR, IMDG
        relief    | Declared as relief goods     | humanitarian
        """,
    ),
    codes(
        "cash_provenance",
        "Where money comes from",
        """
        work        | Work or pension
        business    | Business             | turnover, sale of goods
        capital     | Interest, dividends, rent
        property    | Sale of land or buildings
        inheritance | Inheritance
        gift        | Gift or donation
        loan        | Loan
        gambling    | Lottery or gambling
        own         | Own savings
        entrusted   | Carried for somebody else
        other       | Other
        not_said    | Not said
        """,
    ),
    codes(
        "cash_use",
        "What money is for",
        """
        personal    | Own needs, travel
        family      | Support of the family
        business    | Business            | purchase of goods
        property    | Land or buildings
        vehicle     | Vehicle
        investment  | Investment or savings
        gift        | Gift or donation
        loan        | Loan or repayment
        charity     | Charity
        gambling    | Lottery or gambling
        other       | Other
        not_said    | Not said
        """,
    ),
)
