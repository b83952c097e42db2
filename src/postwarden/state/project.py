"""Django's settings (the names are Django's); the database is bound when the state is opened."""

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "postwarden.state",
    "postwarden.people",
    "postwarden.ledger",
    "postwarden.cases",
    "postwarden.custody",
    "postwarden.holds",
    "postwarden.relocation",
    "postwarden.errands",
    "postwarden.glass",
    "postwarden.hooks",
    "postwarden.api",
]
AUTH_USER_MODEL = "people.Identity"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
SECRET_KEY = ""  # nothing here signs with it; Django refuses to sign while it is empty
