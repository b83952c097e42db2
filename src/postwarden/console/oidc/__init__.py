"""Signing in by a provider of identities: OpenID Connect Core 1.0, the code flow with PKCE (RFC 7636).

It takes the place of the password alone. People are added by people: a provider brings nobody in whom somebody
here did not connect with it while they were signed in and had just shown that it is they; and the second
factor is Postwarden's own, asked for after it as after a password. Somebody is known by issuer and subject,
never by an address or a name that the provider tells, of which nothing is asked for or kept.

What fails leaves everything as it was: nobody is signed in, nothing is connected.
"""
