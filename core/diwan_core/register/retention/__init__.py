"""How long records are kept: the rules of the country, which records are due, and what keeps a due one from erasure.

What may not enter: who may order an erasure, and how the order travels (`exchange.erasure`)."""
