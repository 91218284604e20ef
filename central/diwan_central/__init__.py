"""The Diwan centre: ingest, relay, enrolment and the national console."""
