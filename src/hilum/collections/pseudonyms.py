"""Hashes that stand for patients: the same for the same patient, and no way back."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from typing import Self

from hilum.errors import CollectionError

SHORTEST_SALT = 12
"""Characters. Patient ids are short and can all be tried; the salt must not be."""

_DIGITS = 20
"""Hexadecimal, of a pseudonym: 80 bits, so that no two patients share one."""


@dataclass(frozen=True)
class PatientKey:
    """What turns a patient's id into a pseudonym; made by :meth:`from_salt` or :meth:`random`."""

    secret: bytes = field(repr=False)

    @classmethod
    def from_salt(cls, salt: str) -> Self:
        """The key that follows from a person's own ``salt``, always the same.

        By scrypt, so that each salt that someone tries costs them time.

        Raises:
            CollectionError: the salt is shorter than :data:`SHORTEST_SALT`.
        """
        if len(salt) < SHORTEST_SALT:
            raise CollectionError(
                "the salt is too short to keep patient ids from being guessed",
                got=f"{len(salt)} characters",
                expected=f"at least {SHORTEST_SALT}",
                remedy="give a longer one that nobody else knows, or none",
            )
        data = salt.encode("utf-8", "surrogateescape")
        return cls(hashlib.scrypt(data, salt=b"hilum patient ids", n=1 << 14, r=8, p=1, dklen=32))

    @classmethod
    def random(cls) -> Self:
        """A key that nobody knows and that is forgotten: pseudonyms of one run only."""
        return cls(secrets.token_bytes(32))

    def pseudonym(self, patient: str) -> str:
        """The hash that stands for ``patient``, lower-case hexadecimal."""
        return self._hash(f"patient {patient}")[:_DIGITS]

    @property
    def fingerprint(self) -> str:
        """Tells whether two sets of pseudonyms were made with one key, and nothing of the key."""
        return self._hash("fingerprint")

    def _hash(self, text: str) -> str:
        data = text.encode("utf-8", "surrogatepass")
        return hmac.new(self.secret, data, hashlib.sha256).hexdigest()
