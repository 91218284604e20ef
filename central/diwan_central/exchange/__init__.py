"""The services that exchange with posts: ingest and relay, their queues, and the commands for sticks and erasure.

What may not enter: pages of the console.
"""
