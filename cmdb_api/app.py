"""The application factory."""

from pathlib import Path

from flask import Flask

from cmdb_api import engine, models, settings  # noqa: F401 - the tables must be known
from cmdb_api.extensions import db, migrate
from cmdb_api.views import console, deeds, errors, headers, openapi
from cmdb_api.views.api import (
    accounts,
    aliases,
    assets,
    audit,
    changes,
    coverage,
    docs,
    exports,
    facts,
    findings,
    health,
    history,
    import_mappings,
    imports,
    keys,
    master,
    oidc,
    packages,
    parts,
    registrations,
    reports,
    saved_queries,
    search,
    sessions,
    subscriptions,
    tokens,
)

BLUEPRINTS = (
    *(reports.blp, assets.blp, changes.blp, coverage.blp, keys.blp, health.blp, parts.blp),
    *(*master.BLUEPRINTS.values(), master.history),
    *(aliases.blp, registrations.blp, facts.blp, history.blp, findings.blp),
    packages.blp,
    subscriptions.blp,
    *(accounts.blp, sessions.blp, tokens.blp, audit.blp, oidc.blp),
    exports.blp,
    *(search.blp, saved_queries.blp),
    *(imports.blp, import_mappings.blp),
)


def create_app(**overrides):
    """
    Make the application; settings are layered as ``default_settings`` says.

    Raises SettingsError where a setting is missing, unknown or wrong.
    """
    app = Flask(__name__)
    settings.load(app.config, overrides)
    engine.bind(app)
    migrate.init_app(app, db, directory=str(Path(__file__).parent / "migrations"))
    deeds.init_app(app)
    errors.init_app(app)
    openapi.init_app(app, BLUEPRINTS)
    app.register_blueprint(docs.blp)
    console.init_app(app)
    headers.init_app(app)
    return app
