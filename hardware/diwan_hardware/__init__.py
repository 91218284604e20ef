"""Hardware of a network: what to buy, what it costs and draws, and whether a delivered machine is what was ordered.

    profiles/*.toml      what a kind of machine must be; the one source of everything below
    profile, load        the profiles as types, read and checked
    purchase, bill, …    what to buy for a country: bill of materials, prices, energy, storage
    guide, labels        paper: the guide to buying, sheets of asset labels
    check/               tests of a machine, and the result that is signed when it is accepted

It imports core only, and nothing that runs all the time imports it: a post's memory is for its console and agent.
"""
