"""Codes of goods: product groups, what they divide into, and what is recorded of some of them."""

from .plain import codes

GOODS_LISTS = (
    codes(
        "product_group",
        "Product group",
        """
        drugs       | Drugs                                        | stupéfiants, estupefacientes, مخدرات, наркотики
        precursors  | Precursors                                   | chemicals for drugs, précurseurs
        tobacco     | Tobacco                                      | cigarettes, tabac, tabaco, تبغ, سجائر, табак
        alcohol     | Alcohol                                      | spirits, wine, beer, alcool, كحول
        excise      | Other excise goods                           | fuel, mineral oil, carburant
        ipr         | Counterfeit and intellectual property        | counterfeit, fake, contrefaçon, falso, مقلد, IPR
        medicines   | Medicines and health                         | pharmaceuticals, médicaments, medicamentos, أدوية
        fauna_flora | Fauna and flora                              | wildlife, CITES, ivory, timber, animals, plants
        environment | Waste, chemicals and ozone                   | waste, déchets, refrigerant, pesticides, ozone
        weapons     | Weapons, ammunition and explosives           | arms, firearms, armes, armas, أسلحة
        nuclear     | Nuclear and radiological                     | radioactive, CBRN
        strategic @4 | Strategic and dual-use goods                | dual use, export control, sanctions
        culture     | Cultural goods                               | antiquities, art, patrimoine, آثار
        currency    | Currency and precious metals                 | cash, money, gold, argent, dinero, ذهب, نقود
        other       | Other goods                                  | textiles, food, electronics, vehicles
        """,
    ),
    codes(
        "sub_group",
        "Product sub-group",
        """
        cocaine < drugs            | Cocaine                        | cocaína, clorhidrato, HCl, كوكايين
        coca_base < drugs          | Coca base                      | base de coca
        coca_paste < drugs         | Coca paste                     | pasta, basuco, bazuco
        crack < drugs              | Crack
        coca_leaf < drugs          | Coca leaf
        heroin < drugs             | Heroin                         | héroïne, heroína, هيروين
        opium < drugs              | Opium and poppy                | amapola, latex, poppy straw
        morphine < drugs           | Morphine
        cannabis_herb < drugs      | Cannabis herb                  | marijuana, marihuana, ganja, weed, bhang
        cannabis_resin < drugs     | Cannabis resin                 | hashish, haschisch, hachís, حشيش
        cannabis_oil < drugs       | Cannabis oil and extracts      | THC, hash oil
        cannabis_plant < drugs     | Cannabis plants and seeds
        amphetamine < drugs        | Amphetamine                    | speed
        captagon < drugs           | Captagon                       | fenethylline, كبتاغون
        methamphetamine < drugs    | Methamphetamine                | ice, crystal, yaba, meth
        mdma < drugs               | MDMA (ecstasy)                 | éxtasis, ecstasy
        fentanyl < drugs           | Fentanyl and its analogues     | fentanilo
        tramadol < drugs           | Tramadol
        opioid_other < drugs       | Other opioids                  | oxycodone, codeine, methadone
        benzodiazepine < drugs     | Benzodiazepines and sedatives  | diazepam, rivotril
        lsd < drugs                | LSD
        ketamine < drugs           | Ketamine
        khat < drugs               | Khat                           | qat, miraa, catha edulis, قات
        ghb < drugs                | GHB and GBL
        cathinone < drugs          | Cathinones                     | mephedrone, bath salts
        cannabinoid < drugs        | Synthetic cannabinoids         | spice, K2
        nps_other < drugs          | Other new psychoactive substances
        nitazene < drugs @4        | Nitazenes                      | isotonitazene, etonitazene
        phenethylamine < drugs @4  | Phenethylamines                | 2C-B, NBOMe
        tusi < drugs @4            | Pink mixtures (tusi)           | tucibi, pink cocaine
        tryptamine < drugs @4      | Tryptamines                    | DMT, 5-MeO-DMT
        piperazine < drugs @4      | Piperazines                    | BZP
        pcp_type < drugs @4        | Phencyclidine and the like     | PCP, arylcyclohexylamine
        designer_benzo < drugs @4  | Designer benzodiazepines       | etizolam, bromazolam
        gabapentinoid < drugs @4   | Gabapentinoids                 | pregabalin, Lyrica
        tapentadol < drugs @4      | Tapentadol
        codeine_syrup < drugs @4   | Codeine syrup                  | cough syrup, lean
        methaqualone < drugs @4    | Methaqualone                   | Mandrax, Quaalude
        kratom < drugs @4          | Kratom                         | mitragyna
        kush < drugs @4            | Nyaope, kush and such mixtures | whoonga
        semi_cannabinoid < drugs @4 | Semi-synthetic cannabinoids   | HHC, THC-O
        edible < drugs @4          | Edibles                        | gummies, sweets
        mushroom < drugs           | Hallucinogenic mushrooms       | psilocybin
        anabolic < drugs           | Anabolic steroids              | doping
        drug_other < drugs         | Other drugs
        ephedrine < precursors     | Ephedrine and pseudoephedrine
        acetic_anhydride < precursors | Acetic anhydride
        permanganate < precursors  | Potassium permanganate
        p2p < precursors           | P-2-P, APAAN and related
        safrole < precursors       | Safrole and PMK
        fentanyl_precursor < precursors | Fentanyl precursors       | NPP, ANPP, 4-AP
        solvent < precursors       | Acids and solvents             | acetone, hydrochloric acid, éter, ACPM
        pre_precursor < precursors @4 | Designer pre-precursors   | PMK glycidate, MAPA
        drug_equipment < precursors @4 | Presses and glassware    | tablet press, laboratory
        precursor_other < precursors | Other precursors
        cigarettes < tobacco       | Cigarettes                     | cheap whites, سجائر
        cigars < tobacco           | Cigars and cigarillos
        rolling < tobacco          | Smoking and rolling tobacco    | fine cut
        raw_tobacco < tobacco      | Raw tobacco
        waterpipe < tobacco        | Water-pipe tobacco             | shisha, معسل, molasses
        smokeless < tobacco        | Chewing tobacco, snuff and snus | gutka
        heated < tobacco           | Heated tobacco                 | sticks
        e_cigarette < tobacco      | Electronic cigarettes and liquids | vape, nicotine
        pouch < tobacco @4         | Nicotine pouches
        bidi < tobacco @4          | Bidis                          | beedi
        kretek < tobacco @4        | Clove cigarettes               | kretek
        tobacco_input < tobacco    | Materials and machines for tobacco | filter tow, cigarette paper
        spirits < alcohol          | Spirits                        | whisky, vodka, rum, gin
        wine < alcohol             | Wine
        beer < alcohol             | Beer
        ethanol < alcohol          | Ethyl alcohol                  | pure alcohol
        alcohol_other < alcohol    | Other alcohol
        fuel < excise              | Motor fuel                     | petrol, diesel, gasolina, gasoil, وقود
        lubricant < excise         | Lubricants
        gas < excise               | Gas
        sugar < excise             | Sugar
        soft_drink < excise        | Soft drinks
        vehicle < excise           | Motor vehicles
        excise_other < excise      | Other excise goods
        clothing < ipr             | Clothing                       | textile, garments
        footwear < ipr             | Footwear                       | shoes, trainers
        accessories < ipr          | Bags, watches and jewellery    | handbag, sunglasses
        cosmetics < ipr            | Perfume and cosmetics
        phones < ipr               | Telephones and parts
        electronics < ipr          | Other electronics              | headphones, chargers
        toys < ipr                 | Toys and games
        car_parts < ipr            | Spare parts                    | brake pads, filters
        media < ipr                | Media and software             | DVD
        food_drink < ipr           | Food and drink
        labels < ipr               | Labels and packaging
        ipr_other < ipr            | Other counterfeit goods
        falsified < medicines      | Falsified medicines            | fake medicines
        unauthorised < medicines   | Unauthorised medicines
        veterinary < medicines     | Veterinary medicines
        medical_device < medicines | Medical devices                | masks, test kits, syringes
        food_supplement < medicines | Food supplements
        medicine_other < medicines | Other health goods
        ivory < fauna_flora        | Ivory                          | tusk, elephant, ivoire
        rhino_horn < fauna_flora   | Rhinoceros horn
        pangolin < fauna_flora     | Pangolin and scales
        big_cat < fauna_flora      | Big cats and parts             | leopard, tiger, skin
        reptile < fauna_flora      | Reptiles                       | tortoise, snake, iguana
        bird < fauna_flora         | Birds and eggs                 | parrot, falcon
        primate < fauna_flora      | Primates
        bushmeat < fauna_flora     | Bush meat
        marine < fauna_flora       | Marine species                 | shark fin, coral, sea horse, sea cucumber
        eel < fauna_flora          | Glass eels                     | angulas, elvers
        caviar < fauna_flora       | Caviar
        timber < fauna_flora       | Timber                         | rosewood, ebony, madera
        plant < fauna_flora        | Plants                         | orchid, cactus
        animal_other < fauna_flora | Other animals and parts
        plastic_waste < environment | Plastic waste
        e_waste < environment      | Electrical and electronic waste
        vehicle_waste < environment | Waste of vehicles, old tyres
        household_waste < environment | Household and mixed waste
        hazardous_waste < environment | Hazardous waste
        metal_waste < environment  | Metal scrap and batteries
        ods < environment          | Ozone-depleting substances      | CFC, HCFC, R22
        hfc < environment          | Hydrofluorocarbons              | refrigerant, R134a
        pesticide < environment    | Pesticides
        mercury < environment      | Mercury
        chemical_other < environment | Other chemicals
        handgun < weapons          | Handguns                        | pistol, revolver
        long_gun < weapons         | Rifles and shotguns             | carbine
        automatic < weapons        | Automatic weapons               | AK-47, machine gun
        gas_alarm < weapons        | Gas, alarm and air weapons      | blank-firing
        gun_part < weapons         | Parts of weapons                | barrel, slide, silencer
        ammunition < weapons       | Ammunition                      | cartridges, munitions
        explosive < weapons        | Explosives and detonators       | dynamite, TNT
        heavy < weapons            | Military and heavy weapons      | mortar, rocket, grenade
        blade < weapons            | Knives and other weapons        | taser, baton
        pyrotechnic < weapons      | Fireworks
        drone_parts < weapons      | Military equipment and drone parts
        radioactive_source < nuclear | Radioactive sources
        nuclear_material < nuclear | Nuclear material                | uranium
        contaminated < nuclear     | Contaminated goods              | scrap
        dual_use < nuclear !4 > dual_use_goods | Dual-use goods
        biological < nuclear !4 > biological_agent | Biological agents
        chemical_weapon < nuclear !4 > weapon_precursor | Chemical-weapon precursors
        dual_use_goods < strategic @4 | Dual-use goods               | export control
        weapon_precursor < strategic @4 | Chemical-weapon precursors | CWC
        biological_agent < strategic @4 | Biological agents
        missile < strategic @4     | Missile and drone technology    | MTCR, UAV
        surveillance < strategic @4 | Means of surveillance and interception
        sanctioned < strategic @4  | Other goods under sanctions     | embargo
        strategic_other < strategic @4 | Other strategic goods
        archaeological < culture   | Archaeological objects          | antiquities
        coins_antique < culture    | Coins and medals
        manuscript < culture       | Books and manuscripts
        painting < culture         | Paintings and sculpture
        religious < culture        | Religious objects               | icon
        ethnographic < culture     | Ethnographic objects
        fossil < culture           | Fossils and natural history
        culture_other < culture    | Other cultural goods
        cash < currency            | Banknotes and coins             | money, dollars, euros
        counterfeit_cash < currency | Counterfeit money              | fake banknotes
        instruments < currency     | Cheques, cards and other instruments | bearer
        gold < currency            | Gold                            | bullion, dore, ذهب
        silver < currency          | Silver and platinum
        gemstone < currency        | Gemstones and diamonds          | diamond, Kimberley
        jewellery < currency       | Jewellery
        crypto < currency          | Means of access to crypto-assets
        food < other               | Food and agricultural products  | rice, oil, meat, sugar
        textile < other            | Textiles and used clothing
        household < other          | Household goods and appliances
        machine < other            | Machines and tools
        building < other           | Building materials
        vehicle_used < other !4    | Vehicles and parts
        vehicle_parts < other @4   | Parts of vehicles               | spare parts
        electronic < other         | Electronics
        fertiliser < other         | Fertiliser
        document < other           | False documents                 | passport, stamp
        gambling < other           | Gambling machines
        other < other              | Other goods
        """,
    ),
    codes(
        "cites_appendix",
        "CITES appendix",
        """
        I    | Appendix I
        II   | Appendix II
        III  | Appendix III
        none | Not listed
        """,
        "CITES",
    ),
    codes(
        "specimen",
        "Kind of specimen",
        """
        live      | Live
        dead      | Dead, whole
        raw       | Raw part              | tusk, horn, skin, log
        worked    | Worked                | carving
        product   | Product or extract    | powder, oil
        meat      | Meat
        egg       | Eggs
        seed      | Seeds or plants
        trophy    | Trophy
        """,
    ),
    codes(
        "drug_form",
        "Form of the drug",
        """
        powder   | Powder
        paste    | Paste or base
        crystal  | Crystals or rocks
        tablet   | Tablets                   | pills
        capsule  | Capsules
        liquid   | Liquid
        resin    | Resin                     | block, slab
        herb     | Herb                      | leaves, buds
        plant    | Plants
        paper    | Blotter or soaked paper
        pellet   | Pellets swallowed
        vial     | Ampoules or vials
        other    | Other form
        """,
    ),
    codes(
        "custody_status",
        "Custody",
        """
        held       | Held
        sampled    | Sample taken
        laboratory | At the laboratory
        evidence   | With the court
        handed     | Handed to another authority
        released   | Released
        disposed   | Disposed of
        missing    | Missing
        """,
    ),
    codes(
        "disposal",
        "Disposal",
        """
        destroyed | Destroyed             | incinerated
        sold      | Sold                  | auction
        returned  | Returned to the owner
        donated   | Donated
        state     | Kept for public use
        repatriated | Repatriated         | sent back
        released_wild | Released to the wild or a sanctuary
        exported  | Re-exported
        other     | Other
        """,
    ),
)
