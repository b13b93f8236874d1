# Registers the host in the CMDB, with what pillar `cmdb:declared` says of it; see pillar.example.
# The host's own key signs it: the CMDB must allow that, HOSTS_MAY_REGISTER.
include:
  - cmdb

cmdb-registered:
  cmdb.registered:
    - declared: {{ (pillar.get('cmdb') or {}).get('declared') or {} }}
    - require:
      - saltutil: cmdb-modules
