"""Routes and HTML of the pages: plain forms that need no script, labelled, readable at 320 px."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from starlette.responses import HTMLResponse
from starlette.routing import Match, Route
from starlette.types import Scope

from app.signin.words import WORDS

STYLES: Final = "/sign-in.css"
HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Vary": "Accept-Language, Cookie",
}
"""Beside those of every answer (`app.http.middleware`); nothing of a page may come from elsewhere or be framed."""

CSS: Final = """\
:root { color-scheme: light dark; font: 1.0625rem/1.5 system-ui, sans-serif; }
body { margin: 0; padding: 1rem; }
main { max-width: 26rem; margin: 0 auto; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; }
h2 { font-size: 1.125rem; margin-top: 2rem; }
label { display: block; margin-top: 1rem; font-weight: 600; }
.hint { margin: 0; font-size: .9375rem; }
input { box-sizing: border-box; width: 100%; padding: .6rem; font: inherit; border: 1px solid; border-radius: .25rem; }
button, .button { box-sizing: border-box; display: block; width: 100%; margin-top: 1.5rem; padding: .7rem;
  font: inherit; font-weight: 600; text-align: center; text-decoration: none;
  border: 2px solid #1d4f91; border-radius: .25rem;
  background: #1d4f91; color: #fff; cursor: pointer; }
.quiet { background: transparent; color: inherit; border-color: currentColor; }
:focus-visible { outline: 3px solid #b45f06; outline-offset: 2px; }
[role=alert] { padding: .75rem; border-left: .3rem solid #b3261e; background: #fbe9e7; color: #410e0b; }
dt { font-weight: 600; }
dd { margin: 0 0 .5rem; }
li { margin: .4rem 0; }
code { font-size: 1.0625rem; letter-spacing: .05em; }
"""


class Page(Route):
    """The route of a page, which the line of a request names as it does those of the API: by its template."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return how well a request fits; what fits knows its route (Starlette tells its function only)."""
        match, found = super().matches(scope)
        return match, found if match is Match.NONE else {**found, "route": self}


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form; `kept` is shown again after a refusal, and is never a secret."""

    name: str
    label: str
    hint: str = ""
    kind: str = "text"
    autocomplete: str = "off"
    most: int = 128
    kept: str = ""

    def html(self, words: Mapping[str, str]) -> str:
        """Return label, hint and input."""
        hint = f'<p class="hint" id="{self.name}-hint">{escape(words[self.hint])}</p>' if self.hint else ""
        described = f' aria-describedby="{self.name}-hint"' if self.hint else ""
        value = f' value="{escape(self.kept)}"' if self.kept else ""
        return (
            f'<label for="{self.name}">{escape(words[self.label])}</label>{hint}'
            f'<input id="{self.name}" name="{self.name}" type="{self.kind}" required maxlength="{self.most}" '
            f'autocomplete="{self.autocomplete}" autocapitalize="none" spellcheck="false"{described}{value}>'
        )


def form(language: str, action: str, fields: Sequence[Field], button: str, refused: str = "") -> str:
    """Return a form, with what was wrong above it."""
    words = WORDS[language]
    alert = f'<p role="alert">{escape(words[refused])}</p>' if refused else ""
    inner = "".join(field.html(words) for field in fields)
    return f'{alert}<form method="post" action="{action}">{inner}<button>{escape(words[button])}</button></form>'


def page(language: str, title: str, body: str, *, status: int = 200, goes_to: str = "") -> HTMLResponse:
    """Return a page; `goes_to` is where the browser goes on by itself."""
    heading = escape(WORDS[language][title])
    refresh = f'<meta http-equiv="refresh" content="0;url={goes_to}">' if goes_to else ""
    html = (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">{refresh}'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{heading} · Maraude</title>'
        f'<link rel="stylesheet" href="{STYLES}"></head><body><main><h1>{heading}</h1>{body}</main></body></html>'
    )
    return HTMLResponse(html, status, dict(HEADERS))
