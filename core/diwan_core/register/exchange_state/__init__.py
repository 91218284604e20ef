"""What the exchange keeps in a node's database: nodes, ledger entries, places in feeds, receipts, pictures on the way.

What may not enter: messages, their signatures and forms, and when something is sent. That is the exchange's."""
