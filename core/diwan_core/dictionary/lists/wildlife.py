"""Codes of what is recorded of animals and plants, since dictionary 4: trade terms, sources and permits of CITES."""

from .plain import codes

WILDLIFE_LISTS = (
    codes(
        "cites_term",
        "Trade term for specimens",
        """
        LIV | Live
        BOD | Bodies                  | dead, whole
        BON | Bones
        BOP | Pieces of bones
        BOC | Bone carvings
        CAP | Carapaces
        CAR | Carvings
        CAV | Caviar
        CHP | Wood chips
        CLA | Claws
        CLO | Cloth                   | shahtoosh
        COR | Coral, raw
        CPR | Coral products          | jewellery
        CUL | Cultures of plants
        DER | Derivatives
        DPL | Dried plants
        EAR | Ears
        EGG | Eggs
        EGL | Eggs, live
        ESH | Eggshells
        EXT | Extract
        FEA | Feathers
        FIG | Fingerlings             | glass eels, elvers
        FIN | Fins
        FOO | Feet
        FRU | Fruit
        GAB | Gall bladders
        GAL | Bile                    | gall
        GAR | Garments
        GEN | Genitalia
        GIL | Gill plates
        HAI | Hair
        HAP | Hair products
        HOC | Horn carvings
        HOP | Pieces of horn
        HOR | Horns
        IJW | Ivory jewellery
        IVC | Ivory carvings
        IVP | Ivory pieces
        JWL | Jewellery
        LEG | Frogs' legs
        LOG | Logs
        LPL | Large leather products
        LPS | Small leather products  | belt, bag, wallet
        LVS | Leaves
        MEA | Meat
        MED | Medicine
        MUS | Musk
        OIL | Oil
        PLY | Plywood
        POW | Powder
        ROO | Roots
        ROS | Rostrums of sawfish
        RUG | Rugs
        SAW | Sawn wood               | timber
        SCA | Scales
        SEE | Seeds
        SHE | Shells
        SKE | Skeletons
        SKI | Skins                   | hides
        SKP | Pieces of skin
        SKU | Skulls
        SPE | Specimens for science
        SWI | Swim bladders
        TEE | Teeth
        TRO | Trophies
        TUS | Tusks
        VEN | Veneer
        WPR | Wood products           | furniture
        UNS | Other or not known
        """,
        "CITES, terms of trade reports",
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
)
