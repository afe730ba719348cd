"""Desks: addresses that are answered by whoever of their agents is there."""

from typing import Protocol

from imd.core.session import Account, Person, Session


class Desks(Protocol):
    """Conversations with desks. What is said to a desk, and answered, goes by `Delivery.send` as everything."""

    def named(self, name: str) -> Person | None:
        """The desk of this name, also while nobody is there: `People.find` has it too, and it looks offline then."""

    def serves(self, account: Account) -> bool:
        """Whether this account answers at any desk."""

    def close(self, session: Session, desk: str) -> None:
        """The person ends her conversation with a desk; harmless where there is none.
        Raises `NoSuchAccount`, `NotAllowed`."""
