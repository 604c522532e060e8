"""Who may open a meeting."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from config.model import Model

OFFERED = ("none", "jwt")


class Jwt(Model):
    """Tokens signed with the shared secret `jitsi:jwtSecret`, or by keys of `keyServer`."""

    app_id: Annotated[str, Field(min_length=1)]
    """The application that signs tokens."""
    issuers: tuple[str, ...] = ()
    """Accepted `iss`; by default appId."""
    audiences: tuple[str, ...] = ()
    """Accepted `aud`; by default appId."""
    key_server: str | None = None
    """Base address of public keys (RS256); none: HS256 with jitsi:jwtSecret."""


class Auth(Model):
    """Authentication of those who open meetings; set alike on web, prosody and jicofo."""

    type: Literal["none", "jwt", "internal", "ldap"] = "none"
    """`none`: everybody opens meetings. `jwt`: whoever has a token."""
    guests: bool = False
    """Without a token one may join, not open, a meeting."""
    lobby: bool = True
    """Hosts may let others wait."""
    jwt: Jwt | None = None
    """How tokens are checked."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.type not in OFFERED:
            raise ValueError(
                f"type {self.type} is not offered by this release, which has {' and '.join(OFFERED)}; take jwt"
            )
        if self.type == "jwt" and self.jwt is None:
            raise ValueError("type jwt needs jwt: {appId: …, issuers: […], audiences: […]}")
        if self.jwt and self.type != "jwt":
            raise ValueError(
                f"jwt is read only with type jwt; type is {self.type}, so every visitor could open meetings"
            )
        if self.guests and self.type == "none":
            raise ValueError("guests: true means something only where others must log in; type is none")
        return self

    @property
    def needs_jwt_secret(self) -> bool:
        """Whether the secret `jitsi:jwtSecret` must be set."""
        return self.jwt is not None and self.jwt.key_server is None
