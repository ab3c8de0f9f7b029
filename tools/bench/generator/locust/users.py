"""People who ask and think, as Locust has them.

MIN and MAX are the seconds they think, OUTPUT is the file for what they saw, a line for each answer.
Its time is in seconds since 1970 and its latency in milliseconds. So is what Locust adds to it: the
CPU that it spent between question and answer, and the time for which it had to wait for a CPU.
"""

import json
import os
import random
import string
import time

import gevent
from locust import FastHttpUser, between, events, task

SHORTEST = float(os.environ["MIN"])
LONGEST = float(os.environ["MAX"])
output = open(os.environ["OUTPUT"], "w")


def own_time():
    """Seconds for which this thread has computed, or waited for a CPU to do so."""
    with open("/proc/thread-self/schedstat") as file:
        waited = int(file.read().split()[1]) / 1e9
    return time.thread_time() + waited


class Person(FastHttpUser):
    """One person; the plain HttpUser needs milliseconds of CPU for a request, and measures them."""

    wait_time = between(SHORTEST, LONGEST)

    def on_start(self):
        """Opens the connection, and begins at a random moment of a pause, as k6's users do."""
        self.client.get("/api/intent-supported-languages", name="connect")
        gevent.sleep(random.uniform(0, LONGEST))

    @task
    def ask(self):
        """Asks with random letters, new ones each time."""
        sentence = "".join(random.choices(string.ascii_lowercase, k=20))
        context = {"before": own_time()}
        self.client.get(f"/api/intent?sentence={sentence}", name="ask", context=context)


@events.request.add_listener
def answered(name, response_time, response, exception, start_time, context, **_):
    """Keeps each answer exactly; Locust's own percentiles are of rounded times."""
    if name == "connect":
        return
    status = response.status_code if response is not None else 0
    error = None if exception is None else str(exception)
    own = 1000 * (own_time() - context["before"])
    sample = {"at": start_time, "latency": response_time, "status": status, "error": error, "own": own}
    print(json.dumps(sample), file=output)


@events.quit.add_listener
def ended(**_):
    """What was kept is complete with the end of the process."""
    output.close()
