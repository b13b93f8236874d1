"""The version of salt-cmdb: of the collectors, the API and the distribution."""

VERSION = "0.1.0"
