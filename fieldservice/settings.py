"""Settings: read from the environment, with safe defaults for a fresh machine.

Without `DATABASE_URL` / `REDIS_URL` the embedded servers serve (see `fieldservice.runtime`).
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import structlog
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from fieldservice.runtime import servers

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = servers.data_dir()


def _flag(name: str, default: bool = False) -> bool:
    return os.environ.get(name, str(int(default))).lower() in {"1", "true", "yes", "on"}


def _count(name: str, default: int = 0) -> int:
    text = os.environ.get(name) or str(default)
    if not (text.isascii() and text.isdecimal()):
        raise ImproperlyConfigured(f"{name} is {text!r}, which is no count: give a number such as 0 or 1.")
    return int(text)


def _secret_key() -> str:
    """The key from the environment, or one made once and kept beside the embedded data."""
    if key := os.environ.get("SECRET_KEY"):
        return key
    path = DATA_DIR / "secret_key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(secrets.token_urlsafe(50))
        path.chmod(0o600)
    return path.read_text().strip()


DEBUG = _flag("DEBUG")
SECRET_KEY = _secret_key()
SECRET_KEY_FALLBACKS = [key for key in os.environ.get("SECRET_KEY_FALLBACKS", "").split(",") if key]
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1],testserver").split(",")
CSRF_TRUSTED_ORIGINS = [origin for origin in os.environ.get("CSRF_TRUSTED_ORIGINS", "").split(",") if origin]
BEHIND_TLS = _flag("BEHIND_TLS")
# How many proxies of ours every request passes: whom X-Forwarded-For is believed about (core.callers).
TRUSTED_PROXIES = _count("TRUSTED_PROXIES")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "csp",
    "core",
    "tenants",
    "journal",
    "accounts",
    "notices",
    "customers",
    "workforce",
    "knowledge",
    "channels",
    "tickets",
    "inventory",
    "dispatch",
    "planning",
    "delivery",
    "billing",
    "feedback",
    "analytics",
    "fieldservice",
]

MIDDLEWARE = [
    "core.callers.CallerMiddleware",
    "fieldservice.requests.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "accounts.middleware.ActivityMiddleware",
    "accounts.middleware.SteadyAccountMiddleware",
    "accounts.middleware.TenantMiddleware",
    "accounts.middleware.LocaleMiddleware",
    "journal.middleware.IdempotencyMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "fieldservice.urls"
WSGI_APPLICATION = "fieldservice.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "django.template.context_processors.tz",
                "fieldservice.context.shell",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "core.templatetags.look",
                "core.templatetags.once",
            ],
        },
    }
]

_database = servers.database()
DATABASES = {
    "default": {
        "ENGINE": "tenants.postgres",
        "HOST": _database.host,
        "PORT": _database.port,
        "NAME": _database.name,
        "USER": _database.user,
        "PASSWORD": _database.password,
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": True,
        "OPTIONS": {"connect_timeout": 10, **_database.options},
    }
}

CACHES = {
    "default": {
        "BACKEND": "core.cache.ForgivingCache",
        "LOCATION": servers.redis_url(1),
        "KEY_PREFIX": "fieldservice",
        "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},
    },
    "instead": {
        "BACKEND": "core.cache.CountingDatabaseCache",
        "LOCATION": "accounts_limit",
        "OPTIONS": {"MAX_ENTRIES": 1_000_000},
    },
}
LIVE_REDIS_URL = servers.redis_url(0)
LIVE_URL = os.environ.get("FIELDSERVICE_LIVE_URL", "")
NUDGE_WORKERS = _flag("NUDGE_WORKERS", default=True)

CELERY_BROKER_URL = servers.broker_url()
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_timeout": 5, "socket_connect_timeout": 2}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TIMEZONE = "UTC"
CELERY_TASK_ROUTES = {"channels.*": {"queue": "outside"}, "tickets.fire_timers": {"queue": "timers"}}
CELERY_BEAT_SCHEDULE = {
    "deliver": {"task": "journal.deliver", "schedule": 1.0, "options": {"expires": 5}},
    "send": {"task": "channels.send_due", "schedule": 1.0, "options": {"expires": 5}},
    "fetch": {"task": "channels.fetch_due", "schedule": 5.0, "options": {"expires": 5}},
    "poll": {"task": "channels.poll_due", "schedule": 5.0, "options": {"expires": 5}},
    "timers": {"task": "tickets.fire_timers", "schedule": 0.25, "options": {"expires": 1}},
    "wake": {"task": "tickets.wake", "schedule": 5.0, "options": {"expires": 20}},
    "escalations": {"task": "tickets.escalate", "schedule": 1.0, "options": {"expires": 5}},
    "dispatch": {"task": "dispatch.fire_timers", "schedule": 1.0, "options": {"expires": 5}},
    "notices": {"task": "notices.deliver", "schedule": 1.0, "options": {"expires": 5}},
    "planning": {"task": "planning.carry_out", "schedule": 1.0, "options": {"expires": 5}},
    "calendars": {"task": "tickets.refresh_calendars", "schedule": 86_400.0, "options": {"expires": 3600}},
    "roads": {"task": "dispatch.ask_for_roads", "schedule": 15.0, "options": {"expires": 15}},
    "travel": {"task": "dispatch.learn_travel", "schedule": 86_400.0, "options": {"expires": 3600}},
    "certificates": {
        "task": "workforce.tell_of_certificates",
        "schedule": 21_600.0,
        "options": {"expires": 3600},
    },
    "changes": {"task": "dispatch.prune_changes", "schedule": 900.0, "options": {"expires": 900}},
    "prune": {"task": "journal.prune", "schedule": 3600.0, "options": {"expires": 1800}},
    "old_notices": {"task": "notices.prune", "schedule": 86_400.0, "options": {"expires": 3600}},
}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/5m/key"}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_FORMS = {"add_webauthn": "accounts.forms.AddPasskeyForm"}
MFA_TOTP_ISSUER = "Fieldservice"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not BEHIND_TLS
USERSESSIONS_TRACK_ACTIVITY = True

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_TLS
SESSION_COOKIE_NAME = "__Host-session" if BEHIND_TLS else "session"
CSRF_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = BEHIND_TLS
SECURE_HSTS_SECONDS = 31_536_000 if BEHIND_TLS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_TLS else None
SILENCED_SYSTEM_CHECKS = ["security.W004", "security.W008", "security.W012", "security.W016"]
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "style-src-attr": ["'unsafe-inline'"],
        "img-src": [SELF, "data:", "blob:"],
        "connect-src": [SELF, *([LIVE_URL] if LIVE_URL else [])],
        "font-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("ja", _("Japanese")), ("zh-hans", _("Simplified Chinese"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # WhiteNoise warns about a missing one
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = _flag("WHITENOISE_USE_FINDERS", default=True)
MEDIA_ROOT = DATA_DIR / "media"
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_HANDLERS = [
    "core.uploads.BoundedUpload",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

EMAIL_BACKEND = os.environ.get("EMAIL_BACKEND", "django.core.mail.backends.filebased.EmailBackend")
EMAIL_FILE_PATH = DATA_DIR / "mail"
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = os.environ.get("DEFAULT_FROM_EMAIL", "service@fieldservice.example")
BASE_URL = os.environ.get("FIELDSERVICE_BASE_URL", "http://127.0.0.1:8000")
REQUEST_LETTERS_AN_HOUR = _count("REQUEST_LETTERS_AN_HOUR", 60)  # To strangers, for each company.
REQUEST_LETTERS_A_DAY = _count("REQUEST_LETTERS_A_DAY", 300)

# Networks inside our own that channel accounts may reach all the same, such as 10.0.3.0/24 for a mail server.
OUTGOING_ALLOW = [network for network in os.environ.get("OUTGOING_ALLOW", "").split(",") if network]
CHANNEL_APIS = {
    "line": os.environ.get("LINE_API", "https://api.line.me"),
    "line-data": os.environ.get("LINE_DATA_API", "https://api-data.line.me"),
    "wechat": os.environ.get("WECHAT_API", "https://api.weixin.qq.com"),
    "twilio": os.environ.get("TWILIO_API", "https://api.twilio.com"),
    "twilio-media": os.environ.get(
        "TWILIO_MEDIA_API",
        "https://mms.twiliocdn.com,https://media.twiliocdn.com,"
        "https://s3-external-1.amazonaws.com/media.twiliocdn.com",
    ),
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.api.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.api.permissions.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["core.api.parsers.Json", "rest_framework.parsers.MultiPartParser"],
    "DEFAULT_FILTER_BACKENDS": ["core.api.filters.Filters"],
    "DEFAULT_PAGINATION_CLASS": "core.api.pagination.CursorPages",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "core.api.problems.handle",
    "UNAUTHENTICATED_USER": None,
    "NUM_PROXIES": 0,  # REMOTE_ADDR tells the caller already; None would believe the whole header
    "COERCE_DECIMAL_TO_STRING": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Fieldservice API",
    "DESCRIPTION": "Intake, scheduling, delivery, settlement and evaluation of after-sales service.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    # Hundreds of operations open at once take a browser half a minute: each group opens when it is asked for.
    "SWAGGER_UI_SETTINGS": {
        "docExpansion": "none",
        "filter": True,
        "deepLinking": True,
        "defaultModelsExpandDepth": -1,
    },
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    # Fields of the same name in several resources: each choice set is called by its own name.
    "ENUM_NAME_OVERRIDES": {
        f"{path.rpartition('.')[2]}Enum": path
        for path in (
            "billing.enums.ChargeKind",
            "billing.enums.InvoiceStatus",
            "channels.enums.Channel",
            "delivery.enums.ItemKind",
            "delivery.enums.PhotoKind",
            "dispatch.enums.OfferKind",
            "dispatch.enums.OfferStatus",
            "dispatch.enums.VisitStatus",
            "dispatch.enums.WorkOrderStatus",
            "feedback.enums.RecoveryStatus",
            "inventory.enums.LocationKind",
            "inventory.enums.MovementKind",
            "planning.enums.ChangeKind",
            "planning.enums.ChangeState",
            "planning.enums.RunKind",
            "planning.enums.RunState",
            "tenants.enums.Language",
            "tickets.enums.ClockState",
            "tickets.enums.MessageKind",
            "tickets.enums.TicketKind",
            "tickets.enums.TicketStatus",
        )
    },
}


def _bind_request(_logger: object, _name: str, event: dict[str, object]) -> dict[str, object]:
    """Add the request's id to what a library logs; never a body, never a header."""
    return {**structlog.contextvars.get_contextvars(), **event}


LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {"format": "{asctime} {levelname} {name} {message}", "style": "{"},
        "json": {
            "()": "structlog.stdlib.ProcessorFormatter",
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
            "foreign_pre_chain": [
                _bind_request,
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.stdlib.ExtraAdder(),
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.processors.format_exc_info,
            ],
        },
    },
    "filters": {"secret_paths": {"()": "fieldservice.requests.SecretPaths"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "filters": ["secret_paths"],
            "formatter": "json" if _flag("LOG_JSON") else "plain",
        }
    },
    "root": {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL", "WARNING")},
}
