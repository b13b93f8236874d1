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

# Rows on a page when the request does not say, and at most.
PAGE_SIZE = 50
MAX_PAGE_SIZE = 1000
