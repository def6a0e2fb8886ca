"""What both sides of a comparison offer; the stages know nothing else about them."""

import abc
from dataclasses import dataclass

from harness.places import BENCH


@dataclass(frozen=True)
class Request:
    """A POST whose path and body hold `{n}` for a number, or `{id}` for a PIN's id and `{pin}` for the PIN."""

    path: str
    body: str


class Side(abc.ABC):
    """A server with its worker and a Redis of its own."""

    name: str
    url: str
    headers: dict
    send: Request
    verify: Request
    guess_wrong: Request

    def tool(self, name):
        """A program of the floor's package."""
        return BENCH / "floor" / "target" / "release" / name

    @abc.abstractmethod
    def processes(self):
        """Ids of the processes that a request costs: `server` and `redis`, perhaps more."""

    @abc.abstractmethod
    def worker_processes(self):
        """Ids of the processes that a delivery costs: `worker` and `redis`, perhaps more."""

    @abc.abstractmethod
    def fresh(self):
        """Starts over: nothing in Redis, new processes, no worker."""

    @abc.abstractmethod
    def halt(self):
        """Stops server and worker; Redis stays as it is."""

    @abc.abstractmethod
    def start_worker(self):
        """Begins to deliver to the sink."""

    @abc.abstractmethod
    def stop_worker(self):
        """Stops delivering."""

    @abc.abstractmethod
    def waiting(self):
        """How many jobs and events nobody has finished yet."""

    @abc.abstractmethod
    def last_words(self):
        """The end of the server's log."""

    @abc.abstractmethod
    def stop(self):
        """Stops every process."""
