"""Paper made from the profiles: the guide to buying, and sheets of asset labels. The layout is done by core's
confined press."""
