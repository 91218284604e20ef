"""What every Diwan node is."""
