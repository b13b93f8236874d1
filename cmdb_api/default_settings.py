"""Every setting with its default, its unit and what it is for.

Layers, the later wins: this file < the Python file that ``CMDB_SETTINGS`` names < ``CMDB_*`` of the
environment (``CMDB_MASTER_SECRET=...`` sets ``MASTER_SECRET``; numbers and true/false as in JSON) <
``create_app(**overrides)``. An unknown name or a value of the wrong type stops the start.
"""

# Signs sessions and form tokens. No default: the app refuses to start without it. Secrets have at
# least 16 characters.
SECRET_KEY = None

# Host keys are derived from it; whoever has it can speak for every host. No default.
MASTER_SECRET = None

# A second master secret that is accepted too, while hosts move to a new one. To move a fleet:
# 1. set the old one here and a new MASTER_SECRET, and restart the API: both are good now;
# 2. give the new one to every Salt master and refresh the pillars; a host that has its key from a
#    file gets the one that 'cmdb key HOST' prints now;
# 3. when every host has reported since, set this to None and restart. Who was left behind is
#    refused from then on: /api/v1/coverage/missing?reason=report_refused names it.
# As long as the old one stands here, whoever has it can speak for every host: where it leaked, set
# no second one. To revoke the key of one host alone: cmdb key HOST --rotate.
MASTER_SECRET_PREVIOUS = None

# Where the record is kept. PostgreSQL for real use: postgresql+psycopg://user:password@host/cmdb
SQLALCHEMY_DATABASE_URI = "sqlite:////var/lib/salt-cmdb/cmdb.sqlite3"

# Largest request body as it arrives, bytes.
MAX_CONTENT_LENGTH = 16 * 1024 * 1024

# Largest request body once inflated, bytes.
MAX_INFLATED_LENGTH = 64 * 1024 * 1024

# Largest single report, bytes of JSON.
MAX_REPORT_LENGTH = 4 * 1024 * 1024

# Most reports in one request.
MAX_REPORTS = 1000

# Most items in one section; a section with more is an error of that section.
MAX_SECTION_ITEMS = 100_000

# A host's clock that is off by more than this is shown as clock skew, seconds.
CLOCK_SKEW_SECONDS = 300

# A host whose newest report is older than this is missing, seconds: the interval of the reports,
# and what they are spread over.
COVERAGE_WINDOW_SECONDS = 1800

# The same of kinds that are collected less often: {"package": "1d"}; a number and s, m, h, d or w.
COVERAGE_WINDOWS = {}

# How far back a report's stated age may reach, seconds; an older one counts as this old.
MAX_REPORT_AGE_SECONDS = 400 * 24 * 3600

# How long a report waits for another that is writing to the same asset (SQLite: to the database),
# seconds; then it is to be sent again.
DATABASE_LOCK_SECONDS = 30

# What becomes of a rightly signed report of a host that is in nobody's record: "accept" makes it an
# asset; "review" does too, apart from the others until a person has decided (best for real use);
# "refuse" takes the report of no host that is not registered.
UNKNOWN_HOSTS = "accept"

# Whether a host may register itself and declare where it stands, with its key (cmdb.registered).
HOSTS_MAY_REGISTER = True

# Whether web01 and web01.example.com are names of one host, where only one asset fits.
MATCH_SHORT_NAMES = False

# How long the machine that bears a name must have been silent before another may take it over,
# seconds; until then what the other reports is refused, and a finding tells of both.
IDENTITY_SETTLE_SECONDS = 3600

# An identifier that so many assets carry names none of them: a machine-id of a template, say.
IDENTITY_COMMON_COUNT = 5

# How many days changes are kept by 'cmdb prune', which is to be run each day; 0 keeps all.
HISTORY_DAYS = 0

# How long a webhook's receiver may take to answer, seconds.
WEBHOOK_TIMEOUT_SECONDS = 10

# An event that a receiver does not take for so many hours is given up; people can send it again.
WEBHOOK_GIVE_UP_HOURS = 72

# Webhooks go to public addresses, and to those of these networks: ["10.20.0.0/16", "fd00::/8"].
WEBHOOK_ALLOWED_NETWORKS = []

# The CAs that receivers' certificates are checked against, a file; None: those of the system.
WEBHOOK_CA_FILE = None

# Events that nobody took for so many days are kept no more: of a stream that nobody reads, say.
# The log of deliveries is kept as long, but of a webhook and an outcome 1000 tries at most.
EVENTS_KEEP_DAYS = 30

# How long the database may work on one statement of a search, seconds; then the search is refused.
SEARCH_SECONDS = 10

# How long people stay logged in, and without doing anything, minutes: 0 for as long as that.
SESSION_HOURS = 12
SESSION_IDLE_MINUTES = 120

# How many proxies that we run stand before the API and set X-Forwarded-For: that many of its
# addresses are believed. 0: the address that the request comes from is the client's.
TRUSTED_PROXIES = 0

# How many days the audit log is kept by 'cmdb prune'; 0 keeps all.
AUDIT_DAYS = 730

# Largest table that is imported, bytes as it arrives, and of a workbook once unpacked.
MAX_IMPORT_LENGTH = 32 * 1024 * 1024
MAX_IMPORT_INFLATED_LENGTH = 256 * 1024 * 1024

# Most rows and columns of such a table.
MAX_IMPORT_ROWS = 100_000
MAX_IMPORT_COLUMNS = 256

# How many days it is kept what became of an import, with the rows that failed, and of an edit of
# many assets.
IMPORT_KEEP_DAYS = 90

# Logins by an OpenID Connect provider, as its issuer is called: https://id.example.com/realms/ops.
# It needs the extra "oidc". The provider is told the address /api/v1/oidc/callback of this API.
OIDC_ISSUER = None
OIDC_CLIENT_ID = None

# None for a public client.
OIDC_CLIENT_SECRET = None
OIDC_SCOPES = "openid profile email"

# Where the provider sends browsers back to, where that is not what the request's Host says.
OIDC_REDIRECT_URL = None

# The CAs that the provider's certificate is checked against, a file; None: those that come along.
OIDC_CA_FILE = None

# Whether who has no account yet gets one, and the claim that names it.
OIDC_CREATE_ACCOUNTS = False
OIDC_NAME_CLAIM = "preferred_username"

# The claim that lists groups, and the role that each gives, at every login: {"ops": "operator"}.
# Who is in none of them is refused. None: roles are given here; new accounts are viewers.
OIDC_ROLE_CLAIM = None
OIDC_ROLES = {}

# Rows on a page when the request does not say, and at most.
PAGE_SIZE = 50
MAX_PAGE_SIZE = 1000
