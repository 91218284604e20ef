"""A Diwan post: its console and the agent that exchanges with the centre."""
