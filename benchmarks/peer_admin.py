"""The peer of ``console.py``: Flask-Admin over the same tables, as its own documents show it.

It needs an environment of its own with flask-admin, flask-sqlalchemy, psycopg and gunicorn:
``console.py --peer FOLDER/bin/python`` runs it there. Its list of assets is searched by hostname
and shows what people declare; its page of one asset has the same columns. Nobody logs in.
"""

import os

from flask import Flask
from flask_admin import Admin
from flask_admin.contrib.sqla import ModelView
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.ext.automap import automap_base

SHOWN = ("hostname", "state", "standing", "environment", "business_unit", "rack", "position_u")


class Assets(ModelView):
    """The list of assets, and one."""

    can_view_details = True
    can_create = can_edit = can_delete = False
    page_size = 50
    column_searchable_list = ("hostname",)
    column_list = column_details_list = SHOWN


def make_app():
    """Return the app on the database that PEER_DATABASE names."""
    app = Flask(__name__)
    app.config.update(SECRET_KEY="example", SQLALCHEMY_DATABASE_URI=os.environ["PEER_DATABASE"])
    db = SQLAlchemy(app)
    with app.app_context():
        base = automap_base()
        base.prepare(autoload_with=db.engine)
    for name in ("environment", "business_unit", "rack"):
        base.classes[name].__str__ = lambda self: self.name
    Admin(app, name="peer").add_view(Assets(base.classes.asset, db.session))
    return app
