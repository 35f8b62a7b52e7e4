"""How people sign in: a password with a one-time code, or the operator's OpenID provider; both end in a session."""
