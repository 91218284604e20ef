"""Documents made from the profiles: the guide to buying, and sheets of asset labels. Core's confined press makes the
PDF."""
