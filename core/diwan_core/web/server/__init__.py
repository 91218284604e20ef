"""The HTTP server of a console: one process in which no client, however slow, holds a thread.

One loop owns every connection while it waits: for the TLS handshake, the head and the body of a request, and for the
client to take its answer. A thread of the pool is given only to a request that is complete, and back as soon as its
answer is made. Reading requests and writing answers as HTTP are gunicorn's; the rest is here:

- `limits`: all deadlines and caps in one place
- `worker`: the loop; `connection`: one connection and what it is doing; `watching`: the sockets the loop waits for
- `head`, `request`, `body`, `answer`: a request on its way in, and its answer on its way out
- `admission`: who may open one more connection; `thread_queue`: whose request gets the next thread
"""
