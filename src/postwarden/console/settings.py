"""Django's settings of the console (the names are Django's), on top of those of the state."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from postwarden.console.secret import secret
from postwarden.state import project

_HERE = Path(__file__).parent
CONFIGURATION = "POSTWARDEN_CONFIGURATION"
SHORTEST = 12
"""Characters that a password has at least."""
_HOUR = 3600
LANGUAGES = [
    ("en", "English"),
    ("nl", "Nederlands"),
    ("de", "Deutsch"),
    ("fr", "Français"),
    ("it", "Italiano"),
]


def settings(folder: str, *, secure: bool) -> Mapping[str, Any]:
    """Give the settings.

    Args:
        folder: of the state.
        secure: the console is reached by HTTPS, so that browsers are told to use nothing else.

    Raises:
        OSError: the console's secret can neither be read nor made.
    """
    return {
        "SECRET_KEY": secret(folder),
        "INSTALLED_APPS": [
            *project.INSTALLED_APPS,
            "django.contrib.sessions",
            "django.contrib.messages",
            "django.contrib.humanize",  # allauth counts the sessions with it
            "whitenoise.runserver_nostatic",
            "django.contrib.staticfiles",
            "allauth",
            "allauth.account",
            "allauth.mfa",
            "allauth.usersessions",
            "allauth.socialaccount",
            "django_htmx",
            "postwarden.console",
        ],
        "MIDDLEWARE": _MIDDLEWARE,
        "ROOT_URLCONF": "postwarden.console.urls",
        "TEMPLATES": [_TEMPLATES],
        "ALLOWED_HOSTS": ["*"],  # set by the proxy in front; nothing here builds links from it
        "STATIC_URL": "/static/",
        "STATIC_ROOT": os.path.join(folder, "static"),
        "STORAGES": {
            "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
        },
        "LANGUAGES": LANGUAGES,
        "LOCALE_PATHS": [str(_HERE / "locale")],
        "USE_I18N": True,
        "CACHES": {"default": _CACHE},
        "EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend",  # the console sends none
        **_SIGNING_IN,
        # failed sign-ins count by who is behind the proxy
        "ALLAUTH_TRUSTED_PROXY_COUNT": int(secure),
        **_sessions(secure=secure),
    }


_MIDDLEWARE = [
    "postwarden.console.logs.RequestLog",
    "postwarden.api.problems.ProblemMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "postwarden.console.lasting.SessionEnds",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "postwarden.console.gate.DeskMiddleware",
]
_CACHE = {
    "BACKEND": "django.core.cache.backends.db.DatabaseCache",  # failed sign-ins count in all processes
    "LOCATION": "console_cache",
}
_TEMPLATES = {
    "BACKEND": "django.template.backends.django.DjangoTemplates",
    "DIRS": [str(_HERE / "templates")],
    "APP_DIRS": True,
    "OPTIONS": {
        "context_processors": [
            "django.template.context_processors.request",
            "django.contrib.messages.context_processors.messages",
            "postwarden.console.frame.frame",
        ],
        "builtins": ["django.templatetags.i18n", "postwarden.console.templatetags.desk"],
    },
}
_SIGNING_IN = {
    "AUTHENTICATION_BACKENDS": ["allauth.account.auth_backends.AuthenticationBackend"],
    "LOGIN_URL": "account_login",
    "LOGIN_REDIRECT_URL": "today",
    "ACCOUNT_ADAPTER": "postwarden.console.signing.Adapter",
    "ACCOUNT_USER_MODEL_USERNAME_FIELD": "name",
    "ACCOUNT_USER_MODEL_EMAIL_FIELD": None,
    "ACCOUNT_LOGIN_METHODS": {"username"},
    "ACCOUNT_SIGNUP_FIELDS": ["username*", "password1*", "password2*"],
    "ACCOUNT_EMAIL_VERIFICATION": "none",
    "ACCOUNT_LOGOUT_REDIRECT_URL": "account_login",
    "ACCOUNT_REAUTHENTICATION_TIMEOUT": 300,
    "ACCOUNT_SESSION_REMEMBER": False,
    "USERSESSIONS_ADAPTER": "postwarden.console.lasting.Sessions",
    "SOCIALACCOUNT_ADAPTER": "postwarden.console.oidc.adapter.Adapter",
    "SOCIALACCOUNT_STORE_TOKENS": False,
    "AUTH_PASSWORD_VALIDATORS": [
        {
            "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
            "OPTIONS": {"min_length": SHORTEST},
        },
        {"NAME": "postwarden.console.passwords.NoNamesOfHere"},
        {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
        {
            "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
            "OPTIONS": {"user_attributes": ("name", "full_name")},
        },
    ],
    "MFA_SUPPORTED_TYPES": ["totp", "webauthn", "recovery_codes"],
    "MFA_PASSKEY_LOGIN_ENABLED": True,
    "MFA_TOTP_ISSUER": "Postwarden",
    "MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN": False,
}
_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "connect-src": ["'self'"],
        "font-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}


def _sessions(*, secure: bool) -> dict[str, Any]:
    # browsers take a cookie of that name from this host alone, by HTTPS, for all of its addresses
    before = "__Host-" if secure else ""
    return {
        "SESSION_COOKIE_NAME": f"{before}sessionid",
        "CSRF_COOKIE_NAME": f"{before}csrftoken",
        "MESSAGE_STORAGE": "django.contrib.messages.storage.session.SessionStorage",
        "SESSION_COOKIE_AGE": 10 * _HOUR,  # console/lasting.py ends them on time
        "SESSION_EXPIRE_AT_BROWSER_CLOSE": True,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": secure,
        "CSRF_COOKIE_SECURE": secure,
        "CSRF_COOKIE_HTTPONLY": True,
        "CSRF_COOKIE_SAMESITE": "Strict",
        "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https") if secure else None,
        "SECURE_HSTS_SECONDS": 365 * 24 * _HOUR if secure else 0,
        "SECURE_REFERRER_POLICY": "same-origin",
        "SECURE_CROSS_ORIGIN_OPENER_POLICY": "same-origin",
        "X_FRAME_OPTIONS": "DENY",
        "CONTENT_SECURITY_POLICY": _POLICY,
    }
